import type { Bundle, BundleTool } from '../../src/manifest/bundle.ts';
import type { BundleGuard } from '../../src/manifest/bundle-guard.ts';
import type { Authority, SubjectAuthority, Verdict } from '../../src/policy/authority.ts';
import type { HaltScope } from '../../src/policy/halt-scope.ts';
import type { ModelScript } from '../support/model-server.ts';
import { authorityOf, bundleOf, httpTool } from '../support/runs.ts';

/** One refusal in a whole run: what a model asked for, and what must come of it. */
export interface Played {
  /** What is refused. Of a call that was let through and failed: `result`. */
  readonly at: 'tool' | 'model' | 'result';
  /** Absent: one call of `pay` with what it takes, then a last word. */
  readonly model?: ModelScript;
  readonly bundle?: (bundle: Bundle, at: Places) => Bundle;
  /** Said of the agent that calls, in the run's revision and in the live one. */
  readonly row?: Partial<SubjectAuthority>;
  readonly authority?: (authority: Authority) => Authority;
  readonly halt?: HaltScope;
  /** What the tool's server saw of the run; absent: nothing. */
  readonly effects?: number;
  /** How the run ends by the refusal; absent: by its code where a model is refused, else it goes on. */
  readonly ends?: 'went on' | 'failed';
}

/** A refusal that another test shows, by its name. */
export interface ShownElsewhere {
  readonly file: string;
  readonly test: string;
}

/** Where a run's doubles are. */
export interface Places {
  readonly effects: string;
  readonly model: string;
}

export const clerk = 'default/clerk';
export const tickets = 'mcp:default/tickets:pay';
/** Digests of two definitions of it. */
export const reviewed = `sha256:${'a'.repeat(64)}`;
export const other = `sha256:${'b'.repeat(64)}`;

/** The agent `clerk` has the tool `pay`, whose server counts; another agent of the system has `wipe`. */
export function refusalBundle({ effects, model }: Places): Bundle {
  const inputSchema = {
    type: 'object',
    properties: { amount: { type: 'integer' }, note: { type: 'string' } },
    required: ['amount'],
    additionalProperties: false,
  };
  const bundle = bundleOf({
    nodes: { work: { agent: 'clerk' } },
    agents: {
      clerk: { tools: { pay: 'default/pay' }, execution: { onDeny: 'inform', maxDenials: 20 } },
      janitor: { tools: { wipe: 'default/wipe' } },
    },
    tools: { pay: httpTool(effects, { inputSchema }), wipe: httpTool(`${effects}/wipe`) },
  });
  const endpoint = { provider: 'openaiCompatible', model: 'm', baseUrl: model, allowPrivate: true } as const;
  return { ...bundle, models: { 'default/model': { ...endpoint, parameters: { maxOutputTokens: 1_000 } } } };
}

/** The rules that a case plays under. */
export function refusalAuthority(bundle: Bundle, { row = {}, authority = (made) => made }: Played): Authority {
  const made = authorityOf(bundle);
  const subject = `Agent/${clerk}`;
  const own = made.subjects[subject];
  if (own === undefined) throw new TypeError('the bundle has its clerk');
  return authority({ ...made, subjects: { ...made.subjects, [subject]: { ...own, ...row } } });
}

/** One turn of calls, then a last word. */
export const calls = (...each: readonly (readonly [name: string, text: string])[]): ModelScript => [
  { toolCalls: each.map(([name, text]) => ({ name, arguments: text })) },
  { text: 'went on' },
];
/** A call as the model writes it. */
export const says = (name: string, text: string): Played => ({ at: 'tool', model: calls([name, text]) });
/** Verdicts that refuse `pay`. */
export const denied = (reason: Extract<Verdict, { kind: 'deny' }>['reason']): SubjectAuthority['tools'] => ({
  'default/pay': { kind: 'deny', reason, rule: 'AgentPolicy/default/house' },
});
/** The bundle with its tool changed. */
export const tool =
  (change: Partial<BundleTool>): NonNullable<Played['bundle']> =>
  (bundle) => {
    const { 'default/pay': pay } = bundle.tools;
    if (pay === undefined) throw new TypeError('the bundle has its tool');
    return { ...bundle, tools: { ...bundle.tools, 'default/pay': { ...pay, ...change } } };
  };
/** The bundle with its agent changed. */
export const agent =
  (change: Partial<Bundle['agents'][string]>): NonNullable<Played['bundle']> =>
  (bundle) => {
    const own = bundle.agents[clerk];
    if (own === undefined) throw new TypeError('the bundle has its clerk');
    return { ...bundle, agents: { ...bundle.agents, [clerk]: { ...own, ...change } } };
  };
/** The bundle with its endpoint changed. */
export const model =
  (change: Partial<Bundle['models'][string]>): NonNullable<Played['bundle']> =>
  (bundle) => {
    const own = bundle.models['default/model'];
    if (own === undefined) throw new TypeError('the bundle has its model');
    return { ...bundle, models: { 'default/model': { ...own, ...change } } };
  };
export const priced = model({ pricing: { inputPerMTok: 0, outputPerMTok: 0 } });
export const limits = { maxSteps: 10, maxToolCalls: 10, timeoutMs: 60_000 };
export const noMoney = { id: 'AgentPolicy/default/house#0', scope: 'run', unit: 'usd', limit: 10 } as const;
export const rate = { id: 'AgentPolicy/default/house#rate', limit: 1, windowMs: 86_400_000 } as const;

/** `pay` is a tool of an MCP server, which would be asked at the place that counts. */
export const ofServer =
  (digest: string | undefined): NonNullable<Played['bundle']> =>
  (bundle, { effects }) => {
    const pay = tool({
      impl: { type: 'mcp', server: 'default/tickets', tool: 'pay', ...(digest === undefined ? {} : { digest }) },
    })(bundle, { effects, model: '' }).tools['default/pay'];
    if (pay === undefined) throw new TypeError('the bundle has its tool');
    const server = {
      transport: 'http',
      url: effects,
      allowPrivate: true,
      headers: [],
      startTimeoutMs: 5_000,
      callTimeoutMs: 5_000,
      idleTimeoutMs: 5_000,
      maxRestarts: 0,
      maxResultBytes: 1_024,
      pins: { pay: reviewed },
    } as const;
    const made = { ...bundle, tools: { ...bundle.tools, [tickets]: pay }, servers: { 'default/tickets': server } };
    return agent({ tools: { pay: tickets } })(made, { effects, model: '' });
  };
/** What the rules say of the tool of the MCP server, and of its definition. */
export const pinned = (pins: SubjectAuthority['pins'], verdict: Verdict): Partial<SubjectAuthority> => ({
  tools: { [tickets]: verdict },
  ...(pins === undefined ? {} : { pins }),
});
export const allow: Verdict = { kind: 'allow', rule: 'AgentRole/default/worker' };

/** One guard of the arguments, which blocks. */
export const guarded = (provider: BundleGuard['provider']): Played => ({
  at: 'tool',
  model: calls(['pay', '{"amount":471100}']),
  row: { guards: ['default/cards'] },
  authority: (made) => ({
    ...made,
    guards: {
      'default/cards': { mode: ['preCall'], calls: ['tool'], action: 'block', timeoutMs: 5_000, provider },
    },
  }),
});
/** A halt that refuses. */
export const halted = (scope: HaltScope, at: Played['at'] = 'model'): Played => ({ at, halt: scope });
