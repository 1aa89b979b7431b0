import type { Bundle, BundleAgent, BundleHandOff } from '../../src/manifest/bundle.ts';
import type { Json } from '../../src/manifest/json.ts';
import { type Played, type PlayedTool, runInMemory } from '../support/memory-executor.ts';
import { authorityOf, bundleOf } from '../support/runs.ts';

export const to = (agent: string, extra: Partial<BundleHandOff> = {}): BundleHandOff => ({
  agent: `default/${agent}`,
  description: `The agent ${agent}.`,
  interaction: 'toolCall',
  isolation: 'perCall',
  ...extra,
});
export const ask = (tool: string, task = 'Look it up.') => ({ tool, arguments: { task } });

interface Given {
  readonly lead?: Partial<BundleAgent>;
  readonly helper?: Partial<BundleAgent>;
  readonly replies: Json;
  readonly tools?: Readonly<Record<string, PlayedTool>>;
  readonly change?: (bundle: Bundle) => Bundle;
}

export function bundleFrom({ lead = {}, helper = {}, replies, change = (bundle) => bundle }: Given): Bundle {
  return change(
    bundleOf({
      nodes: { lead: { agent: 'lead', input: 'Write about tides.' } },
      agents: { lead: { agents: { helper: to('helper') }, ...lead }, helper },
      tools: { once: { operations: ['write'] } },
      replies,
    }),
  );
}

export async function run(given: Given): Promise<Played> {
  const bundle = bundleFrom(given);
  return runInMemory({ bundle, authority: authorityOf(bundle), input: {}, tools: given.tools ?? {} });
}

export const results = ({ run: { steps } }: Played): readonly string[] =>
  steps.filter(({ phase }) => phase === 'result').map(({ path, outcome }) => `${path} ${outcome ?? ''}`);

export const asksOnce = [
  { agent: 'lead', turns: [{ toolCalls: [ask('helper')] }, { text: 'Tides, in short.' }] },
  { agent: 'helper', match: 'Look it up.', turns: [{ toolCalls: [{ tool: 'echo' }] }, { text: 'The moon.' }] },
] as const satisfies Json;
