/** What the doors ask of alerts, of who hears of them, and of what workers find outside. */
export interface AlertOperations {
  /** What fires, then what is over, the newest first. */
  alerts(environment: string): Promise<readonly AlertRecord[]>;
  /** Sends one receiver a message that says that it is a test, once and at once. */
  testReceiver(request: TestReceiverRequest): Promise<ReceiverTest>;
  /** What workers found of endpoints, models and secrets, the worst first. */
  probes(environment: string): Promise<readonly ProbeRecord[]>;
}

export interface TestReceiverRequest {
  readonly environment: string;
  /** `namespace/name`, or a name in `default`. */
  readonly receiver: string;
}

export interface AlertRecord {
  readonly environment: string;
  /** What it is about as long as it lasts. */
  readonly key: string;
  readonly state: 'firing' | 'resolved';
  readonly severity: string;
  readonly title: string;
  readonly text: string;
  readonly since: string;
  readonly resolvedAt: string | undefined;
  readonly told: readonly ToldRecord[];
}

/** What became of the last message of one receiver. */
export interface ToldRecord {
  readonly receiver: string;
  readonly phase: string;
  readonly state: 'delivered' | 'waiting' | 'cancelled' | 'abandoned';
  readonly attempts: number;
  readonly error: string | undefined;
}

export interface ReceiverTest {
  readonly environment: string;
  readonly receiver: string;
  readonly isDelivered: boolean;
  /** What came back, without what was sent. */
  readonly answer: string;
}

export interface ProbeRecord {
  readonly subject: 'endpoint' | 'model' | 'secret';
  /** `namespace/name`; of a secret with `#key`. */
  readonly name: string;
  /** `unknown` too where no worker has looked for long. */
  readonly state: 'ok' | 'failing' | 'unknown';
  readonly reason: string;
  readonly detail: string;
  readonly since: string;
  readonly at: string;
  readonly worker: string;
}
