import { expect, test } from 'vitest';
import { importTexts } from '../../../support/import.ts';
import { surroundings } from './agent-fixture.ts';

const limits = { maxSteps: 10, timeout: '5m' };

test('an agent of the first version is told by its shape, and keeps its tools and agents', () => {
  const { spec, said } = importTexts(`apiVersion: kagent.dev/v1alpha1
kind: Agent
metadata: { name: old, namespace: front }
spec:
  description: An old one.
  systemMessage: Answer.
  modelConfig: desk/small
  memory: [desk/index]
  tools:
    - { type: McpServer, mcpServer: { toolServer: desk/files, toolNames: [read] } }
    - { type: Agent, agent: { ref: second } }
---
apiVersion: kagent.dev/v1alpha1
kind: Agent
metadata: { name: second, namespace: front }
spec: { systemMessage: Help., modelConfig: desk/small }
---
apiVersion: kagent.dev/v1alpha1
kind: ToolServer
metadata: { name: files, namespace: desk }
spec: { description: Files., config: { streamableHttp: { url: "https://files.example.com/mcp" } } }
${surroundings}`);
  expect(spec('Agent/front/old')).toEqual({
    description: 'An old one.',
    modelRef: 'desk/small',
    prompt: 'Answer.',
    tools: [{ mcpServerRef: 'desk/files', tools: ['read'] }],
    agents: [{ agentRef: 'second', isolation: 'shared' }],
    roles: ['desk/old-imported'],
    limits,
  });
  expect(said.join('\n')).toContain('dropped import.unmappable manifests.yaml:8 The memory `desk/index`');
});

const template = `apiVersion: kagent.dev/v1alpha3
kind: AgentTemplate
metadata: { name: writer, namespace: desk, labels: { tier: gold } }
spec:
  modelConfig: { name: small }
  systemPrompt: Write.
  tools:
    - mcp: { server: { kind: RemoteMCPServer, name: tickets }, tools: [look] }
    - agent: { name: reader, description: Reads., isolation: Dedicated, templateRef: { name: reader } }
---
apiVersion: kagent.dev/v1alpha3
kind: AgentTemplate
metadata: { name: reader, namespace: desk, labels: { tier: gold } }
spec: { modelConfig: { name: small }, systemPrompt: Read. }
${surroundings}`;

function harness(runtime: string, selector: string): string {
  return `---
apiVersion: kagent.dev/v1alpha3
kind: Harness
metadata: { name: ${runtime}, namespace: desk }
spec:
  ${runtime}: {}
  allowedAgentTemplates: { selector: ${selector} }
  env: [{ name: REGION, value: north }]
  substrate: { snapshotPolicy: { location: "gs://b" }, workerPoolRef: { name: pool } }
  workload: { image: "ghcr.io/example/run@sha256:${'a'.repeat(64)}" }
`;
}

test('a template that a harness of kagent admits is an agent of pawl', () => {
  const { spec, said } = importTexts(template + harness('kagent', '{ matchLabels: { tier: gold } }'));
  expect(spec('Agent/desk/writer')).toEqual({
    modelRef: 'small',
    prompt: 'Write.',
    tools: [{ mcpServerRef: 'tickets', tools: ['look'] }],
    agents: [{ agentRef: 'reader', description: 'Reads.', isolation: 'perCall' }],
    roles: ['writer-imported'],
    limits,
  });
  expect(said.join('\n')).not.toContain('import.not_admitted');
});

test.each([
  '{ matchLabels: { tier: silver } }',
  '{ matchExpressions: [{ key: tier, operator: NotIn, values: [gold] }] }',
])('a template that no harness admits is said to be one: %s', (selector) => {
  const { spec, said } = importTexts(template + harness('kagent', selector));
  expect(spec('Agent/desk/writer')).toBeDefined();
  expect(said.filter((line) => line.includes('import.not_admitted'))).toHaveLength(2);
});

test('what only the runtime of others admits is refused', () => {
  const { spec, said } = importTexts(template + harness('claude', '{}'));
  expect(spec('Agent/desk/writer')).toBeUndefined();
  expect(said.join('\n')).toContain('Only the runtimes of others run the template (claude)');
});

test('a Harness has one runtime, and variables have one value', () => {
  const wrong = harness('kagent', '{}')
    .replace('kagent: {}', 'kagent: {}\n  codex: {}')
    .replace('value: north', 'value: north, credentialRef: { name: a, key: b }');
  const { said } = importTexts(template + wrong);
  expect(said.filter((line) => line.startsWith('refused')).length).toBeGreaterThan(0);
});

test('a machine for an assistant is refused, and its token is shown nowhere', () => {
  const token = '12345678:' + 'Ab3dE'.repeat(7);
  const { said, resources } = importTexts(`apiVersion: kagent.dev/v1alpha3
kind: AgentHarness
metadata: { name: claw, namespace: desk }
spec:
  backend: openclaw
  channels: [{ name: t, type: telegram, telegram: { botToken: { value: "${token}" } } }]
  substrate: {}
`);
  expect(resources).toEqual([]);
  expect(said.filter((line) => line.startsWith('refused'))).toHaveLength(1);
  expect(said.join('\n')).toContain('flagged import.secret_value');
  expect(said.join('\n')).not.toContain(token);
});
