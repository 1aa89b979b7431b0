import { layerOf } from '../manifest/override-layer.ts';
import type { EnvironmentSettings, Snapshot } from '../manifest/resource.ts';
import { schemaDigest } from '../manifest/schemas.gen.ts';
import type { Live, Plan } from '../plan/change.ts';
import { addressesChanged, bodiesNeeded } from '../plan/diff.ts';
import { differences } from '../plan/differences.ts';
import { plan, type PlanOptions } from '../plan/plan.ts';
import { isSettledBy } from '../plan/revert.ts';
import { compileCache } from '../policy/compile-changed.ts';
import type { CompileCache } from '../policy/compile-changed.ts';
import { CompiledMemory } from '../policy/compiled-memory.ts';
import type { Repository } from '../source/repository.ts';
import { SnapshotCache, snapshot } from '../source/snapshot.ts';
import type { Database } from '../store/database.ts';
import { ensureEnvironment } from '../store/environment.ts';
import { readLive } from '../store/live.ts';
import { readActiveOverrides } from '../store/override.ts';
import { readQuarantine } from '../store/quarantine.ts';
import { type Past, readPast } from '../store/resource-history.ts';
import { readBodies } from '../store/spec.ts';
import type { Planned } from './beside-input.ts';
import { withOwnRules } from './environments.ts';
import { reviewGuard } from './review.ts';
import type { Forge } from './forge.ts';

/** What the control loop works with; what is remembered between plans makes the next one cost what changed. */
export interface ControlPlane {
  readonly repository: Repository;
  readonly database: Database;
  /** Which repository it is, the same on every machine: whose an environment is goes by it. */
  readonly source: string;
  /** Where the repository is kept; absent: at no place that could be asked anything. */
  readonly forge?: Forge | undefined;
  readonly snapshots: SnapshotCache;
  readonly memory: Map<string, EnvironmentMemory>;
  /** Of all environments: what is promoted to one was compiled for another. */
  readonly compiled: CompiledMemory;
}

interface EnvironmentMemory {
  readonly compiled: CompileCache;
  live: Live | undefined;
}

/** What a folder of one's own is called: it is another on each machine, and may be moved. */
export const ownFolder = 'local';

/** `source`: a folder of one's own needs no name; with several repositories each needs one. */
export function createControlPlane(repository: Repository, database: Database, source = ownFolder): ControlPlane {
  const compiled = new CompiledMemory();
  return { repository, database, source, snapshots: new SnapshotCache(), memory: new Map(), compiled };
}

export interface PlanTarget {
  readonly settings: EnvironmentSettings;
  readonly commit: string;
  /** Reads uncommitted files instead of the commit's. */
  readonly workingCopy?: Repository;
  /** Digests every live body again. */
  readonly deep?: boolean;
}

/** Plans one environment at one commit against what is live now. */
export async function planCommit(plane: ControlPlane, target: PlanTarget): Promise<Plan> {
  return (await planWithInputs(plane, target)).plan;
}

/** The same, with what the plan was made from: for what is looked at beside it. */
export async function planWithInputs(plane: ControlPlane, target: PlanTarget): Promise<Planned> {
  const { commit, workingCopy, deep = false } = target;
  const repository = workingCopy ?? plane.repository;
  // Apply compares live and overrides with what is there by then: which of them is read first makes no difference.
  const [{ taken, overrides }, live, subject] = await Promise.all([
    take(plane, target, repository),
    liveOf(plane, target.settings.name, deep),
    repository.subject(commit),
  ]);
  const made = await planTaken(plane, { taken, live, subject }, { overrides });
  const refusal = workingCopy === undefined ? await reviewGuard(plane, made.plan, live) : undefined;
  return refusal === undefined ? made : { ...made, plan: { ...made.plan, guards: [...made.plan.guards, refusal] } };
}

/** The commit's snapshot, with the overrides that are in force laid over it. */
async function take(plane: ControlPlane, { settings, commit }: PlanTarget, repository: Repository) {
  const [overrides, own] = await Promise.all([
    readActiveOverrides(plane.database.db, settings.name),
    withOwnRules(repository, settings, commit),
  ]);
  const environment = overrides.length === 0 ? own : { ...own, overrides: overrides.map(layerOf) };
  const taken = await snapshot(repository, { commit, environment }, { cache: plane.snapshots });
  return { taken, overrides };
}

export interface Taken {
  readonly taken: Snapshot;
  readonly live: Live;
  /** The commit's; text from outside. */
  readonly subject: string;
}

/** Plans a snapshot that is taken, of a commit or of what the store holds. */
export async function planTaken(
  plane: ControlPlane,
  { taken, live, subject }: Taken,
  more: Pick<PlanOptions, 'stored' | 'conflicts' | 'overrides'> = {},
): Promise<Planned> {
  const { db } = plane.database;
  const settings = taken.environment;
  const cache = memoryOf(plane, settings.name).compiled;
  // What was planned last was compared with live too: whoever asks after this is told what has moved since.
  differences(taken, live, cache.resources);
  const [bodies, { older, written }, quarantine] = await Promise.all([
    readBodies(db, bodiesNeeded(taken, live)),
    pastOf(db, { taken, live, subject, ...more }),
    live.isQuarantined === false ? [] : readQuarantine(db, settings.name),
  ]);
  const made = plan(taken, live, { bodies, subject, schemaDigest, older, written, cache, quarantine, ...more });
  return { plan: made, settings, snapshot: taken, live, bodies };
}

/** Mostly a change returns to what was there of late, or to nothing: then what was there long ago is not asked for. */
const stretchesFew = 4;

async function pastOf(db: Database['db'], { taken, live, stored }: Taken & Pick<PlanOptions, 'stored'>): Promise<Past> {
  // Before the first revision there is no past.
  if (live.revision === 0) return { older: new Map(), written: new Map() };
  const { environment, revision } = live;
  const coming = addressesChanged(taken, live).map((address) => {
    return { address, digest: taken.resources.get(address)?.digest };
  });
  if (stored !== undefined) return await readPast(db, environment, { coming });
  const few = await readPast(db, environment, { coming, newest: stretchesFew });
  return isSettledBy(few.older, { coming, newest: stretchesFew, liveRevision: revision })
    ? few
    : await readPast(db, environment, { coming });
}

/** The resources that were planned last: what is the same in another snapshot needs no reading. */
export function rememberedResources(plane: ControlPlane, environment: string): Snapshot['resources'] {
  return memoryOf(plane, environment).compiled.resources;
}

export async function liveOf(plane: ControlPlane, environment: string, deep = false): Promise<Live> {
  const memory = memoryOf(plane, environment);
  if (memory.live === undefined) await ensureEnvironment(plane.database.db, environment);
  const live = await readLive(
    plane.database.db,
    environment,
    memory.live === undefined ? { deep } : { previous: memory.live, deep },
  );
  memory.live = live;
  return live;
}

function memoryOf(plane: ControlPlane, environment: string): EnvironmentMemory {
  const known = plane.memory.get(environment);
  if (known !== undefined) return known;
  const fresh: EnvironmentMemory = { compiled: compileCache(plane.compiled), live: undefined };
  plane.memory.set(environment, fresh);
  return fresh;
}
