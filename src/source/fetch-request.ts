import type { RemoteAddress } from './address.ts';
import type { Surroundings, Wanted } from './reader.ts';
import { assertObjectId } from './ref.ts';

/** What a fetch is given, whichever program does it. */
export interface FetchRequest {
  readonly gitDirectory: string;
  readonly address: RemoteAddress;
  readonly token: string | undefined;
  readonly timeoutMs: number;
  readonly bytesMax: number;
  readonly surroundings: Surroundings;
  readonly signal: AbortSignal | undefined;
  /** Absent: every branch and tag. */
  readonly wanted?: Wanted;
}

/** Asked for in one fetch at most. */
const wantedMax = 256;

/** Refuses what no forge would number so, and a list that would be as good as everything. */
export function assertWanted({ pulls = [], commits = [] }: Wanted): void {
  for (const commit of commits) assertObjectId(commit);
  if (pulls.some((number) => !Number.isSafeInteger(number) || number < 1)) throw new TypeError('not a pull request');
  if (pulls.length + commits.length > wantedMax) throw new TypeError(`more than ${wantedMax} are asked for at once`);
}

/** Where a mirror keeps a commit that was asked for by its id: what nothing names is swept away in time. */
export function keptRef(commit: string): string {
  return `refs/pawl/commits/${commit}`;
}

/** The forges take a token as the password of any user. */
export function authorizationOf(token: string): string {
  return `Basic ${Buffer.from(`x-access-token:${token}`).toString('base64')}`;
}
