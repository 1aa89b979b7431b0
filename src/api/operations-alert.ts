/** What the doors ask of alerts, of who hears of them, and of what workers find outside. */
export interface AlertOperations {
  /** What fires, then what is over, the newest first. */
  alerts(environment: string): Promise<readonly AlertRecord[]>;
  /** Sends one receiver a message that says that it is a test, once and at once. */
  testReceiver(request: TestReceiverRequest): Promise<ReceiverTest>;
  /** What workers found of endpoints, models, secrets and servers, the worst first. */
  probes(environment: string): Promise<readonly ProbeRecord[]>;
  /** What MCP servers offered when a worker last asked them, against their pins. */
  pins(environment: string): Promise<readonly PinRecord[]>;
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
  readonly subject: 'endpoint' | 'model' | 'secret' | 'server';
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

export interface PinRecord {
  /** `namespace/name` of the McpServer. */
  readonly server: string;
  /** `identity`: it is declared otherwise than when it was pinned. */
  readonly standing: 'asPinned' | 'moved' | 'unpinned' | 'identity';
  readonly tools: readonly PinnedToolRecord[];
  /** What the server says that it is. */
  readonly told: { readonly name?: string | undefined; readonly version?: string | undefined };
  /** Since when it is like this, and when it was last asked. */
  readonly since: string;
  readonly at: string;
}

export interface PinnedToolRecord {
  readonly name: string;
  readonly state: 'same' | 'changed' | 'added' | 'removed' | 'unusable';
  /** Of what the server says now, where that is another than the pin's. */
  readonly digest?: string | undefined;
}
