import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { sql } from 'kysely';
import { pino } from 'pino';
import { channels } from '../../src/bus/bus.ts';
import {
  type Bundle,
  type BundleAgent,
  type BundleEdge,
  type BundleNode,
  type BundleTool,
  engineSchema,
} from '../../src/manifest/bundle.ts';
import { digest } from '../../src/manifest/digest.ts';
import type { Json, JsonObject } from '../../src/manifest/json.ts';
import type { Authority, Budget, SubjectAuthority } from '../../src/policy/authority.ts';
import { DatabaseExecutor } from '../../src/run/database-executor.ts';
import { Worker } from '../../src/run/worker.ts';
import type { WorkerOptions } from '../../src/run/worker-options.ts';
import { writeBundles } from '../../src/store/bundle.ts';
import type { Database } from '../../src/store/database.ts';
import { type RunRow, readRun } from '../../src/store/run.ts';
import { type NewRun, submitRun } from '../../src/store/submit.ts';

export const environment = 'production';
export const system = 'default/work';

export interface NodePlan {
  readonly agent?: string;
  readonly tool?: string;
  readonly input?: Json;
  readonly to?: readonly (string | { readonly to: string; readonly when?: string; readonly default?: boolean })[];
}

export interface BundlePlan {
  readonly nodes: Readonly<Record<string, NodePlan>>;
  readonly agents?: Readonly<Record<string, Partial<BundleAgent>>>;
  readonly tools?: Readonly<Record<string, Partial<BundleTool>>>;
  /** Replies of the scripted model `default/model`. */
  readonly replies?: Json;
  readonly output?: Json;
  readonly timeoutMs?: number;
  readonly pricing?: { readonly inputPerMTok: number; readonly outputPerMTok: number };
}

/** A bundle as compile makes it, with names of the namespace `default`. */
export function bundleOf(plan: BundlePlan): Bundle {
  const nodes: Record<string, BundleNode> = {};
  for (const [name, node] of Object.entries(plan.nodes).sort(([a], [b]) => (a < b ? -1 : 1))) {
    const from = Object.entries(plan.nodes).flatMap(([other, { to = [] }]) =>
      edgesOf(to).some((edge) => edge.to === name) ? [other] : [],
    );
    const common = { edges: edgesOf(node.to ?? []), from, ...(node.input === undefined ? {} : { input: node.input }) };
    nodes[name] =
      node.agent === undefined
        ? { ...common, kind: 'tool', tool: `default/${node.tool ?? 'echo'}` }
        : { ...common, kind: 'agent', agent: `default/${node.agent}` };
  }
  return {
    engineSchema,
    system,
    input: {},
    nodes,
    entries: Object.keys(nodes).filter((name) => nodes[name]?.from.length === 0),
    ...(plan.output === undefined ? {} : { output: plan.output }),
    limits: { timeoutMs: plan.timeoutMs ?? 60_000 },
    agents: Object.fromEntries(
      Object.entries(plan.agents ?? {}).map(([name, agent]) => [`default/${name}`, agentOf(agent)]),
    ),
    models: { 'default/model': modelOf(plan) },
    tools: Object.fromEntries(
      Object.entries({ echo: {}, ...plan.tools }).map(([name, tool]) => [`default/${name}`, toolOf(name, tool)]),
    ),
    secrets: {},
  };
}

function edgesOf(to: NonNullable<NodePlan['to']>): BundleEdge[] {
  return to.map((edge) => (typeof edge === 'string' ? { to: edge, default: false } : { default: false, ...edge }));
}

function agentOf(agent: Partial<BundleAgent>): BundleAgent {
  return {
    model: 'default/model',
    prompt: 'Do the work.',
    tools: { echo: 'default/echo' },
    limits: { maxSteps: 10, maxToolCalls: 50, timeoutMs: 60_000 },
    execution: { onDeny: 'inform', maxDenials: 3 },
    ...agent,
  };
}

function modelOf(plan: BundlePlan): Bundle['models'][string] {
  return {
    provider: 'scripted',
    model: 'script',
    allowPrivate: false,
    parameters: { maxOutputTokens: 1_000 },
    script: { replies: plan.replies ?? [] },
    ...(plan.pricing === undefined ? {} : { pricing: plan.pricing }),
  };
}

function toolOf(name: string, tool: Partial<BundleTool>): BundleTool {
  return {
    name,
    description: `The tool ${name}.`,
    inputSchema: { type: 'object' },
    operations: ['read'],
    idempotent: false,
    timeoutMs: 10_000,
    maxResultBytes: 1_048_576,
    costPerCall: 0,
    impl: { type: 'builtin', name: 'echo' },
    ...tool,
  };
}

/** A tool that posts to a server on the loopback interface. */
export function httpTool(url: string, tool: Partial<BundleTool> = {}): Partial<BundleTool> {
  const impl = {
    type: 'http',
    method: 'POST',
    url,
    headers: {},
    query: {},
    egress: { hosts: [new URL(url).origin], allowPrivate: true },
  } as const;
  return { operations: ['write'], impl, ...tool };
}

export interface AuthorityPlan {
  /** By tool name: denied tools, of every subject. */
  readonly deny?: readonly string[];
  readonly budgets?: readonly Budget[];
  readonly limits?: Partial<SubjectAuthority['limits']>;
}

/** Everything the bundle names is allowed, but for what the plan denies. */
export function authorityOf(bundle: Bundle, plan: AuthorityPlan = {}): Authority {
  const subjects: Record<string, SubjectAuthority> = {};
  for (const [name, agent] of Object.entries(bundle.agents)) {
    const row = subjectOf(Object.values(agent.tools), plan, agent.limits);
    const agents = Object.values(agent.agents ?? {}).map(({ agent: path }) => path);
    subjects[`Agent/${name}`] = agents.length === 0 ? row : { ...row, agents };
  }
  const limits = { maxSteps: 1_000, maxToolCalls: 1_000, timeoutMs: 60_000 };
  for (const name of [bundle.system, ...Object.keys(bundle.systems ?? {})])
    subjects[`AgentSystem/${name}`] = subjectOf(Object.keys(bundle.tools), plan, limits);
  return { system: bundle.system, subjects };
}

function subjectOf(
  tools: readonly string[],
  plan: AuthorityPlan,
  limits: SubjectAuthority['limits'],
): SubjectAuthority {
  const denied = new Set((plan.deny ?? []).map((name) => `default/${name}`));
  return {
    models: { 'default/model': { kind: 'allow', rule: 'Agent/default/agent' } },
    tools: Object.fromEntries(
      tools.map((tool) => [
        tool,
        denied.has(tool)
          ? { kind: 'deny', reason: 'policy.denied', rule: 'AgentPolicy/default/guard' }
          : { kind: 'allow', rule: 'AgentRole/default/worker' },
      ]),
    ),
    limits: { ...limits, ...plan.limits },
    budgets: plan.budgets ?? [],
  };
}

/** Makes the bundle current in the next revision, as apply does. */
export async function install(database: Database, bundle: Bundle, authority = authorityOf(bundle)): Promise<number> {
  const { db } = database;
  await db
    .insertInto('environment')
    .values({ name: environment, root: '' })
    .onConflict((conflict) => conflict.doNothing())
    .execute();
  return db.transaction().execute(async (trx) => {
    await sql`select set_config('pawl.apply', 'on', true)`.execute(trx);
    const { revision } = await trx
      .updateTable('environment')
      .set((eb) => ({ revision: eb('revision', '+', 1) }))
      .where('name', '=', environment)
      .returning('revision')
      .executeTakeFirstOrThrow();
    const compiled = { system: bundle.system, content: bundle, authority };
    const made = { ...compiled, digest: digest({ content: bundle, authority } as unknown as JsonObject) };
    await writeBundles(trx, [made]);
    await trx
      .updateTable('bundle_history')
      .set({ to_revision: revision })
      .where('environment', '=', environment)
      .where('system', '=', bundle.system)
      .where('to_revision', 'is', null)
      .execute();
    await trx
      .insertInto('bundle_history')
      .values({ environment, system: bundle.system, from_revision: revision, digest: made.digest })
      .execute();
    return revision;
  });
}

export async function submit(database: Database, run: Partial<NewRun> = {}): Promise<RunRow> {
  const row = await submitRun(database, {
    id: randomUUID(),
    environment,
    system,
    input: {},
    submittedBy: 'ada',
    ...run,
  });
  await database.notify(channels.ready, 'default');
  return row;
}

export const silent = pino({ level: 'silent' });

/** A worker in this process; `start` it, or drive it by `tick`. */
export function workerOn(
  database: Database,
  options: Partial<WorkerOptions> & { readonly leaseMs?: number } = {},
): Worker {
  const { leaseMs } = options;
  return new Worker({
    executor: new DatabaseExecutor(database, leaseMs === undefined ? {} : { leaseMs }),
    bus: database,
    log: silent,
    secrets: () => Promise.resolve({ kind: 'unread', reason: 'env_missing', why: 'this worker has none' }),
    slots: 16,
    host: 'test',
    version: '0',
    ...options,
  });
}

/** Runs a worker for as long as the work takes. */
export async function withWorker<T>(database: Database, work: () => Promise<T>): Promise<T> {
  const worker = workerOn(database, { graceMs: 100 });
  await worker.start();
  try {
    return await work();
  } finally {
    await worker.stop();
  }
}

const settled = new Set(['Succeeded', 'Failed', 'Cancelled', 'TimedOut', 'DeadLetter']);

/** Waits until the run has ended, or is in the state that is asked for. */
export async function until(database: Database, id: string, state?: RunRow['state']): Promise<RunRow> {
  return eventually(async () => {
    const row = await readRun(database, id);
    return (state === undefined ? settled.has(row.state) : row.state === state) ? row : undefined;
  });
}

/** Looks again and again until there is something, for a bounded time. */
export async function eventually<T>(look: () => Promise<T | undefined>, timeoutMs = 60_000): Promise<T> {
  const limit = performance.now() + timeoutMs;
  for (;;) {
    const found = await look();
    if (found !== undefined) return found;
    if (performance.now() > limit) throw new Error(`nothing came of it within ${timeoutMs} ms`);
    await pause(5);
  }
}
