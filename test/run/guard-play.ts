import { callGuard } from '../../src/guards/call.ts';
import type { GuardRequest } from '../../src/guards/guard.ts';
import type { Bundle } from '../../src/manifest/bundle.ts';
import type { BundleGuard } from '../../src/manifest/bundle-guard.ts';
import type { Json } from '../../src/manifest/json.ts';
import { callModel } from '../../src/models/call.ts';
import type { ModelRequest } from '../../src/models/model.ts';
import type { Authority, SubjectAuthority } from '../../src/policy/authority.ts';
import type { Outside } from '../../src/run/outside.ts';
import { callTool } from '../../src/tools/call.ts';
import { memoryWorker } from '../support/memory-executor.ts';
import { MemoryStore } from '../support/memory-store.ts';
import { endedStates, type MemoryRun, type MemoryStep } from '../support/memory-rows.ts';
import { authorityOf, bundleOf, type BundlePlan, eventually } from '../support/runs.ts';

export type Guards = Readonly<Record<string, BundleGuard>>;

/** A guard of every call that looks for digits of a card and masks them, but for what is given. */
export function cards(change: Partial<BundleGuard> = {}): BundleGuard {
  return {
    mode: ['postCall', 'preCall'],
    calls: ['model', 'tool'],
    action: 'mask',
    timeoutMs: 5_000,
    provider: { type: 'regex', patterns: [{ name: 'card', pattern: '4[0-9]{7}', replacement: '[card]' }] },
    ...change,
  };
}

/** A guard whose service is nowhere. */
export function gone(change: Partial<BundleGuard> = {}): BundleGuard {
  return cards({ provider: { type: 'http', url: 'http://127.0.0.1:1/', allowPrivate: true }, ...change });
}

/** The system's rules, with guards on every subject. */
export function guarding(bundle: Bundle, guards: Guards, row: Partial<SubjectAuthority> = {}): Authority {
  const authority = authorityOf(bundle);
  const names = Object.keys(guards).sort();
  const subjects = Object.entries(authority.subjects).map(([address, rules]) => [
    address,
    { ...rules, ...(names.length === 0 ? {} : { guards: names }), ...row },
  ]);
  return { ...authority, subjects: Object.fromEntries(subjects), ...(names.length === 0 ? {} : { guards }) };
}

/** An agent that pays once, with what a model wrote, and answers. */
export function paying(args: Json, plan: Partial<BundlePlan> = {}): Bundle {
  return bundleOf({
    nodes: { work: { agent: 'clerk', input: 'Pay with 41111111.' } },
    agents: { clerk: { prompt: 'Cards look like 41111111.', tools: { pay: 'default/pay' } } },
    tools: { pay: { operations: ['write'] } },
    replies: [
      { agent: 'clerk', turns: [{ toolCalls: [{ tool: 'pay', arguments: args }] }, { text: 'Paid by 42222222.' }] },
    ],
    ...plan,
  });
}

export interface GuardedPlay {
  readonly bundle: Bundle;
  readonly guards: Guards;
  readonly row?: Partial<SubjectAuthority>;
  /** Rows that an earlier owner left. */
  readonly left?: readonly MemoryStep[];
  /** What the tool does; absent: it says its arguments again. */
  readonly tool?: Outside['tool'];
  /** Rules that go live while the first tool call is under way. */
  readonly then?: Authority;
}

export interface GuardedRun {
  readonly run: MemoryRun;
  /** Arguments that reached the tool. */
  readonly effects: readonly Json[];
  readonly requests: readonly ModelRequest[];
  readonly asked: readonly GuardRequest[];
}

/** Executes a run to its end with what it did to the world. */
export async function runGuarded({ bundle, guards, row, left = [], tool, then }: GuardedPlay): Promise<GuardedRun> {
  const store = new MemoryStore();
  store.install(bundle, guarding(bundle, guards, row));
  const run = store.submit({ system: bundle.system, input: {} });
  run.steps.push(...left.map((step) => ({ ...step, fence: 0 })));
  const effects: Json[] = [];
  const requests: ModelRequest[] = [];
  const asked: GuardRequest[] = [];
  const outside: Outside = {
    async tool(definition, args, options) {
      effects.push(args);
      if (then !== undefined && effects.length === 1) store.install(bundle, then);
      return (tool ?? callTool)(definition, args, options);
    },
    async model(model, request, options) {
      requests.push({ ...request, messages: [...request.messages] });
      return callModel(model, request, options);
    },
    guard(definition, request, options) {
      asked.push(request);
      return callGuard(definition, request, options);
    },
  };
  const worker = memoryWorker(store, { outside });
  await worker.start();
  await eventually(async () => (endedStates.has(run.state) || run.state === 'Waiting' ? true : undefined));
  await worker.stop();
  return { run, effects, requests, asked };
}

export function row({ run }: GuardedRun, path: string, phase: 'intent' | 'result'): MemoryStep | undefined {
  return run.steps.find((step) => step.path === path && step.phase === phase);
}
