import type { Sections } from '../../../src/plan/section.ts';

/** A graph, a prompt, a model, hosts and a secret that change. */
export function sectionsOf(outside: string): Sections {
  const writer = `Agent/support/writer${outside}`;
  return {
    graphs: graphsOf(outside),
    prompts: [
      {
        address: writer,
        text: 'prompt',
        place: { file: `agents/writer${outside}.yaml`, line: 9, column: 1 },
        fate: 'changed',
        agents: [writer],
        lines: [
          { sign: ' ', text: '', skipped: 3 },
          { sign: ' ', text: `Cite the manual.${outside}` },
          { sign: '-', text: `Be brief.${outside}` },
          { sign: '+', text: `Be very brief.${outside}` },
        ],
        moreLines: 2,
        tokens: { before: 120, after: 1340 },
        hidden: [{ character: 'U+202E', name: 'RIGHT-TO-LEFT OVERRIDE', count: 1 }],
        moreHidden: 1,
      },
    ],
    models: [
      {
        endpoint: `ModelEndpoint/support/large${outside}`,
        was: `ModelEndpoint/support/small${outside}`,
        place: { file: `models/large${outside}.yaml`, line: 1, column: 1 },
        agents: [writer],
        moreAgents: 3,
        fields: [{ field: 'parameters.temperature', before: '0', after: `0.7${outside}` }],
      },
    ],
    egress: [reach(`pay.example.com${outside}`, writer), { ...reach('old.example.com', writer), fate: 'removed' }],
    secrets: [reach(`Secret/support/pay${outside}#key`, writer)],
    more: { egress: 2 },
  };
}

function reach(name: string, subject: string): Sections['egress'][number] {
  const outside = subject.slice('Agent/support/writer'.length);
  return {
    name,
    fate: 'added',
    through: [`Tool/support/refund${outside}`],
    subjects: [subject],
    systems: [`AgentSystem/support/triage${outside}`],
  };
}

function graphsOf(outside: string): Sections['graphs'] {
  const place = { file: `systems/triage${outside}.yaml`, line: 1, column: 1 };
  return [
    {
      system: `AgentSystem/support/triage${outside}`,
      place,
      fate: 'changed',
      nodes: [
        { name: `draft${outside}`, kind: 'agent', target: `support/writer${outside}`, fate: 'same' },
        { name: `refund${outside}`, kind: 'tool', target: `support/refund${outside}`, fate: 'added' },
        { name: 'sign-off', kind: 'human', target: '', fate: 'removed' },
        {
          name: 'check',
          kind: 'agent',
          target: 'support/checker',
          fate: 'changed',
          was: { kind: 'agent', target: `support/clerk${outside}` },
          renamedFrom: `verify${outside}`,
          settings: [{ field: 'loop.maxTurns', before: '2', after: `4${outside}` }],
        },
      ],
      edges: [
        {
          from: `draft${outside}`,
          to: `refund${outside}`,
          when: `output.amount < 50 || false${outside}`,
          default: false,
          fate: 'added',
        },
        { from: `draft${outside}`, to: 'sign-off', when: undefined, default: true, fate: 'removed' },
        {
          from: `refund${outside}`,
          to: 'end',
          when: undefined,
          default: false,
          fate: 'changed',
          was: { when: 'x', default: false },
        },
      ],
      entries: { before: [`draft${outside}`], after: [`draft${outside}`, 'check'] },
      settings: [{ field: 'limits.maxTurns', before: undefined, after: '8' }],
    },
  ];
}
