import { exitCodes, TerminalError } from '../errors.ts';
import { rootOf } from '../manifest/digest.ts';
import { compareText } from '../manifest/problem.ts';
import type { Address, EnvironmentSettings, Kind, Resource, Snapshot } from '../manifest/resource.ts';
import { storedProblems } from '../manifest/stored.ts';
import type { Live } from '../plan/change.ts';
import type { Database } from '../store/database.ts';
import { readRevision, type RevisionRow } from '../store/revision.ts';
import { readBodies } from '../store/spec.ts';
import { type Held, heldBeforeMoves } from '../store/state-at.ts';

type Resources = ReadonlyMap<Address, Resource>;

export interface StoredRevision {
  readonly record: RevisionRow;
  readonly snapshot: Snapshot;
}

/** Reads a revision's record, or says that there is none. */
export async function revisionRecordOf(
  database: Database,
  environment: string,
  revision: number,
): Promise<RevisionRow> {
  const record = revision < 1 ? undefined : await readRevision(database.db, environment, revision);
  if (record !== undefined) return record;
  const message =
    revision < 1
      ? `Revision 0 of ${environment} is what was there before anything was applied: it holds nothing.`
      : `${environment} has no revision ${revision}.`;
  throw new TerminalError(message, {
    code: 'revision.unknown',
    help: `Run \`pawl history --env ${environment}\` to see which there are.`,
    exit: exitCodes.usage,
  });
}

/**
 * A revision as the snapshot that it was, from the store alone: what moved since is read, the rest is what live's record
 * says. `known`: resources of an earlier snapshot, whose bodies need no reading.
 */
export async function storedSnapshot(
  database: Database,
  { revision, live }: { readonly revision: number; readonly live: Live },
  known: Resources = new Map(),
): Promise<StoredRevision> {
  const { environment } = live;
  const [record, moved] = await Promise.all([
    revisionRecordOf(database, environment, revision),
    heldBeforeMoves(database.db, environment, revision),
  ]);
  const held = heldAt(live, moved);
  const resources = await resourcesOf(database, held, known);
  const root = rootOf(Array.from(resources, ([address, { digest }]) => [address, digest] as const));
  if (root !== record.root) throw incomplete(record);
  const changed = [...resources.values()].filter(({ address, digest }) => live.heads.get(address)?.applied !== digest);
  // Git says which branch and paths an environment has, and is not asked here; the rules that judge stay in force.
  const settings: EnvironmentSettings = {
    name: environment,
    branch: '',
    paths: [],
    apply: 'manual',
    ...(live.rules === undefined ? {} : { rules: live.rules }),
  };
  const { commit_id: commit, tree_id: tree } = record;
  const problems = changed.flatMap(storedProblems);
  return { record, snapshot: { environment: settings, commit, tree, resources, root, problems } };
}

function heldAt(live: Live, moved: ReadonlyMap<Address, Held | undefined>): readonly (readonly [Address, Held])[] {
  const held: (readonly [Address, Held])[] = [];
  for (const { address, applied, file, line } of live.heads.values()) {
    if (applied !== undefined && !moved.has(address)) held.push([address, { digest: applied, file, line }]);
  }
  for (const [address, content] of moved) if (content !== undefined) held.push([address, content]);
  return held.sort(([a], [b]) => compareText(a, b));
}

async function resourcesOf(
  database: Database,
  held: readonly (readonly [Address, Held])[],
  known: Resources,
): Promise<Resources> {
  const missing = held.filter(([address, { digest }]) => known.get(address)?.digest !== digest);
  const bodies = await readBodies(
    database.db,
    missing.map(([, { digest }]) => digest),
  );
  return new Map(held.map(([address, content]) => [address, resourceOf(address, content, { bodies, known })]));
}

function resourceOf(
  address: Address,
  { digest, file, line }: Held,
  { bodies, known }: { readonly bodies: Awaited<ReturnType<typeof readBodies>>; readonly known: Resources },
): Resource {
  const place = { file, line, column: 1 };
  const same = known.get(address);
  if (same?.digest === digest) return { ...same, place };
  const manifest = bodies.get(digest);
  if (manifest === undefined) {
    throw new TerminalError(`The content ${digest.slice(0, 12)} of ${address} is not in the store.`, {
      code: 'plan.body_missing',
      help: 'Restore the database from a backup.',
    });
  }
  const [kind = '', namespace = '', name = ''] = address.split('/');
  // An address in the record was made of an identity.
  return { address, kind: kind as Kind, namespace, name, manifest, digest, place };
}

function incomplete({ environment, revision }: RevisionRow): TerminalError {
  return new TerminalError(`The store no longer holds all of revision ${revision} of ${environment}.`, {
    code: 'revision.incomplete',
    help: 'Choose a newer revision, restore the database from a backup, or revert the commit in Git.',
  });
}
