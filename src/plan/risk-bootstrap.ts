import { digest } from '../manifest/digest.ts';
import type { Json } from '../manifest/json.ts';
import { compareText } from '../manifest/problem.ts';
import type { Kind } from '../manifest/resource.ts';
import { firstDefined } from './approvers.ts';
import type { Risk } from './risk.ts';
import type { RiskInput } from './risk-input.ts';

/**
 * The first apply of an environment: nothing is there to be compared with, so all of it is one risk. Its content is
 * everything that goes live and the rules that will judge what comes next.
 */
export function bootstrapRisk({ changes, targetRules, rules }: RiskInput): readonly Risk[] {
  if (changes.length === 0) return [];
  const contents = changes.map(({ address, afterDigest }): Json => [address, afterDigest ?? null]);
  return [
    {
      id: 'bootstrap',
      class: 'bootstrap',
      name: 'bootstrap',
      content: digest({ contents, rules: targetRules as unknown as Json }),
      gate: 'ack',
      subject: undefined,
      title: `Nothing was applied here before: all ${changes.length} resources go live at once.`,
      details: kindsOf(changes.map(({ kind }) => kind)),
      causes: [],
      approvers: firstDefined([], rules),
    },
  ];
}

function kindsOf(all: readonly Kind[]): readonly string[] {
  const counts = new Map<Kind, number>();
  for (const kind of all) counts.set(kind, (counts.get(kind) ?? 0) + 1);
  return [...counts].map(([kind, count]) => `${count} ${kind}`).sort(compareText);
}
