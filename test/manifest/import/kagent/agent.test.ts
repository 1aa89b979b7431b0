import { expect, test } from 'vitest';
import { importTexts } from '../../../support/import.ts';
import { declarative, surroundings } from './agent-fixture.ts';

const limits = { maxSteps: 10, timeout: '5m' };

/** What was said of one document's lines, without what is said of every agent. */
function lossesOf(said: readonly string[]): readonly string[] {
  return said.filter((line) => !/^ignored|import\.(default_limit|default_allow|unpinned|renamed)/.test(line));
}

test('a declarative agent keeps its prompt, its model and exactly the tools it lists, with the approvals', () => {
  const { spec, said } = importTexts(
    declarative(`
modelConfig: small
systemMessage: Answer {{ kindly }}.
stream: true
runtime: go
tools:
  - type: McpServer
    mcpServer:
      apiGroup: kagent.dev
      kind: RemoteMCPServer
      name: tickets
      toolNames: [get_ticket, close_ticket]
      requireApproval: [close_ticket]
  - type: Agent
    isolateSessions: true
    agent: { name: helper }`),
  );
  expect(spec('Agent/desk/clerk')).toEqual({
    modelRef: 'small',
    prompt: 'Answer \\{{ kindly }}.',
    tools: [{ mcpServerRef: 'tickets', tools: ['get_ticket', 'close_ticket'], requireApproval: ['close_ticket'] }],
    agents: [{ agentRef: 'helper', isolation: 'perCall' }],
    roles: ['clerk-imported'],
    limits,
  });
  expect(spec('AgentRole/desk/clerk-imported')).toMatchObject({ permissions: ['tool:tickets:*'] });
  expect(lossesOf(said)).toEqual([]);
  expect(said.some((line) => line.startsWith('flagged import.default_allow manifests.yaml:12'))).toBe(true);
});

test('no names of tools are all tools of the server, and that is said', () => {
  const { spec, said } = importTexts(
    declarative(`
modelConfig: small
systemMessage: Answer.
tools: [{ type: McpServer, mcpServer: { kind: RemoteMCPServer, name: tickets } }]`),
  );
  expect(spec('Agent/desk/clerk')).toMatchObject({ tools: [{ mcpServerRef: 'tickets', tools: ['*'] }] });
  expect(lossesOf(said)).toEqual([
    'flagged import.all_tools manifests.yaml:9 It names no tools, which in kagent are all that the server has: `*` stands for those in the pin.',
  ]);
});

test('a name with a star is no glob in kagent, and grants nothing here', () => {
  const { spec, said } = importTexts(
    declarative(`
modelConfig: small
systemMessage: Answer.
tools: [{ type: McpServer, mcpServer: { kind: RemoteMCPServer, name: tickets, toolNames: ["*"] } }]`),
  );
  expect(spec('Agent/desk/clerk')).toEqual({ modelRef: 'small', prompt: 'Answer.', limits });
  expect(lossesOf(said)).toHaveLength(1);
  expect(said.join('\n')).toContain('is no name of a tool that pawl can call: it is left out.');
});

test('two entries of one server become one, which asks where either asked', () => {
  const { spec } = importTexts(
    declarative(`
modelConfig: small
systemMessage: Answer.
tools:
  - { type: McpServer, mcpServer: { kind: RemoteMCPServer, name: tickets, toolNames: [look, close] } }
  - { type: McpServer, mcpServer: { kind: RemoteMCPServer, name: tickets, toolNames: [close], requireApproval: [close] } }`),
  );
  expect(spec('Agent/desk/clerk')).toMatchObject({
    tools: [{ mcpServerRef: 'tickets', tools: ['look', 'close'], requireApproval: ['close'] }],
  });
});

test('headers that one agent sends in place of the server’s own leave its entry out', () => {
  const { spec, said } = importTexts(
    declarative(`
modelConfig: small
systemMessage: Answer.
tools:
  - type: McpServer
    mcpServer: { kind: RemoteMCPServer, name: tickets, allowedHeaders: [x-user] }
    headersFrom: [{ name: Authorization, valueFrom: { type: Secret, name: clerk, key: token } }]`),
  );
  expect(spec('Agent/desk/clerk')).toEqual({ modelRef: 'small', prompt: 'Answer.', limits });
  expect(lossesOf(said).map((line) => line.split(' ').slice(0, 3).join(' '))).toEqual([
    'dropped import.unmappable manifests.yaml:11',
    'dropped import.unmappable manifests.yaml:10',
  ]);
});

test('an agent without a model has the one that the chart installs, which is written and said', () => {
  const { spec, said, secrets } = importTexts(declarative('systemMessage: Answer.'));
  expect(spec('Agent/desk/clerk')).toMatchObject({ modelRef: 'default-model-config' });
  expect(spec('ModelEndpoint/desk/default-model-config')).toEqual({
    provider: 'openai',
    model: 'gpt-4.1-mini',
    auth: { secretRef: { name: 'kagent-openai', key: 'OPENAI_API_KEY' } },
  });
  expect(secrets.map(({ name }) => name)).toContain('kagent-openai');
  expect(said.join('\n')).toContain('flagged import.assumed');
});

test('memory becomes a Memory of the agent’s own, of which it is given the sessions alone', () => {
  const { spec, said } = importTexts(
    declarative('modelConfig: small\nsystemMessage: Answer.\nmemory: { modelConfig: small, ttlDays: 30 }'),
  );
  expect(spec('Agent/desk/clerk')).toMatchObject({ memory: { memoryRef: 'clerk-memory', allow: [] } });
  expect(spec('Memory/desk/clerk-memory')).toEqual({
    description: 'What clerk remembers.',
    type: 'postgres',
    longTerm: { embeddingRef: 'small', dimensions: 768, minScore: 0.3, ttl: '30d' },
  });
  expect(said.join('\n')).toContain('flagged import.memory_scope manifests.yaml:9');
});

test('a memory whose model pawl asks for no embeddings is searched by words, and said', () => {
  const { spec, said } = importTexts(
    `${declarative('modelConfig: small\nsystemMessage: Answer.\nmemory: { modelConfig: thinker }')}---
apiVersion: kagent.dev/v1alpha2
kind: ModelConfig
metadata: { name: thinker, namespace: desk }
spec: { provider: Anthropic, model: claude, apiKeySecret: anthropic, apiKeySecretKey: key }
`,
  );
  expect(spec('Memory/desk/clerk-memory')).toMatchObject({ longTerm: { ttl: '15d' } });
  expect(JSON.stringify(spec('Memory/desk/clerk-memory'))).not.toContain('embeddingRef');
  expect(said.join('\n')).toContain('flagged import.store');
});

test('compaction by tokens is kept, by invocations it is left out', () => {
  const { spec, said } = importTexts(
    declarative(`
modelConfig: small
systemMessage: Answer.
context:
  compaction: { compactionInterval: 3, tokenThreshold: 9000, eventRetentionSize: 4, summarizer: { modelConfig: small } }`),
  );
  expect(spec('Agent/desk/clerk')).toMatchObject({
    context: { compaction: { triggerTokens: 9000, retainRecent: 4, summarizerRef: 'small' } },
  });
  expect(lossesOf(said)).toEqual([
    'dropped import.unmappable manifests.yaml:10 pawl compacts by tokens alone: how many invocations are between is not kept.',
  ]);
  const counted = importTexts(
    declarative('modelConfig: small\nsystemMessage: Answer.\ncontext: { compaction: { compactionInterval: 3 } }'),
  );
  expect(counted.spec('Agent/desk/clerk')).toEqual({ modelRef: 'small', prompt: 'Answer.', limits });
  expect(lossesOf(counted.said)).toHaveLength(1);
});

test('the card of an agent becomes what it exposes, with ids that are DNS labels', () => {
  const { spec } = importTexts(
    declarative(`
modelConfig: small
systemMessage: Answer.
a2aConfig:
  skills: [{ id: sort_mail, name: Sort, tags: [mail, mail], examples: ["Sort this."] }, { name: Sort mail }]`),
  );
  expect(spec('Agent/desk/clerk')).toMatchObject({
    expose: {
      a2a: true,
      skills: [
        { id: 'sort-mail', name: 'Sort', tags: ['mail'], examples: ['Sort this.'] },
        { id: 'sort-mail-2', name: 'Sort mail' },
      ],
    },
  });
});

test('skills bring code from outside, so that the agent is refused with advice', () => {
  const text = declarative('modelConfig: small\nsystemMessage: Answer.').replace(
    '  type: Declarative\n',
    '  type: Declarative\n  skills: { refs: ["ghcr.io/example/skill:1"] }\n',
  );
  const { spec, said } = importTexts(text);
  expect(spec('Agent/desk/clerk')).toBeUndefined();
  expect(said.some((line) => line.startsWith('refused import.unmappable manifests.yaml:6'))).toBe(true);
});

test.each([
  ['tools: [{ type: MCPServer, mcpServer: { name: tickets } }]', 'must be one of `McpServer`, `Agent`'],
  ['tools: [{ type: Agent, mcpServer: { name: tickets } }]', 'must not be there where the type is not McpServer'],
  ['tools: [{ type: McpServer }]', '`mcpServer` must be there'],
  ['tools: [{ agent: { name: helper } }]', '`agent` must not be there'],
  ['tools: [{ type: McpServer, isolateSessions: true, mcpServer: { name: tickets } }]', '`isolateSessions` is for'],
  ['tools: [{ type: McpServer, mcpServer: { name: t, requireApproval: [close] } }]', '`close` must be in `toolNames`'],
  ['tools: [{ type: McpServer, mcpServer: { kind: Deployment, name: t } }]', 'nothing that an agent of kagent can use'],
  ['systemMessageFrom: { type: ConfigMap, name: a, key: b }', 'excludes `systemMessage`'],
  ['memory: { ttlDays: 3 }', '`spec.declarative.memory.modelConfig` is missing'],
  ['modelConfg: small', 'is not a field of Agent'],
])('kagent’s own schema refuses %s', (line, message) => {
  const { spec, said } = importTexts(declarative(`systemMessage: Answer.\n${line}`));
  expect(spec('Agent/desk/clerk')).toBeUndefined();
  expect(said.filter((one) => one.startsWith('refused import.schema')).join('\n')).toContain(message);
});

test('an image stays where kagent runs it, and is called there', () => {
  const image = (more: string) => `apiVersion: kagent.dev/v1alpha2
kind: Agent
metadata: { name: crew, namespace: desk }
spec: { type: BYO, description: A crew., byo: { deployment: { image: "ghcr.io/example/crew:2"${more} } } }
`;
  expect(importTexts(image(', replicas: 3')).spec('Agent/desk/crew')).toEqual({
    description: 'A crew.',
    runtime: { external: { url: 'http://crew.desk:8080', allowPrivate: true } },
  });
  const key = 'sk-proj-' + 'a1B2c3D4'.repeat(6);
  const told = importTexts(image(`, env: [{ name: OPENAI_API_KEY, value: "${key}" }]`));
  expect(told.spec('Agent/desk/crew')).toEqual({
    description: 'A crew.',
    runtime: { external: { url: 'http://crew.desk:8080', allowPrivate: true } },
  });
  expect(told.said.join('\n')).toContain('flagged import.secret_value');
  expect(told.said.join('\n')).toContain('flagged import.runs_elsewhere');
  expect(JSON.stringify([told.said, told.resources.map(({ spec, remarks }) => [spec, remarks])])).not.toContain(key);
});

test('agents of another namespace are used only where they allow it', () => {
  const caller = `apiVersion: kagent.dev/v1alpha2
kind: Agent
metadata: { name: caller, namespace: front }
spec: { type: Declarative, declarative: { systemMessage: Ask., tools: [{ type: Agent, agent: { name: clerk, namespace: desk } }] } }
---
`;
  const target = declarative('modelConfig: small\nsystemMessage: Answer.');
  const closed = importTexts(caller + target);
  expect(closed.spec('Agent/front/caller')).not.toHaveProperty('agents');
  expect(closed.said.join('\n')).toContain('does not allow the namespace `front`');
  const open = importTexts(
    caller + target.replace('  type: Declarative\n', '  type: Declarative\n  allowedNamespaces: { from: All }\n'),
  );
  expect(open.spec('Agent/front/caller')).toMatchObject({ agents: [{ agentRef: 'desk/clerk', isolation: 'shared' }] });
  expect(open.resources.find(({ name }) => name === 'clerk')?.annotations).toEqual({ 'pawl/share': '*' });
});

test('agents that call each other in a circle are refused', () => {
  const other = surroundings.replace(
    'systemMessage: Help.',
    'systemMessage: Help., tools: [{ type: Agent, agent: { name: clerk } }]',
  );
  const { said } = importTexts(
    declarative('modelConfig: small\nsystemMessage: A.\ntools: [{ type: Agent, agent: { name: helper } }]').replace(
      surroundings,
      other,
    ),
  );
  expect(said.filter((line) => line.startsWith('refused import.circle'))).toHaveLength(2);
});

test('a sandboxed agent is an agent, and one of its kind can be listed', () => {
  const { spec } = importTexts(`apiVersion: kagent.dev/v1alpha3
kind: SandboxAgent
metadata: { name: boxed, namespace: desk }
spec:
  type: Declarative
  declarative: { modelConfig: small, systemMessage: Stay inside. }
  sandbox: { network: { allowedDomains: [example.com] } }
  substrate: { snapshotsConfig: { location: "gs://bucket" } }
---
${declarative('modelConfig: small\nsystemMessage: A.\ntools: [{ type: Agent, agent: { kind: SandboxAgent, name: boxed } }]')}`);
  expect(spec('Agent/desk/boxed')).toEqual({ modelRef: 'small', prompt: 'Stay inside.', limits });
  expect(spec('Agent/desk/clerk')).toMatchObject({ agents: [{ agentRef: 'boxed', isolation: 'shared' }] });
});
