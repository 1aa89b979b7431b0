import type { Bundle } from '../../src/manifest/bundle.ts';
import type { JsonObject } from '../../src/manifest/json.ts';
import type { ModelRequest, ModelResponse } from '../../src/models/model.ts';
import { bundleOf, type BundlePlan } from '../support/runs.ts';
import type { MemoryPlay, Played } from '../support/memory-executor.ts';

/** What a model writes in one turn. A call is a name and the raw text of its arguments, as a provider hands them on. */
export interface Turn {
  readonly text?: string;
  readonly calls?: readonly (readonly [name: string, text: string])[];
}

/** By agent (`lead`, not `default/lead`): its turns; whoever has none left says `went on`. */
export type Turns = Readonly<Record<string, readonly Turn[]>>;

type Models = NonNullable<MemoryPlay['models']>;

/** A model that writes what it is told to, and the requests that it was sent. */
export function misbehaving(turns: Turns): { readonly models: Models; readonly requests: readonly ModelRequest[] } {
  const requests: ModelRequest[] = [];
  const script = (request: ModelRequest): ModelResponse => {
    requests.push({ ...request, messages: [...request.messages] });
    const turn = request.messages.filter(({ role }) => role === 'assistant').length;
    const { text, calls = [] } = turns[request.agent.slice('default/'.length)]?.[turn] ?? {};
    const toolCalls = calls.map(([name, args], index) => ({ id: `${turn + 1}.${index + 1}`, name, arguments: args }));
    return {
      text: text ?? (calls.length === 0 ? 'went on' : ''),
      toolCalls,
      usage: { inputTokens: 1, outputTokens: 1 },
      model: 'script',
      finish: calls.length === 0 ? 'stop' : 'toolCalls',
    };
  };
  return { models: { script }, requests };
}

/** Strict outside, open inside: whatever is wrong further down, the schema does not see it. */
const payment: JsonObject = {
  type: 'object',
  properties: {
    amount: { type: 'integer' },
    note: { type: 'string', maxLength: 1_000 },
    more: { type: 'object' },
    list: { type: 'array' },
  },
  required: ['amount'],
  additionalProperties: false,
};

/** The agent `clerk` has the tool `pay`; another agent of the system has `wipe`. */
export function clerk(plan: Partial<BundlePlan> = {}): Bundle {
  return bundleOf({
    nodes: { work: { agent: 'clerk' } },
    agents: {
      clerk: { tools: { pay: 'default/pay' }, execution: { onDeny: 'inform', maxDenials: 200 } },
      janitor: { tools: { wipe: 'default/wipe' } },
    },
    tools: { pay: { operations: ['write'], inputSchema: payment }, wipe: { operations: ['write'] } },
    ...plan,
  });
}

/** Reasons of the calls that the gate refused, in order. */
export function refusals({ run }: Played): readonly (string | undefined)[] {
  return run.steps.flatMap(({ outcome, decision }) =>
    outcome === 'denied' ? [decision?.kind === 'deny' ? decision.reason : undefined] : [],
  );
}
