import { isPawlError, RetryableError, TerminalError } from '../errors.ts';
import type { storeCodes } from './codes.ts';

type StoreCode = keyof typeof storeCodes;

/** Turns whatever a driver throws into an error of pawl's: what may pass by itself is retryable. */
export function storeError(error: unknown): RetryableError | TerminalError {
  if (isPawlError(error)) return error;
  withoutValues(error);
  const state = sqlStateOf(error);
  if (isConnectionLoss(error, state)) return retryable('store.unavailable', 'The database cannot be reached', error);
  if (state === undefined) return terminal('store.rejected', 'The database driver failed', error);
  if (state === '40001' || state === '40P01') {
    return retryable('store.contention', 'Another transaction was in the way', error);
  }
  if (state === '55P03') return retryable('store.busy', 'Another transaction holds what this one needs', error);
  if (state === '57014') return retryable('store.timeout', 'A statement took too long and was cancelled', error);
  if (state.startsWith('53')) return retryable('store.exhausted', 'The database has run out of something', error);
  if (state.startsWith('28') || state === '3D000' || state === '42501') {
    return terminal('store.refused', 'The database refused to let pawl in', error);
  }
  if (state === '42P01' || state === '42703') {
    const help = 'Run `pawl migrate`.';
    return new TerminalError(`The database lacks tables of this version: ${textOf(error)}.`, {
      code: 'store.schema_outdated',
      help,
      cause: error,
    });
  }
  return terminal('store.rejected', 'The database rejected a statement', error);
}

/** The SQLSTATE that PostgreSQL gave, looked for along the causes. */
export function sqlStateOf(error: unknown): string | undefined {
  for (let at: unknown = error, depth = 0; at instanceof Error && depth < 8; at = at.cause, depth += 1) {
    const code: unknown = 'code' in at ? at.code : undefined;
    if (typeof code === 'string' && /^[0-9A-Z]{5}$/.test(code) && 'severity' in at) return code;
  }
  return undefined;
}

// Drivers attach the row, the statement and its parameters: prompts and answers, which no log may hold.
const valueFields = ['detail', 'where', 'hint', 'internalQuery', 'query', 'params', 'queryOptions'];

function withoutValues(error: unknown): void {
  if (!(error instanceof Error)) return;
  for (const field of valueFields) Reflect.deleteProperty(error, field);
}

const socketCodes = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'ECONNABORTED',
  'EPIPE',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOTFOUND',
  'EAI_AGAIN',
  'ENOENT',
]);

// pg reports a lost socket by message only.
const lossMessages =
  /^(Connection terminated|Client has encountered a connection error|Client was closed|timeout expired|timeout exceeded when trying to connect|Query read timeout|the database system is)/;

function isConnectionLoss(error: unknown, state: string | undefined): boolean {
  if (state !== undefined) {
    return state.startsWith('08') || ['57P01', '57P02', '57P03', '57P05', '25P03'].includes(state);
  }
  if (!(error instanceof Error)) return false;
  if ('code' in error && typeof error.code === 'string' && socketCodes.has(error.code)) return true;
  return lossMessages.test(error.message);
}

function retryable(code: StoreCode, what: string, cause: unknown): RetryableError {
  return new RetryableError(`${what}: ${textOf(cause)}.`, { code, cause });
}

function terminal(code: StoreCode, what: string, cause: unknown): TerminalError {
  const state = sqlStateOf(cause);
  return new TerminalError(`${what}: ${textOf(cause)}${state === undefined ? '' : ` (${state})`}.`, { code, cause });
}

function textOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  // A refused connection to a name with several addresses is an AggregateError without a message.
  const text = error.message === '' && 'code' in error ? String(error.code) : error.message;
  return text.replace(/\.$/, '');
}
