import { EmitterBus } from '../bus/emitter.ts';
import type { Log } from '../log.ts';
import { type JsonObject, own } from '../manifest/json.ts';
import type { SecretSource } from '../tools/secret-reading.ts';
import type { StoredBundle } from './executor.ts';
import type { RecordedRow } from './journal-entry.ts';
import { type Divergence, RecordedWorld } from './recorded-world.ts';
import { type ReplayEnd, ReplayExecutor } from './replay-executor.ts';
import { Worker } from './worker.ts';

/** A run as its journal has it. */
export interface RecordedRun {
  readonly id: string;
  readonly environment: string;
  /** `namespace/name` of the AgentSystem. */
  readonly system: string;
  readonly revision: number;
  readonly input: JsonObject;
  readonly rows: readonly RecordedRow[];
}

export interface ReplayOptions {
  /** What the run is executed under: graph, prompts and definitions, and the rules that hold. */
  readonly target: StoredBundle;
  readonly onDiverge: 'stop' | 'ask';
  readonly models: 'ask' | 'recorded';
  /** Whether the database of the run finds by meaning; elsewhere nothing is embedded, whatever a memory says. */
  readonly comparesVectors: boolean;
  readonly secrets: SecretSource;
  readonly log: Log;
  readonly version: string;
  readonly signal: AbortSignal;
}

export interface Replayed {
  readonly end: ReplayEnd;
  readonly rows: readonly RecordedRow[];
  readonly diverged: readonly Divergence[];
}

/**
 * Executes a recorded run again under another bundle, with the same loop, gate and door. Nothing is written anywhere:
 * its journal is in memory, and calls are answered from the record where path and arguments agree.
 */
export async function replayRun(recorded: RecordedRun, options: ReplayOptions): Promise<Replayed> {
  const { target, onDiverge, models, comparesVectors, signal } = options;
  const embeddedBy = (memory: string) =>
    comparesVectors ? own(target.content.memories ?? {}, memory)?.longTerm?.embedding : undefined;
  const world = new RecordedWorld({ rows: recorded.rows, onDiverge, models, embeddedBy });
  let ended: (end: ReplayEnd) => void = () => undefined;
  const end = new Promise<ReplayEnd>((resolve) => {
    ended = resolve;
  });
  const given = recorded.rows.filter((row) => holdsAgain(row));
  const executor = new ReplayExecutor(claimOf(recorded), { target, given, ended: (how) => ended(how) });
  const bus = new EmitterBus();
  const worker = new Worker({
    executor,
    bus,
    outside: world,
    log: options.log,
    secrets: options.secrets,
    slots: 1,
    host: 'replay',
    version: options.version,
    graceMs: 0,
  });
  const stop = () => ended({ kind: 'stopped' });
  signal.addEventListener('abort', stop, { once: true });
  try {
    await worker.start();
    return { end: await end, rows: executor.rows(), diverged: world.diverged };
  } finally {
    signal.removeEventListener('abort', stop);
    await worker.stop();
  }
}

function claimOf({ id, environment, system, revision, input }: RecordedRun) {
  const namespace = system.split('/')[0] ?? '';
  const flags = { cancelled: false, overdue: false, drained: false } as const;
  // Pinned and live are one: the rules of the target are those that hold.
  return {
    id,
    environment,
    namespace,
    system,
    revision,
    bundle: '',
    crashes: 0,
    input,
    ...flags,
    liveRevision: revision,
  };
}

/** People are not asked again: what they said holds, wherever the replay asks the same. */
function holdsAgain({ kind }: RecordedRow): boolean {
  return kind === 'human';
}
