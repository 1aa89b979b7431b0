/** What a process tells its caller, as `docs/cli.md` lists it. */
export const exitCodes = {
  success: 0,
  unexpected: 1,
  differences: 2,
  findings: 3,
  unauthorised: 4,
  runFailed: 5,
  conflict: 6,
  timeout: 7,
  usage: 64,
  interrupted: 130,
} as const;

export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];

export interface PawlErrorOptions {
  /** Stable code from the registry (`pawl explain <code>`). */
  readonly code: string;
  /** What to do about it, one sentence. */
  readonly help?: string;
  readonly exit?: ExitCode;
  readonly cause?: unknown;
}

export interface RetryableErrorOptions extends PawlErrorOptions {
  /** The other side's own word on when to come back; undefined: it said nothing. */
  readonly retryAfterMs?: number | undefined;
}

/** Trying again later may succeed: a lost connection, a serialisation failure, a 503. */
export class RetryableError extends Error {
  readonly code: string;
  readonly help: string | undefined;
  readonly exit: ExitCode;
  readonly retryAfterMs: number | undefined;

  constructor(message: string, options: RetryableErrorOptions) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'RetryableError';
    this.retryAfterMs = options.retryAfterMs;
    this.code = options.code;
    this.help = options.help;
    this.exit = options.exit ?? exitCodes.unexpected;
  }
}

/** Trying again changes nothing until somebody changes something. */
export class TerminalError extends Error {
  readonly code: string;
  readonly help: string | undefined;
  readonly exit: ExitCode;

  constructor(message: string, options: PawlErrorOptions) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'TerminalError';
    this.code = options.code;
    this.help = options.help;
    this.exit = options.exit ?? exitCodes.unexpected;
  }
}

export function isPawlError(error: unknown): error is RetryableError | TerminalError {
  return error instanceof RetryableError || error instanceof TerminalError;
}
