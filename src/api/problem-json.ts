import { exitCodes, isPawlError, RetryableError, TerminalError } from '../errors.ts';
import type { ExitCode } from '../errors.ts';

/** RFC 9457, with pawl's own code, exit code and cure beside the standard members. */
export interface ProblemJson {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly detail: string;
  readonly code: string;
  readonly help?: string;
  readonly exit: number;
  readonly retryable: boolean;
}

export const problemMediaType = 'application/problem+json';

/** What a thrown error is over HTTP. An unexpected one keeps its message to itself: it may hold anything. */
export function problemOf(error: unknown): ProblemJson {
  if (!isPawlError(error)) {
    return {
      type: 'about:blank',
      title: 'Internal error',
      status: 500,
      detail: 'The server met an error that nobody expected; its log has it.',
      code: 'internal.unexpected',
      exit: exitCodes.unexpected,
      retryable: false,
    };
  }
  return {
    type: 'about:blank',
    title: error.code,
    status: statusOf(error),
    detail: error.message,
    code: error.code,
    ...(error.help === undefined ? {} : { help: error.help }),
    exit: error.exit,
    retryable: error instanceof RetryableError,
  };
}

const statusByCode: Readonly<Record<string, number>> = {
  'api.unauthorised': 401,
  'actions.refused': 401,
  'actions.flood': 429,
  'api.host': 403,
  'api.origin': 403,
  'api.too_many_failures': 429,
  'api.not_found': 404,
  'api.too_large': 413,
  'api.invalid_request': 400,
  'queue.full': 429,
  'concurrency.rejected': 429,
};

function statusOf(error: RetryableError | TerminalError): number {
  const known = statusByCode[error.code];
  if (known !== undefined) return known;
  if (/\.(?:[a-z_]*_)?(?:not_found|unknown)$/.test(error.code)) return 404;
  switch (error.exit) {
    case exitCodes.usage:
      return 400;
    case exitCodes.findings:
      return 422;
    case exitCodes.unauthorised:
      return 403;
    case exitCodes.conflict:
      return 409;
    case exitCodes.timeout:
      return 504;
    default:
      return error instanceof RetryableError ? 503 : 500;
  }
}

/** The error that the server threw, thrown again on the client's side. */
export function errorOf(problem: ProblemJson): RetryableError | TerminalError {
  const options = {
    code: problem.code,
    exit: exitOf(problem.exit),
    ...(problem.help === undefined ? {} : { help: problem.help }),
  };
  return problem.retryable ? new RetryableError(problem.detail, options) : new TerminalError(problem.detail, options);
}

function exitOf(value: number): ExitCode {
  return Object.values(exitCodes).find((known) => known === value) ?? exitCodes.unexpected;
}
