import { TerminalError } from '../errors.ts';
import { type Address, kinds } from '../manifest/resource.ts';
import { shownText } from '../manifest/shown.ts';
import { blame, type BlamedField } from '../plan/blame.ts';
import type { Database } from '../store/database.ts';
import { type Stretch, stretchesOf } from '../store/state-at.ts';

export interface Blamed {
  /** The name that it has now, or had last. */
  readonly address: Address;
  /** The revision that removed it; undefined: the newest revision has it. */
  readonly removedBy: number | undefined;
  /** Names that it had before, the newest first. */
  readonly formerly: readonly Address[];
  readonly fields: readonly BlamedField[];
  /** The revisions that the fields name. */
  readonly revisions: ReadonlyMap<number, Stretch>;
}

const stretchesMax = 1_000;
const movesMax = 20;

/** Who gave each field of a resource its value, and when; followed through its moves. */
export async function blameResource(
  database: Database,
  { environment, address }: { readonly environment: string; readonly address: Address },
): Promise<Blamed> {
  const stretches = await lineage(database, environment, address);
  const [newest] = stretches;
  const kind = kinds.find((one) => address.startsWith(`${one}/`));
  if (newest === undefined || kind === undefined) {
    throw new TerminalError(`No revision of ${environment} has had ${shownText(address)}.`, {
      code: 'resource.not_found',
      help: `Run \`pawl get all --env ${environment}\` to see what there is.`,
    });
  }
  const fields = blame(kind, stretches);
  return {
    address,
    removedBy: newest.to,
    formerly: [...new Set(stretches.map((one) => one.address))].filter((one) => one !== address),
    fields,
    revisions: new Map(stretches.map((stretch) => [stretch.from, stretch])),
  };
}

/** Its contents, the newest first, back to where it was made: what was there before a gap was another resource. */
async function lineage(database: Database, environment: string, address: Address): Promise<readonly Stretch[]> {
  const found: Stretch[] = [];
  let at = { environment, address, before: Number.MAX_SAFE_INTEGER };
  for (let moves = 0; moves <= movesMax && found.length < stretchesMax; moves += 1) {
    for (const stretch of await stretchesOf(database.db, at, stretchesMax - found.length)) {
      const next = found.at(-1);
      if (next !== undefined && stretch.to !== next.from) return found;
      found.push(stretch);
    }
    const oldest = found.at(-1);
    if (oldest?.movedFrom === undefined) return found;
    at = { environment, address: oldest.movedFrom, before: oldest.from };
  }
  return found;
}
