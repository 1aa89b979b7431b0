import { describe, expect, test } from 'vitest';
import { RetryableError, TerminalError } from '../../src/errors.ts';
import type { Bundle, BundleAgent, BundleTool } from '../../src/manifest/bundle.ts';
import type { Json } from '../../src/manifest/json.ts';
import type { Authority } from '../../src/policy/authority.ts';
import { type MemoryPlay, type Played, type PlayedTool, runInMemory } from '../support/memory-executor.ts';
import type { MemoryRun } from '../support/memory-rows.ts';
import { authorityOf, bundleOf } from '../support/runs.ts';

interface Given {
  readonly agent: Partial<BundleAgent>;
  readonly turns: readonly Json[];
  /** A call that the run makes only if it goes the way of the case. */
  readonly by: string;
  readonly tools?: Readonly<Record<string, Partial<BundleTool>>>;
  readonly played?: MemoryPlay['tools'];
  readonly models?: MemoryPlay['models'];
}

const call = (tool: string, args: Json = {}) => ({ tool, arguments: args });
const execution = { onDeny: 'inform', maxDenials: 3 } as const;
const long = 'x'.repeat(1_500);

const refusesThe =
  (n: number): PlayedTool =>
  (args) =>
    (args as { readonly n: number }).n === n
      ? { outcome: { kind: 'failed', code: 'tool.failed', message: 'no', retryable: false } }
      : args;

const cases: Readonly<Record<string, Given>> = {
  'a conversation that is summed up twice': {
    by: 'write/4.summary default/other',
    agent: { compaction: { triggerTokens: 1_500, retainRecent: 2, summarizer: 'default/other' } },
    turns: [
      { toolCalls: [call('echo', { long })] },
      { toolCalls: [call('echo', { long, n: 2 })] },
      { toolCalls: [call('echo', { long, n: 3 })] },
      { text: 'done' },
    ],
  },
  'a fallback at once': {
    by: 'write/2~2 default/other',
    agent: { fallback: ['default/other'] },
    turns: [{ toolCalls: [call('echo')] }, { text: 'done' }],
    models: { script: () => Promise.reject(new TerminalError('no', { code: 'model.unauthorised', help: 'none' })) },
  },
  'a fallback after attempts with pauses between them': {
    by: 'write/2~4 default/other',
    agent: { fallback: ['default/other'] },
    turns: [{ toolCalls: [call('echo')] }, { text: 'done' }],
    models: { script: () => Promise.reject(new RetryableError('no', { code: 'model.unavailable' })) },
  },
  'a repair turn with a call between': {
    by: 'write/3 default/model',
    agent: { output: { schema: { type: 'object', required: ['ok'] } } },
    turns: [{ text: 'fine' }, { toolCalls: [call('echo')] }, { json: { ok: true } }],
  },
  'a repair turn that mends nothing': {
    by: 'write/2 default/model',
    agent: { output: { schema: { type: 'object', required: ['ok'] } } },
    turns: [{ text: 'fine' }, { json: { fine: true } }],
  },
  'a reminder of a required tool': {
    by: 'write/3 default/model',
    agent: { execution: { ...execution, requiredTools: ['echo'] } },
    turns: [{ text: 'early' }, { toolCalls: [call('echo')] }, { text: 'late' }],
  },
  'reads of which the first that is done ends the step': {
    by: 'write/1.3 default/echo',
    agent: { execution: { ...execution, toolUse: 'stopOnFirst' } },
    turns: [{ toolCalls: [1, 2, 3].map((n) => call('echo', { n })) }],
    played: { 'default/echo': refusesThe(1) },
  },
  'writes of which the first that is done ends the step': {
    by: 'write/1.3 default/write',
    agent: { tools: { write: 'default/write' }, execution: { ...execution, toolUse: 'stopOnFirst' } },
    turns: [{ toolCalls: [1, 2, 3].map((n) => call('write', { n })) }],
    tools: { write: { operations: ['write'], idempotent: true } },
    played: { 'default/write': refusesThe(1) },
  },
  'calls that are answered from an earlier one': {
    by: 'write/1.2 default/echo',
    agent: { execution: { ...execution, duplicateCalls: 'reuse' } },
    turns: [
      { toolCalls: [1, 1, 2, 2, 2].map((n) => call('echo', { n })) },
      { toolCalls: [call('echo', { n: 2 })] },
      { text: 'done' },
    ],
    played: { 'default/echo': refusesThe(1) },
  },
  'calls that are refused after an earlier one': {
    by: 'write/1.2 default/echo',
    agent: { execution: { ...execution, duplicateCalls: 'deny' } },
    turns: [{ toolCalls: [1, 1, 2].map((n) => call('echo', { n })) }, { text: 'done' }],
  },
};

describe.each(Object.keys(cases))('%s', (name) => {
  test('is the same when its worker dies after any write, and no finished call is made again', async () => {
    const play = playOf(cases[name]);
    const whole = await runInMemory(play);
    expect(whole.run.steps.map(({ path, target }) => `${path} ${target}`)).toContain(cases[name]?.by);
    for (let cut = 0; cut <= whole.run.steps.length; cut += 1) {
      const left = leftOf(whole.run, cut);
      const again = await runInMemory({ ...play, left });
      const at = `after ${cut} writes`;
      expect({ at, ...endOf(again) }).toEqual({ at, ...endOf(whole) });
      expect({ at, calls: callsOf(again) }).toEqual({ at, calls: unfinished(callsOf(whole), left.steps) });
      expect(again.store.contradictions).toEqual([]);
    }
  });
});

function playOf(given: Given | undefined): MemoryPlay {
  if (given === undefined) throw new TypeError('no such case');
  const { agent, turns, tools = {}, played = {}, models = {} } = given;
  const made = bundleOf({
    nodes: { write: { agent: 'writer' } },
    agents: { writer: agent },
    tools,
    replies: [{ agent: 'writer', turns: [...turns] }],
  });
  const model = made.models['default/model'];
  if (model === undefined) throw new TypeError('the bundle has its model');
  const script = agent.compaction === undefined ? model.script : summaries;
  const other = { ...model, model: 'other', ...(script === undefined ? {} : { script }) };
  const bundle: Bundle = { ...made, models: { ...made.models, 'default/other': other } };
  return { bundle, authority: withOther(authorityOf(bundle)), tools: played, models };
}

const summaries = { replies: [{ agent: 'writer', turns: [{ text: 'the short of it' }] }] };

function withOther(authority: Authority): Authority {
  const allow = { kind: 'allow', rule: 'Agent/default/writer' } as const;
  const subjects = Object.entries(authority.subjects).map(([name, one]) => [
    name,
    { ...one, models: { ...one.models, 'default/other': allow } },
  ]);
  return { ...authority, subjects: Object.fromEntries(subjects) };
}

/** The journal as it was after so many writes, with the waits that were known by then. */
function leftOf({ steps, waits }: MemoryRun, cut: number): Pick<MemoryRun, 'steps' | 'waits'> {
  const left = steps.slice(0, cut);
  const lastMs = left.at(-1)?.atMs ?? 0;
  return { steps: left, waits: new Map([...waits].filter(([, { createdAt }]) => createdAt <= lastMs)) };
}

function endOf({ run: { state, output, error } }: Played) {
  return { state, output, error };
}

/** Sorted: what runs side by side reaches the world in either order. */
function callsOf({ asked, effects }: Played): readonly string[] {
  const models = asked.map(({ path, model }) => `${path} default/${model === 'script' ? 'model' : model}`);
  return [...models, ...effects.map(({ path, tool }) => `${path} ${tool}`)].sort();
}

function unfinished(calls: readonly string[], steps: MemoryRun['steps']): readonly string[] {
  const left = [...calls];
  for (const { phase, outcome, path, target } of steps) {
    if (phase !== 'result' || outcome === 'denied') continue;
    const at = left.indexOf(`${path.replace(/~\d+$/, '')} ${target}`);
    if (at === -1) throw new Error(`${path} was finished and never made`);
    left.splice(at, 1);
  }
  return left;
}
