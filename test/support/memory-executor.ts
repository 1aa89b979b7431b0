import { EmitterBus } from '../../src/bus/emitter.ts';
import { channels } from '../../src/bus/bus.ts';
import type { Bundle, BundleModel, BundleTool } from '../../src/manifest/bundle.ts';
import type { Json, JsonObject } from '../../src/manifest/json.ts';
import { callModel } from '../../src/models/call.ts';
import type { ModelRequest, ModelResponse } from '../../src/models/model.ts';
import type { Authority } from '../../src/policy/authority.ts';
import type {
  ApprovalRequest,
  ClaimRequest,
  Executor,
  HaltState,
  RateDoor,
  RunWrite,
  WorkerIdentity,
} from '../../src/run/executor.ts';
import type { AccountDoor } from '../../src/run/accounts.ts';
import { GroupCommit } from '../../src/run/group-commit.ts';
import type { Outside } from '../../src/run/outside.ts';
import { Worker } from '../../src/run/worker.ts';
import type { WorkerOptions } from '../../src/run/worker-options.ts';
import { callTool } from '../../src/tools/call.ts';
import type { ToolCallOptions } from '../../src/tools/options.ts';
import type { ToolOutcome } from '../../src/tools/tool.ts';
import { endedStates, type MemoryRun } from './memory-rows.ts';
import { MemoryStore } from './memory-store.ts';
import { eventually, silent } from './runs.ts';

/** How a statement travels: here at once; a simulation delays it, loses it or loses its answer. */
export type Travel = <T>(statement: string, work: () => T) => Promise<T>;

const atOnce: Travel = async (_statement, work) => {
  await Promise.resolve();
  return work();
};

/** Keeps runs in a store in memory, with the group commit of production in front of it. */
export class MemoryExecutor implements Executor {
  readonly rates: RateDoor;
  readonly accounts: AccountDoor;
  readonly #store: MemoryStore;
  readonly #leaseMs: number;
  readonly #travel: Travel;
  readonly #commit: GroupCommit;

  constructor(store: MemoryStore, options: { readonly leaseMs?: number; readonly travel?: Travel } = {}) {
    this.#store = store;
    this.rates = {
      take: (ask) => this.#travel('rate', () => store.rates.take(ask)),
      giveBack: (...given) => this.#travel('rate', () => store.rates.giveBack(...given)),
    };
    this.accounts = {
      draw: (drawer, orders) => this.#travel('draw', () => store.accounts.draw(drawer, orders)),
      allotted: (run) => this.#travel('allotted', () => store.accounts.allotted(run)),
      giveBack: (drawer, use) => this.#travel('give back', () => store.accounts.giveBack(drawer, use)),
      overrun: (drawer, overrun) => this.#travel('overrun', () => store.accounts.overrun(drawer, overrun)),
    };
    this.#leaseMs = options.leaseMs ?? 15_000;
    this.#travel = options.travel ?? atOnce;
    this.#commit = new GroupCommit({
      write: (writes) => this.#travel('journal', () => store.write(writes)),
      patienceMs: 2 * this.#leaseMs,
    });
  }

  enlist(worker: WorkerIdentity): Promise<void> {
    return this.#travel('enlist', () => this.#store.enlist(worker, this.#leaseMs));
  }

  renew(worker: string): Promise<boolean> {
    return this.#travel('renew', () => this.#store.renew(worker, this.#leaseMs));
  }

  retire(worker: string): Promise<void> {
    return this.#travel('retire', () => this.#store.retire(worker));
  }

  reap(): ReturnType<Executor['reap']> {
    return this.#travel('reap', () => this.#store.reap());
  }

  claim(request: ClaimRequest): ReturnType<Executor['claim']> {
    return this.#travel('claim', () => this.#store.claim(request));
  }

  journal(write: RunWrite): ReturnType<Executor['journal']> {
    return this.#commit.submit(write);
  }

  park(write: Parameters<Executor['park']>[0]): ReturnType<Executor['park']> {
    return this.#commit.submit(write);
  }

  complete(write: Parameters<Executor['complete']>[0]): ReturnType<Executor['complete']> {
    return this.#commit.submit(write);
  }

  requestApproval(request: ApprovalRequest): ReturnType<Executor['requestApproval']> {
    return this.#travel('requestApproval', () => this.#store.requestApproval(request));
  }

  watchHalts(epoch: number): Promise<HaltState | undefined> {
    return this.#travel('halts', () => this.#store.watchHalts(epoch));
  }

  owned(worker: string): ReturnType<Executor['owned']> {
    return this.#travel('owned', () => this.#store.owned(worker));
  }

  bundle(digest: string): ReturnType<Executor['bundle']> {
    return this.#travel('bundle', () => this.#store.bundle(digest));
  }

  authority(environment: string, system: string): ReturnType<Executor['authority']> {
    return this.#travel('authority', () => this.#store.authority(environment, system));
  }
}

export interface MemoryPlay {
  readonly bundle: Bundle;
  readonly authority?: Authority;
  readonly input?: JsonObject;
  /** By the Tool's `namespace/name`; any other tool is called as in production. */
  readonly tools?: Readonly<Record<string, PlayedTool>>;
  /** By the model id of the endpoint; any other model is asked as in production. */
  readonly models?: Readonly<Record<string, (request: ModelRequest) => ModelResponse | Promise<ModelResponse>>>;
  readonly slots?: number;
  /** What earlier owners of the run left in its journal before they died. */
  readonly left?: Pick<MemoryRun, 'steps' | 'waits'>;
  /** Called while the run waits for somebody: answers through the store, or returns false to leave it waiting. */
  readonly answer?: (run: MemoryRun, store: MemoryStore) => boolean;
}

/** Gives an output; or throws, or gives the whole outcome by `outcome`. */
export type PlayedTool = (
  args: Json,
  call: ToolCallOptions,
  store: MemoryStore,
) => Json | Promise<Json> | { readonly outcome: ToolOutcome };

/** What became of a run, and every call that reached a model or a tool, in order. */
export interface Played {
  readonly run: MemoryRun;
  readonly store: MemoryStore;
  /** By the path of the call, without its attempt, and the model id of the endpoint. */
  readonly asked: readonly { readonly path: string; readonly model: string }[];
  readonly effects: readonly {
    readonly tool: string;
    readonly path: string;
    readonly args: Json;
    readonly key: string;
  }[];
}

/**
 * Executes one run with a real worker on the store in memory, to its end or to a wait for a person. Timers cost no
 * time: when nothing else is left, the store's clock moves to the next.
 */
export async function runInMemory(play: MemoryPlay): Promise<Played> {
  const store = new MemoryStore();
  store.install(play.bundle, play.authority);
  const seen: Seen = { effects: [], asked: [] };
  const bus = new EmitterBus();
  const worker = memoryWorker(store, { bus, outside: outsideOf(play, seen, store), slots: play.slots ?? 4 });
  const run = store.submit({ ...playedRun, system: play.bundle.system, input: play.input ?? {} });
  run.steps.push(...(play.left?.steps ?? []));
  for (const [path, wait] of play.left?.waits ?? []) run.waits.set(path, { ...wait });
  await worker.start();
  try {
    await eventually(async () => ((await moved(run, { play, store, bus, worker })) ? undefined : true));
  } finally {
    await worker.stop();
  }
  return { run, store, ...seen };
}

/** One id for all: keys that a call carries follow from it, so that two plays of one run can be compared. */
const playedRun = { id: '00000000-0000-4000-8000-000000000001' };

interface Seen {
  readonly effects: { tool: string; path: string; args: Json; key: string }[];
  readonly asked: { path: string; model: string }[];
}

/** A worker in this process on a store in memory. */
export function memoryWorker(store: MemoryStore, options: Partial<WorkerOptions> = {}): Worker {
  return new Worker({
    executor: new MemoryExecutor(store, options.leaseMs === undefined ? {} : { leaseMs: options.leaseMs }),
    bus: new EmitterBus(),
    log: silent,
    secrets: () => Promise.resolve({ kind: 'unread', reason: 'env_missing', why: 'this worker has none' }),
    slots: 4,
    host: 'test',
    version: '0',
    graceMs: 100,
    ...options,
  });
}

/** Whether there is more to come of the run. */
async function moved(
  run: MemoryRun,
  { play, store, bus, worker }: { play: MemoryPlay; store: MemoryStore; bus: EmitterBus; worker: Worker },
): Promise<boolean> {
  if (endedStates.has(run.state)) return false;
  if (run.state !== 'Waiting') {
    await worker.idle();
    return true;
  }
  if (play.answer?.(run, store) !== true) {
    if (run.runAt === undefined || isForPeople(run, store)) return false;
    store.advance(Math.max(0, run.runAt - store.now()));
    store.reap();
  }
  await bus.notify(channels.ready, 'default');
  return true;
}

function isForPeople(run: MemoryRun, store: MemoryStore): boolean {
  const open = [...run.waits.values()].filter(({ resolved, dueAt = 0 }) => !resolved && dueAt > store.now());
  return open.length > 0 && open.every(({ kind }) => kind === 'human' || kind === 'review' || kind === 'approval');
}

function outsideOf(play: MemoryPlay, { effects, asked }: Seen, store: MemoryStore): Outside {
  const idOf = (tool: BundleTool) => Object.keys(play.bundle.tools).find((id) => play.bundle.tools[id] === tool) ?? '';
  return {
    async tool(tool, args, options): Promise<ToolOutcome> {
      const id = idOf(tool);
      effects.push({ tool: id, path: options.path, args, key: options.idempotencyKey });
      const played = play.tools?.[id];
      if (played === undefined) return callTool(tool, args, options);
      const answer = await played(args, options, store);
      return isOutcome(answer) ? answer.outcome : { kind: 'done', output: answer };
    },
    async model(model: BundleModel, request, options): Promise<ModelResponse> {
      asked.push({ path: options.path, model: model.model });
      const played = play.models?.[model.model];
      return played === undefined ? callModel(model, request, options) : played(request);
    },
  };
}

function isOutcome(answer: Json | { readonly outcome: ToolOutcome }): answer is { readonly outcome: ToolOutcome } {
  return typeof answer === 'object' && answer !== null && 'outcome' in answer;
}
