import { createHash, timingSafeEqual } from 'node:crypto';
import type { Person } from '../policy/person.ts';

/** Whom a bearer token belongs to; undefined: to nobody that may come in. */
export type Identify = (token: string) => Promise<Person | undefined>;

/** The one token of a server, and whose it is. */
export function ownToken(own: string, person: Person): Identify {
  return (given) => Promise.resolve(isEqual(given, own) ? person : undefined);
}

/** Compares digests, so that neither a difference's place nor the length shows in the time. */
export function isEqual(given: string, wanted: string): boolean {
  const [left, right] = [given, wanted].map((text) => createHash('sha256').update(text).digest());
  return left !== undefined && right !== undefined && timingSafeEqual(left, right);
}
