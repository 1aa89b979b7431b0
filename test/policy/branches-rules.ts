import {
  type Branch,
  authority,
  bundle,
  contextWith,
  denied,
  modelCall,
  noTools,
  notGranted,
  toolCall,
  withModel,
  withTools,
} from './fixture.ts';

const facts = { lost: 'run.lease_lost', cancelled: 'run.cancelled', overdue: 'run.deadline' } as const;

const clock: readonly Branch[] = (['lost', 'cancelled', 'overdue'] as const).flatMap((fact) =>
  [toolCall, modelCall].map((call) => ({
    reason: facts[fact],
    name: `a ${call.kind} call of a run that is ${fact}`,
    refused: [call, contextWith({ clock: { lost: false, cancelled: false, overdue: false, [fact]: true } })] as const,
    passes: [call, contextWith()] as const,
  })),
);

const anything = new Map([['default/search', () => ({ kind: 'valid' as const })]]);

function thrower(): never {
  throw new Error('a bug');
}

const total: readonly Branch[] = [
  {
    reason: 'gate.error',
    name: 'a check that throws',
    refused: [toolCall, contextWith({ schemas: new Map([['default/search', thrower]]) })],
    passes: [toolCall, contextWith({ schemas: anything })],
  },
  {
    reason: 'gate.authority_missing',
    name: 'a subject without compiled rules',
    refused: [toolCall, contextWith({ pinned: undefined })],
    passes: [toolCall, contextWith({ live: undefined })],
  },
  {
    reason: 'gate.authority_missing',
    name: 'a model call of an agent that the bundle lacks',
    refused: [{ ...modelCall, subject: 'Agent/default/nobody' }, contextWith()],
    passes: [{ ...modelCall, subject: 'Agent/default/other' }, contextWith()],
  },
];

const call: readonly Branch[] = [
  {
    reason: 'call.malformed',
    name: 'truncated arguments',
    refused: [{ ...toolCall, arguments: '{"id":"t-1"' }, contextWith()],
    passes: [toolCall, contextWith()],
  },
  {
    reason: 'call.malformed',
    name: 'arguments that are not an object',
    refused: [{ ...toolCall, arguments: '["t-1"]' }, contextWith({ schemas: anything })],
    passes: [toolCall, contextWith({ schemas: anything })],
  },
  {
    reason: 'call.too_large',
    name: 'arguments over 256 KiB',
    refused: [{ ...toolCall, arguments: `{"id":"${'a'.repeat(256 * 1024)}"}` }, contextWith()],
    passes: [{ ...toolCall, arguments: `{"id":"${'a'.repeat(200 * 1024)}"}` }, contextWith({ schemas: anything })],
  },
  ...['rm_rf', 'Search', 'search ', 'ｓearch', 'constructor', '__proto__', 'default/search', ''].map((name) => ({
    reason: 'tool.unknown' as const,
    name: `the name ${JSON.stringify(name)}`,
    refused: [{ ...toolCall, name }, contextWith()] as const,
    passes: [toolCall, contextWith()] as const,
  })),
  {
    reason: 'tool.not_declared',
    name: 'a tool of another agent',
    refused: [{ ...toolCall, name: 'delete' }, contextWith()],
    passes: [{ ...toolCall, subject: 'Agent/default/other', name: 'delete' }, contextWith()],
  },
  ...['{"id":1}', '{"id":"t-1","extra":true}', '{}', '{"id":"t-1","amount":4}', '{"id":"Not it"}'].map((args) => ({
    reason: 'args.invalid' as const,
    name: `the arguments ${args}`,
    refused: [{ ...toolCall, arguments: args }, contextWith()] as const,
    passes: [{ ...toolCall, arguments: '{"id":"t-1","amount":3}' }, contextWith()] as const,
  })),
  {
    reason: 'gate.schema_error',
    name: 'a tool without a compiled schema',
    refused: [toolCall, contextWith({ schemas: new Map() })],
    passes: [toolCall, contextWith()],
  },
  {
    reason: 'gate.schema_error',
    name: 'a tool whose schema fails',
    refused: [
      toolCall,
      contextWith({ schemas: new Map([['default/search', () => ({ kind: 'error', message: 'It failed.' })]]) }),
    ],
    passes: [toolCall, contextWith()],
  },
];

const rules: readonly Branch[] = (['pinned', 'live'] as const).flatMap((revision) => [
  {
    reason: 'policy.denied' as const,
    name: `a tool that a policy of the ${revision} revision denies`,
    refused: [toolCall, contextWith({ [revision]: withTools({ 'default/search': denied }) })] as const,
    passes: [toolCall, contextWith({ [revision]: withTools({ 'default/refund': denied }) })] as const,
  },
  {
    reason: 'policy.not_granted' as const,
    name: `a tool that the ${revision} revision grants to nobody`,
    refused: [toolCall, contextWith({ [revision]: withTools({ 'default/search': notGranted }) })] as const,
    passes: [toolCall, contextWith({ [revision]: withTools({ 'default/refund': notGranted }) })] as const,
  },
  {
    reason: 'policy.not_granted' as const,
    name: `a tool that the ${revision} revision lacks`,
    refused: [toolCall, contextWith({ [revision]: noTools })] as const,
    passes: [toolCall, contextWith()] as const,
  },
  {
    reason: 'model.not_allowed' as const,
    name: `a model that the ${revision} revision lacks`,
    refused: [modelCall, contextWith({ [revision]: { ...authority, models: {} } })] as const,
    passes: [modelCall, contextWith()] as const,
  },
  {
    reason: 'model.not_allowed' as const,
    name: `a model that a policy of the ${revision} revision leaves out`,
    refused: [
      modelCall,
      contextWith({
        [revision]: {
          ...authority,
          models: {
            'default/small': { kind: 'deny', reason: 'model.not_allowed', rule: 'AgentPolicy/default/models' },
          },
        },
      }),
    ] as const,
    passes: [modelCall, contextWith()] as const,
  },
]);

const model: readonly Branch[] = [
  {
    reason: 'model.unknown',
    name: 'an endpoint that the bundle lacks',
    refused: [modelCall, contextWith({ bundle: { ...bundle, models: {} } })],
    passes: [modelCall, contextWith()],
  },
  ...[
    { temperature: 2.5 },
    { topP: -0.1 },
    { maxOutputTokens: 0 },
    { maxOutputTokens: 1.5 },
    { maxOutputTokens: 2_000_000 },
  ].map((wrong) => ({
    reason: 'model.param_denied' as const,
    name: `an endpoint with ${JSON.stringify(wrong)}`,
    refused: [
      modelCall,
      contextWith({
        bundle: withModel((endpoint) => ({ ...endpoint, parameters: { ...endpoint.parameters, ...wrong } })),
      }),
    ] as const,
    passes: [modelCall, contextWith()] as const,
  })),
];

/** Refusals by what is asked and by what the rules say. */
export const ruleBranches: readonly Branch[] = [...clock, ...total, ...call, ...rules, ...model];
