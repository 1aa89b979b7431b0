/** What the run knows of the task that a call of an agent elsewhere becomes there. */
export interface RemoteTask {
  /** Names the message, once for each attempt. */
  readonly message: string;
  /** Names the conversation that an agent remembers, of one step. */
  readonly context: string;
  /** The task that an earlier owner of the run began by this very attempt: it is asked for, and nothing is sent. */
  readonly known: BegunTask | undefined;
  /** Told of a new task before it is waited for; resolves when that is durable. */
  readonly begun: (task: BegunTask) => Promise<void>;
  /** Whether the call is only left here, and taken up by another worker: the task goes on. */
  readonly leaves: () => boolean;
}

/** What is needed to ask for a task again. */
export interface BegunTask {
  readonly id: string;
  /** Of the protocol, that the agent spoke when it began the task. */
  readonly version: '1.0' | '0.3';
}
