import type { TerminalError } from '../errors.ts';
import { readStandings } from '../store/sync.ts';
import { type ControlPlane, ownFolder } from './planning.ts';
import { claimed } from './sync-errors.ts';

/** Why an environment is not this repository's to change; undefined: it is, or this is a clone, which may be of any. */
export async function foreignClaim(
  { database, source }: Pick<ControlPlane, 'database' | 'source'>,
  environment: string,
): Promise<TerminalError | undefined> {
  if (source === ownFolder) return undefined;
  const owner = (await readStandings(database.db, [environment])).get(environment)?.repository ?? '';
  return owner === '' || owner === source ? undefined : claimed(environment, owner);
}
