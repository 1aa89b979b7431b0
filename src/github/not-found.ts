import { isPawlError } from '../errors.ts';

/** GitHub has nothing of that name, or shows it to others only. */
export function isNotFound(error: unknown): boolean {
  return isPawlError(error) && error.code === 'github.not_found';
}
