import type { Budget } from '../../src/policy/authority.ts';
import { type GateCall, repetitionKey, type Spent } from '../../src/policy/context.ts';
import { sameCallMax } from '../../src/policy/gate.ts';
import {
  type Branch,
  bundle,
  contextWith,
  modelCall,
  spent,
  toolCall,
  usageWith,
  withAgent,
  withBudget,
  withLimits,
  withModel,
} from './fixture.ts';

/** SHA-256 of `{"id":"t-1"}`. */
const sameCall = repetitionKey('default/search', 'f935efb75c39c6b20d259962bc6c05b128931579b7af4146963278491d160675');

const costly = { ...bundle, limits: { ...bundle.limits, maxCost: 1000 } };
const without = withAgent({ duplicateCalls: 'deny' });
const refund: GateCall = { ...toolCall, name: 'refund' };

const limits: readonly Branch[] = (['pinned', 'live'] as const).flatMap((revision) => [
  {
    reason: 'limit.tool_calls' as const,
    name: `one tool call more than the ${revision} revision allows`,
    refused: [
      toolCall,
      contextWith({ [revision]: withLimits({ maxToolCalls: 2 }), usage: usageWith({ step: { toolCalls: 2 } }) }),
    ] as const,
    passes: [
      toolCall,
      contextWith({ [revision]: withLimits({ maxToolCalls: 2 }), usage: usageWith({ step: { toolCalls: 1 } }) }),
    ] as const,
  },
  {
    reason: 'limit.steps' as const,
    name: `one step more than the ${revision} revision allows`,
    refused: [
      modelCall,
      contextWith({ [revision]: withLimits({ maxSteps: 2 }), usage: usageWith({ step: { modelCalls: 2 } }) }),
    ] as const,
    passes: [
      modelCall,
      contextWith({ [revision]: withLimits({ maxSteps: 2 }), usage: usageWith({ step: { modelCalls: 1 } }) }),
    ] as const,
  },
  {
    reason: 'limit.tokens' as const,
    name: `an input that leaves no token of the ${revision} revision’s limit to answer with`,
    refused: [
      modelCall,
      contextWith({ [revision]: withLimits({ maxTokens: 500 }), usage: usageWith({ step: { tokens: 390 } }) }),
    ] as const,
    passes: [
      modelCall,
      contextWith({ [revision]: withLimits({ maxTokens: 500 }), usage: usageWith({ step: { tokens: 389 } }) }),
    ] as const,
  },
]);

const costs: readonly Branch[] = (['pinned', 'live'] as const).flatMap((revision) => [
  // 110 input tokens cost 330 micro-USD, one output token 15.
  {
    reason: 'limit.cost' as const,
    name: `an input that leaves no money of the ${revision} revision’s limit to answer with`,
    refused: [
      modelCall,
      contextWith({ [revision]: withLimits({ maxCost: 1000 }), usage: usageWith({ step: { cost: 656 } }) }),
    ] as const,
    passes: [
      modelCall,
      contextWith({ [revision]: withLimits({ maxCost: 1000 }), usage: usageWith({ step: { cost: 655 } }) }),
    ] as const,
  },
  {
    reason: 'limit.cost' as const,
    name: `a tool call that costs more than the ${revision} revision’s limit leaves`,
    refused: [
      refund,
      contextWith({ [revision]: withLimits({ maxCost: 10 }), usage: usageWith({ step: { cost: 6 } }) }),
    ] as const,
    passes: [
      refund,
      contextWith({ [revision]: withLimits({ maxCost: 10 }), usage: usageWith({ step: { cost: 5 } }) }),
    ] as const,
  },
]);

const ofStep: readonly Branch[] = [
  {
    reason: 'limit.repetition',
    name: 'the same call for the twentieth time',
    refused: [toolCall, contextWith({ usage: usageWith({ step: { repeated: new Map([[sameCall, sameCallMax]]) } }) })],
    passes: [
      toolCall,
      contextWith({ usage: usageWith({ step: { repeated: new Map([[sameCall, sameCallMax - 1]]) } }) }),
    ],
  },
  {
    reason: 'limit.denials',
    name: 'a further turn after one refusal too many',
    refused: [modelCall, contextWith({ usage: usageWith({ step: { denials: 4 } }) })],
    passes: [modelCall, contextWith({ usage: usageWith({ step: { denials: 3 } }) })],
  },
  {
    reason: 'limit.tokens',
    name: 'an input that leaves no token of the system’s limit to answer with',
    refused: [modelCall, contextWith({ usage: usageWith({ run: { tokens: 99_890, cost: 0 } }) })],
    passes: [modelCall, contextWith({ usage: usageWith({ run: { tokens: 99_889, cost: 0 } }) })],
  },
  {
    reason: 'limit.cost',
    name: 'an input that leaves no money of the system’s limit to answer with',
    refused: [modelCall, contextWith({ bundle: costly, usage: usageWith({ run: { tokens: 0, cost: 656 } }) })],
    passes: [modelCall, contextWith({ bundle: costly, usage: usageWith({ run: { tokens: 0, cost: 655 } }) })],
  },
  {
    reason: 'limit.cost',
    name: 'a tool call that costs more than the system’s limit leaves',
    refused: [refund, contextWith({ bundle: costly, usage: usageWith({ run: { tokens: 0, cost: 996 } }) })],
    passes: [refund, contextWith({ bundle: costly, usage: usageWith({ run: { tokens: 0, cost: 995 } }) })],
  },
  {
    reason: 'call.duplicate',
    name: 'the same call again, of an agent that wants no duplicates',
    refused: [
      toolCall,
      contextWith({ bundle: without, usage: usageWith({ step: { repeated: new Map([[sameCall, 1]]) } }) }),
    ],
    passes: [toolCall, contextWith({ usage: usageWith({ step: { repeated: new Map([[sameCall, 1]]) } }) })],
  },
  {
    reason: 'call.duplicate',
    name: 'a second duplicate, though the first attempt at the call itself does not count',
    refused: [
      { ...toolCall, again: true },
      contextWith({ bundle: without, usage: usageWith({ step: { repeated: new Map([[sameCall, 2]]) } }) }),
    ],
    passes: [
      { ...toolCall, again: true },
      contextWith({ bundle: without, usage: usageWith({ step: { repeated: new Map([[sameCall, 1]]) } }) }),
    ],
  },
];

interface Account {
  readonly call: GateCall;
  readonly unit: Budget['unit'];
  readonly limit: number;
  /** One more than fits, and what just fits. */
  readonly over: Partial<Spent>;
  readonly under: Partial<Spent>;
}

const accounts: readonly Account[] = [
  { call: modelCall, unit: 'calls', limit: 3, over: { calls: 3 }, under: { calls: 2 } },
  { call: modelCall, unit: 'tokens', limit: 1000, over: { tokens: 890 }, under: { tokens: 889 } },
  // 110 input tokens cost 330 micro-USD, one output token 15.
  { call: modelCall, unit: 'usd', limit: 1000, over: { cost: 656 }, under: { cost: 655 } },
  { call: refund, unit: 'calls', limit: 3, over: { calls: 3 }, under: { calls: 2 } },
  { call: refund, unit: 'usd', limit: 10, over: { cost: 6 }, under: { cost: 5 } },
  // A tool call takes no tokens, but an account that a provider overran takes nobody.
  { call: refund, unit: 'tokens', limit: 10, over: { tokens: 11 }, under: { tokens: 10 } },
];

const budgets: readonly Branch[] = (['pinned', 'live'] as const).flatMap((revision) =>
  accounts.map(({ call, unit, limit, over, under }) => ({
    reason: 'budget.exhausted' as const,
    name: `a ${call.kind} call over a budget in ${unit} of the ${revision} revision`,
    refused: [call, contextWith({ [revision]: withBudget(unit, limit), usage: spent(over) })] as const,
    passes: [call, contextWith({ [revision]: withBudget(unit, limit), usage: spent(under) })] as const,
  })),
);

const unpriced = withModel(({ provider, model, allowPrivate, parameters }) => ({
  provider,
  model,
  allowPrivate,
  parameters,
}));

const prices: readonly Branch[] = [
  {
    reason: 'budget.price_unknown',
    name: 'a money budget over a model without a price',
    refused: [modelCall, contextWith({ bundle: unpriced, live: withBudget('usd', 1_000_000) })],
    passes: [modelCall, contextWith({ bundle: unpriced, live: withBudget('tokens', 1_000_000) })],
  },
  {
    reason: 'budget.price_unknown',
    name: 'a limit on cost over a model without a price',
    refused: [modelCall, contextWith({ bundle: unpriced, live: withLimits({ maxCost: 1_000_000 }) })],
    passes: [modelCall, contextWith({ bundle: unpriced, live: withLimits({ maxTokens: 1_000_000 }) })],
  },
];

/** Refusals by what was used before. */
export const accountBranches: readonly Branch[] = [...limits, ...costs, ...ofStep, ...budgets, ...prices];
