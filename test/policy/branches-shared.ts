import { accountKey } from '../../src/policy/account.ts';
import type { Budget, SubjectAuthority } from '../../src/policy/authority.ts';
import type { GateContext, NestedUsage } from '../../src/policy/context.ts';
import {
  authority,
  type Branch,
  contextWith,
  denied,
  modelCall,
  notGranted,
  toolCall,
  unused,
  withModel,
  withTools,
} from './fixture.ts';

const nested = (change: Partial<NestedUsage>): Pick<GateContext, 'usage'> => ({
  usage: { ...unused, nested: [{ system: 'default/inner', limits: {}, tokens: 0, cost: 0, ...change }] },
});
const refund = { ...toolCall, name: 'refund' };

/** What a system that runs within another leaves: the call holds 110 tokens and, with one to answer, 345 micro-USD. */
const inner: readonly Branch[] = [
  {
    reason: 'limit.tokens',
    name: 'an input that leaves no token of a nested system’s limit to answer with',
    refused: [modelCall, contextWith(nested({ limits: { maxTokens: 1_000 }, tokens: 890 }))],
    passes: [modelCall, contextWith(nested({ limits: { maxTokens: 1_000 }, tokens: 889 }))],
  },
  {
    reason: 'limit.cost',
    name: 'an input that leaves no money of a nested system’s limit to answer with',
    refused: [modelCall, contextWith(nested({ limits: { maxCost: 1_000 }, cost: 656 }))],
    passes: [modelCall, contextWith(nested({ limits: { maxCost: 1_000 }, cost: 655 }))],
  },
  {
    reason: 'limit.cost',
    name: 'a tool call that costs more than a nested system’s limit leaves',
    refused: [refund, contextWith(nested({ limits: { maxCost: 1_000 }, cost: 996 }))],
    passes: [refund, contextWith(nested({ limits: { maxCost: 1_000 }, cost: 995 }))],
  },
];

const shared = (unit: Budget['unit']) =>
  ({
    id: 'AgentPolicy/default/spend#agent',
    scope: 'agent',
    window: 'day',
    sharedBy: 'default/support',
    unit,
    limit: 2_000,
  }) as const;
const sharing = (unit: Budget['unit']): SubjectAuthority => ({ ...authority, budgets: [shared(unit)] });
const drawn = (unit: Budget['unit'], left: number): Pick<GateContext, 'usage'> => ({
  usage: { ...unused, drawn: new Map([[accountKey(shared(unit)), { left, dry: true, limit: 2_000 }]]) },
});
const unpriced = withModel(({ pricing: _price, ...model }) => model);

/** What a run has of an account that is dry. */
const accounts: readonly Branch[] = (['pinned', 'live'] as const).flatMap((revision) => [
  ...(
    [
      ['tokens', 110, 111],
      ['usd', 344, 345],
      ['calls', 0, 1],
    ] as const
  ).map(([unit, less, enough]) => ({
    reason: 'budget.exhausted' as const,
    name: `a model call over what is left of a dry account in ${unit} of the ${revision} revision`,
    refused: [modelCall, contextWith({ [revision]: sharing(unit), ...drawn(unit, less) })] as const,
    passes: [modelCall, contextWith({ [revision]: sharing(unit), ...drawn(unit, enough) })] as const,
  })),
  {
    reason: 'budget.exhausted' as const,
    name: `a tool call over what is left of a dry account of the ${revision} revision`,
    refused: [toolCall, contextWith({ [revision]: sharing('calls'), ...drawn('calls', 0) })] as const,
    passes: [toolCall, contextWith({ [revision]: sharing('calls'), ...drawn('calls', 1) })] as const,
  },
  {
    reason: 'budget.price_unknown' as const,
    name: `a shared budget in money of the ${revision} revision over a model without a price`,
    refused: [modelCall, contextWith({ bundle: unpriced, [revision]: sharing('usd') })] as const,
    passes: [modelCall, contextWith({ bundle: unpriced, [revision]: sharing('tokens') })] as const,
  },
]);

/** Which of two revisions explains a refusal: whose check comes first. */
const both: readonly Branch[] = (
  [
    ['pinned', 'live'],
    ['live', 'pinned'],
  ] as const
).map(([one, other]) => ({
  reason: 'policy.denied' as const,
  name: `an explicit deny of the ${one} revision before a missing grant of the ${other} one`,
  refused: [
    toolCall,
    contextWith({
      [one]: withTools({ 'default/search': denied }),
      [other]: withTools({ 'default/search': notGranted }),
    }),
  ] as const,
  passes: [toolCall, contextWith()] as const,
}));

/** Refusals by what others spend too. */
export const sharedBranches: readonly Branch[] = [...inner, ...accounts, ...both];
