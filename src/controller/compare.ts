import { exitCodes, TerminalError } from '../errors.ts';
import type { JsonObject } from '../manifest/json.ts';
import { refusesPlan } from '../manifest/problem.ts';
import type { Address, EnvironmentSettings, Kind, Place, Resource, Snapshot } from '../manifest/resource.ts';
import { shownText } from '../manifest/shown.ts';
import type { Change, Head, Live } from '../plan/change.ts';
import { diff } from '../plan/diff.ts';
import type { Repository } from '../source/repository.ts';
import { snapshot } from '../source/snapshot.ts';
import type { Database } from '../store/database.ts';
import { readLive } from '../store/live.ts';
import { readBodies } from '../store/spec.ts';
import { stateAt } from '../store/state-at.ts';
import { environmentAt } from './environments.ts';
import type { ControlPlane } from './planning.ts';
import { revisionRecordOf } from './stored.ts';

/** What stands on one side of a comparison. */
export interface Side {
  /** `revision 41`, `live`, `main @ 4f2c9e1`, `the working copy`. */
  readonly name: string;
  readonly contents: ReadonlyMap<Address, Content>;
}

export interface Content {
  readonly digest: string;
  readonly place: Place;
  /** Absent: the store has it by its digest. */
  readonly manifest?: JsonObject;
}

export interface Comparison {
  readonly environment: string;
  readonly from: string;
  readonly to: string;
  readonly changes: readonly Change[];
}

export interface CompareRequest {
  readonly environment: string;
  /** `41`, `r41`, `live`, `working-copy`, or what Git resolves. */
  readonly from: string;
  readonly to: string;
}

/** What differs between any two states of an environment, field by field. */
export async function compare(
  plane: ControlPlane,
  { environment, from, to }: CompareRequest,
  workingCopy: Repository | undefined,
): Promise<Comparison> {
  const read = (word: string) => sideOf(plane, { environment, word }, workingCopy);
  const [before, after] = await Promise.all([read(from), read(to)]);
  const changes = await changesBetween(plane.database, before, after);
  return { environment, from: before.name, to: after.name, changes };
}

/** What leads from one side to the other, as a plan's changes; contents that only the store has are read. */
export async function changesBetween(database: Database, before: Side, after: Side): Promise<readonly Change[]> {
  return differences(before, after, await readBodies(database.db, digestsOf(before, after)));
}

/** The same for sides that hold their contents. */
export function differences(
  before: Side,
  after: Side,
  bodies: ReadonlyMap<string, JsonObject> = new Map(),
): readonly Change[] {
  const known = new Map(bodies);
  for (const { digest, manifest } of [...before.contents.values(), ...after.contents.values()]) {
    if (manifest !== undefined) known.set(digest, manifest);
  }
  const { changes } = diff(targetOf(after, known), liveOf(before), { bodies: known });
  return changes.map((change) => ({ ...change, reason: undefined }));
}

/** Contents that differ and that only the store has. */
function digestsOf(...sides: readonly [Side, Side]): Set<string> {
  const digests = new Set<string>();
  for (const [one, other] of [sides, [sides[1], sides[0]] as const]) {
    for (const [address, { digest, manifest }] of one.contents) {
      if (manifest === undefined && other.contents.get(address)?.digest !== digest) digests.add(digest);
    }
  }
  return digests;
}

async function sideOf(
  plane: ControlPlane,
  { environment, word }: { readonly environment: string; readonly word: string },
  workingCopy: Repository | undefined,
): Promise<Side> {
  const { db } = plane.database;
  if (word === 'live') {
    const { heads } = await readLive(db, environment, { deep: true });
    return { name: 'live', contents: new Map(Array.from(heads.values()).flatMap(liveContent)) };
  }
  const revision = /^r?(\d{1,9})$/.exec(word)?.[1];
  if (revision !== undefined) {
    const record = await revisionRecordOf(plane.database, environment, Number(revision));
    return revisionSide(plane.database, environment, record.revision);
  }
  if (word === 'working-copy') return filesSide(workingCopy ?? noWorkingCopy(), { environment, ref: 'HEAD' });
  return filesSide(plane.repository, { environment, ref: word });
}

/** What a revision held; of revision 0, nothing. */
export async function revisionSide(database: Database, environment: string, revision: number): Promise<Side> {
  const held = await stateAt(database.db, environment, revision);
  const contents = Array.from(held, ([address, { digest, file, line }]) => {
    return [address, { digest, place: { file, line, column: 1 } }] as const;
  });
  return { name: `revision ${revision}`, contents: new Map(contents) };
}

function liveContent({ address, live, file, line }: Head): readonly (readonly [Address, Content])[] {
  return live === undefined ? [] : [[address, { digest: live, place: { file, line, column: 1 } }]];
}

async function filesSide(
  repository: Repository,
  { environment, ref }: { readonly environment: string; readonly ref: string },
): Promise<Side> {
  const commit = await repository.resolve(ref);
  const settings = await environmentAt(repository, commit, environment);
  const taken = await snapshot(repository, { commit, environment: settings });
  const name = repository.kind === 'working-copy' ? 'the working copy' : nameOf(ref, commit);
  // With less in it than the files hold, what is missing would look removed.
  const mistake = taken.problems.find((problem) => problem.severity === 'error' && refusesPlan(problem));
  if (mistake !== undefined) {
    throw new TerminalError(
      `${name} has errors; the first is ${mistake.file}:${mistake.line}:${mistake.column}: ${mistake.message}`,
      { code: 'diff.invalid', help: 'Correct what `pawl validate` reports.', exit: exitCodes.findings },
    );
  }
  return { name, contents: taken.resources };
}

function nameOf(ref: string, commit: string): string {
  return commit.startsWith(ref) ? commit.slice(0, 7) : `${shownText(ref)} @ ${commit.slice(0, 7)}`;
}

function noWorkingCopy(): never {
  throw new TerminalError('There is no working copy: the repository is a remote one.', {
    code: 'config.no_repository',
    help: 'Leave PAWL_REPOSITORY unset and run the command inside a clone.',
    exit: exitCodes.usage,
  });
}

const settings: EnvironmentSettings = { name: '', branch: '', paths: [], apply: 'manual' };

function liveOf({ contents }: Side): Live {
  const heads = new Map<Address, Head>();
  for (const [address, { digest, place }] of contents) {
    const { file, line } = place;
    heads.set(address, { address, generation: 1, applied: digest, live: digest, file, line, touched: undefined });
  }
  return {
    environment: '',
    lineage: '',
    revision: 1,
    root: '',
    writes: 0,
    commit: undefined,
    heads,
    bundles: new Map(),
    rules: undefined,
  };
}

/** Bodies of what is the same on both sides are not read and not looked at. */
function targetOf({ contents }: Side, bodies: ReadonlyMap<string, JsonObject>): Snapshot {
  const resources = new Map<Address, Resource>();
  for (const [address, { digest, place }] of contents) {
    const [kind = '', namespace = '', name = ''] = address.split('/');
    const manifest = bodies.get(digest) ?? {};
    resources.set(address, { address, kind: kind as Kind, namespace, name, manifest, digest, place });
  }
  return { environment: settings, commit: '', tree: '', root: '', problems: [], resources };
}
