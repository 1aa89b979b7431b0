import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { say, type Said } from './fixture.ts';

const head = (kind: string, name: string, more = '') =>
  `apiVersion: pawl/v1\nkind: ${kind}\nmetadata: { name: ${name}, namespace: support${more} }\n`;

const files: Readonly<Record<string, string>> = {
  'pawl.yaml': 'apiVersion: pawl/v1\nenvironments: [{ name: production, branch: main, paths: [desk], apply: auto }]\n',
  'desk/model.yaml': `${head('ModelEndpoint', 'small')}spec: { provider: scripted, model: m, scriptFile: m.script.yaml }\n`,
  'desk/m.script.yaml': 'replies: [{ agent: clerk, turns: [{ text: Hello }] }]\n',
  'desk/defaults.yaml': `${head('Defaults', 'desk')}spec: { modelRef: small, limits: { maxSteps: 4 } }\n`,
  'desk/prompts.yaml': `${head('PromptLibrary', 'house')}spec:\n  prompts:\n    tone: Be kind to {{ customer }}.\n`,
  'desk/tools.yaml': ['look', 'send']
    .map(
      (name) =>
        `${head('Tool', name)}spec: { type: builtin, description: d, operation: read, inputSchema: { type: object }, builtin: { name: echo } }\n`,
    )
    .join('---\n'),
  'desk/role.yaml': `${head('AgentRole', 'desk')}spec:\n  permissions:\n    - tool:look:read\n`,
  'desk/clerk.yaml': `${head('Agent', 'clerk')}spec:
  owner: support-platform
  displayName: The desk
  observability: { sampling: 0.5 }
  description: Answers customers
  tools: [{ toolRef: look }, { toolRef: send }]
  roles: [desk]
  inputs: { customer: {} }
  limits: { timeout: 1m, maxCost: "1.50" }
  prompt: |
    You answer.
    {{> house/tone }}
`,
  'desk/system.yaml': `${head('AgentSystem', 'desk')}spec: { graph: { work: { agentRef: clerk } } }\n`,
};

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pawl-describe-'));
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await rm(folder, { recursive: true });
});

async function describe(words: readonly string[], changed: Readonly<Record<string, string>> = {}): Promise<Said> {
  for (const [path, content] of Object.entries({ ...files, ...changed })) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), content);
  }
  return say(['describe', ...words], { cwd: folder });
}

test('an agent is described on one narrow screen: values by origin, grants, users, prompt and what is lacking', async () => {
  vi.stubEnv('COLUMNS', '60');
  const { exit, stdout } = await describe(['agent/clerk']);
  expect(stdout.split('\n').filter((line) => line.length > 60)).toEqual([]);
  expect(stdout).toContain(`Agent/support/clerk
environment production
desk/clerk.yaml:1`);
  for (const lines of [
    'owner support-platform',
    'Answers customers',
    'From Defaults/support/desk\n  limits.maxSteps: 4\n  modelRef: small',
    'Built in\n  execution.maxDenials: 3',
    '  limits.maxToolCalls: 50',
    'Tool/support/look needs tool:look:read\n    given by AgentRole/support/desk\n    desk/role.yaml:6: tool:look:read',
    'Tool/support/send needs tool:send:read\n    missing: add `- tool:send:read` to a role',
    'Used by\n  AgentSystem/support/desk',
    'tokens)\n  You answer.\n  Be kind to {{ customer }}.',
    'shown as The desk',
    'Not in this build\n  spec.observability: observability settings',
    'warning grant.missing',
  ])
    expect(stdout).toContain(lines);
  expect(stdout.slice(stdout.indexOf('Uses\n'), stdout.indexOf('Used by'))).toBe(`Uses
  AgentRole/support/desk
  Defaults/support/desk
  PromptLibrary/support/house
  Tool/support/look
  Tool/support/send

`);
  expect(exit).toBe(0);
});

test('JSON holds the whole of it', async () => {
  const { stdout } = await describe(['Agent', 'support/clerk', '-o', 'json']);
  expect(JSON.parse(stdout)).toMatchObject({
    format_version: '1.0',
    address: 'Agent/support/clerk',
    environment: 'production',
    valid: true,
    file: 'desk/clerk.yaml',
    fields: expect.arrayContaining([
      { field: 'modelRef', pointer: '/spec/modelRef', value: 'small', origin: 'Defaults/support/desk' },
      { field: 'limits.timeout', pointer: '/spec/limits/timeout', value: '1m', origin: 'manifest' },
      { field: 'limits.maxToolCalls', pointer: '/spec/limits/maxToolCalls', value: 50, origin: 'built-in' },
    ]),
    prompt: { text: 'You answer.\nBe kind to {{ customer }}.\n', tokens: expect.any(Number) },
    usedBy: ['AgentSystem/support/desk'],
    displayName: 'The desk',
    lacking: [{ field: 'spec.observability', part: 'observability settings' }],
    grants: [
      { tool: 'Tool/support/look', by: { role: 'AgentRole/support/desk', line: 6 } },
      { tool: 'Tool/support/send', permission: 'tool:send:read' },
    ],
  });
});

test('a library and Defaults are used by the agents that take from them', async () => {
  for (const address of ['library/house', 'defaults/desk']) {
    expect((await describe([address])).stdout).toContain('Used by\n  Agent/support/clerk');
  }
});

test('of a resource that is wrong its problems are shown, and the exit code says so', async () => {
  const { exit, stdout } = await describe(['agent/clerk'], {
    'desk/clerk.yaml': `${head('Agent', 'clerk')}spec: { modelRef: small, prompt: "{{ x }}" }\n`,
  });
  expect(exit).toBe(3);
  expect(stdout).toContain('Agent/support/clerk');
  expect(stdout).toContain('error prompt.undeclared');
});

test('a sensitive value is never shown', async () => {
  const spec = '{ transport: stdio, pin: onDeclare, command: run, env: [{ name: A, value: hunter2 }] }';
  const server = await describe(['mcpserver/hook'], {
    'desk/hook.yaml': `${head('McpServer', 'hook')}spec: ${spec}\n`,
  });
  expect(server.stdout).toContain('env.0.value: (sensitive)');
  expect(server.stdout).not.toContain('hunter2');
});

test.each([
  ['agent/clark', 1, 'Did you mean "Agent/support/clerk"?'],
  ['agnt/clerk', 64, 'Did you mean "agent"?'],
  ['tool/clerk', 1, 'Did you mean "Agent/support/clerk"?'],
  ['agent/a/b/c', 64, 'agent/namespace/name'],
  ['agent', 64, 'agent/name'],
])('%s is no resource, and what was meant is said', async (word, exit, help) => {
  const said = await describe([word]);
  expect(said.exit).toBe(exit);
  expect(said.stderr).toContain(help);
});
