import { isPawlError } from '../errors.ts';

/** GitHub refuses it to whoever pawl is there. */
export function isRefused(error: unknown): boolean {
  return isPawlError(error) && error.code === 'github.forbidden';
}
