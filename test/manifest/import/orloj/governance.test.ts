import { expect, test } from 'vitest';
import { importTexts } from '../../../support/import.ts';

function documents(...texts: readonly string[]): string {
  return texts.map((text) => `apiVersion: orloj.dev/v1\n${text}\n`).join('---\n');
}

const model = 'kind: ModelEndpoint\nmetadata: { name: small }\nspec: { default_model: gpt-small }';
const search = `kind: Tool
metadata: { name: web_search }
spec:
  endpoint: https://search.example.com
  description: Searches.
  operation_classes: [read]
  capabilities: [web.read]
  input_schema: { type: object, additionalProperties: false, properties: { q: { type: string } } }`;
const agent = (more: string): string =>
  `kind: Agent\nmetadata: { name: clerk }\nspec: { model_ref: small, prompt: Work., tools: [web_search]${more} }`;
const role = (permissions: string): string =>
  `kind: AgentRole\nmetadata: { name: reader }\nspec: { permissions: ${permissions} }`;
const rule = (more: string): string =>
  `kind: ToolPermission\nmetadata: { name: search }\nspec: { tool_ref: web_search${more} }`;

test('what nobody said anything about was allowed, and becomes a role named for the agent', () => {
  const { spec, said } = importTexts(documents(model, search, agent('')));
  expect(spec('Agent/default/clerk')).toMatchObject({ roles: ['clerk-imported'], tools: [{ toolRef: 'web-search' }] });
  expect(spec('AgentRole/default/clerk-imported')).toMatchObject({ permissions: ['tool:web-search:read'] });
  expect(said.find((one) => one.includes('import.default_allow'))).toContain(
    'Orloj lets the agent clerk call `web_search`: it has no roles',
  );
});

test('an agent with roles needs every capability of a tool that no rule is about', () => {
  const { spec } = importTexts(
    documents(model, search, role('[tool:web-search:invoke, capability:web.read]'), agent(', roles: [reader]')),
  );
  expect(spec('Agent/default/clerk')).toMatchObject({ roles: ['reader'] });
  expect(spec('ToolPermission/default/web-search-for-clerk')).toEqual({
    toolRef: 'web-search',
    required: ['capability:web.read', 'tool:web-search:*'],
    agents: ['clerk'],
  });
});

test('where a role is missing no role is taken over', () => {
  const { spec, said } = importTexts(
    documents(model, search, role('[tool:web_search:invoke, capability:web.read]'), agent(', roles: [reader, ghost]')),
  );
  expect(spec('Agent/default/clerk')).not.toHaveProperty('roles');
  expect(said.filter((one) => one.startsWith('dropped import.reference'))).toHaveLength(2);
});

test('a bypass is a grant, and rules bind it', () => {
  const { spec, said } = importTexts(
    documents(
      model,
      search,
      rule(', operation_rules: [{ verdict: approval_required }]'),
      agent(', allowed_tools: [web_search, ledger]'),
    ),
  );
  expect(spec('AgentRole/default/clerk-imported')).toMatchObject({ permissions: ['tool:web-search:read'] });
  expect(said.find((one) => one.includes('import.bypass'))).toContain('people are asked (search)');
  expect(said.find((one) => one.includes('it is never offered'))).toContain('ignored');
});

test('a rule for all operations leaves alone what a rule of its own is about', () => {
  const { spec } = importTexts(
    documents(
      model,
      search,
      rule(
        ', required_permissions: [reports, capability:Web.Read], match_mode: any, apply_mode: scoped, target_agents: [CLERK], operation_rules: [{ operation_class: "*", verdict: deny }, { operation_class: read, verdict: approval_required }]',
      ),
      agent(''),
    ),
  );
  expect(spec('ToolPermission/default/search')).toEqual({
    toolRef: 'web-search',
    required: ['capability:reports', 'capability:web.read'],
    match: 'any',
    agents: ['clerk'],
    rules: [
      { operation: 'read', verdict: 'ask' },
      { operation: 'write', verdict: 'deny' },
      { operation: 'delete', verdict: 'deny' },
      { operation: 'execute', verdict: 'deny' },
      { operation: 'admin', verdict: 'deny' },
    ],
    approval: { ttl: '10m' },
  });
});

test('a tool whose rule cannot be read is not offered to those whose roles would do', () => {
  const { spec, said } = importTexts(
    documents(model, search, rule(', match_mode: most'), role('[tool:web_search:invoke]'), agent(', roles: [reader]')),
  );
  expect(said.find((one) => one.includes('import.withheld'))).toContain('could not be imported (search)');
  expect(spec('Agent/default/clerk')).not.toHaveProperty('tools');
});

test('a tool of a server that a rule names is a resource of its own', () => {
  const { spec } = importTexts(
    documents(
      model,
      'kind: McpServer\nmetadata: { name: desk }\nspec: { transport: http, endpoint: https://desk.example.com }',
      'kind: ToolPermission\nmetadata: { name: desk--close }\nspec: { operation_rules: [{ verdict: approval_required }] }',
      'kind: Agent\nmetadata: { name: clerk }\nspec: { model_ref: small, prompt: Work., tools: [desk--close, desk--list] }',
    ),
  );
  expect(spec('Tool/default/desk-close')).toMatchObject({ type: 'mcp', mcp: { serverRef: 'desk', tool: 'close' } });
  expect(spec('Agent/default/clerk')).toMatchObject({
    tools: [{ toolRef: 'desk-close' }, { mcpServerRef: 'desk', tools: ['list'] }],
  });
  expect(spec('ToolPermission/default/desk-close')).toMatchObject({ toolRef: 'desk-close', global: true });
});

const system = 'kind: AgentSystem\nmetadata: { name: desk }\nspec: { agents: [clerk], graph: { clerk: {} } }';

test('a policy of a task restricts its system, and allows models by what they are', () => {
  const { spec, said } = importTexts(
    documents(
      model,
      search,
      agent(''),
      system,
      'kind: Task\nmetadata: { name: morning }\nspec: { system: desk, mode: template }',
      `kind: AgentPolicy
metadata: { name: house }
spec:
  target_tasks: [morning]
  max_tokens_per_run: 50000
  allowed_models: [GPT-small, small]
  blocked_tools: [web_search]
  max_child_depth: 3
  max_child_tasks: 9`,
    ),
  );
  expect(spec('AgentPolicy/default/house')).toEqual({
    targets: { systems: ['desk'] },
    budgets: [{ scope: 'run', unit: 'tokens', limit: 50_000 }],
    models: { allow: ['small'] },
    tools: { deny: ['web-search'] },
    limits: { maxDelegationDepth: 3 },
  });
  expect(said.find((one) => one.startsWith('dropped'))).toContain('It is the name of an endpoint');
});

test('a global policy is of its namespace, one of a task that is not there is refused', () => {
  const { spec, said } = importTexts(
    documents(
      'kind: AgentPolicy\nmetadata: { name: house }\nspec: { apply_mode: global, max_tokens_per_run: 9 }',
      'kind: AgentPolicy\nmetadata: { name: night }\nspec: { target_tasks: [night], max_tokens_per_run: 9 }',
    ),
  );
  expect(spec('AgentPolicy/default/house')).toMatchObject({ targets: { namespaces: ['default'] } });
  expect(said.find((one) => one.startsWith('refused import.depends'))).toContain('The task is in none of the files');
});

test('values of secrets are not read, and each key becomes a variable to set', () => {
  const imported = importTexts(
    documents(
      'kind: Secret\nmetadata: { name: crm, labels: { team: desk } }\nspec: { stringData: { value: hunter2 }, data: { user: c3dvcmRmaXNo } }',
      'kind: SealedSecret\nmetadata: { name: vault }\nspec: { encryptedData: { value: { keyId: k, wrappedKey: dw==, ciphertext: Yw== } } }',
    ),
  );
  expect(imported.spec('Secret/default/crm')).toMatchObject({ source: 'env' });
  expect(imported.secrets.map(({ name, key }) => `${name}/${key}`).sort()).toEqual([
    'crm/user',
    'crm/value',
    'vault/value',
  ]);
  expect(JSON.stringify([imported.resources.map(({ spec }) => spec), imported.said])).not.toMatch(
    /hunter2|c3dvcmRmaXNo/,
  );
  expect(imported.said.map((one) => one.split(' ')[1])).toEqual([
    'import.secret_value',
    'import.secret_value',
    'import.sealed',
  ]);
});

test('a server that is started says its program, its variables and its tools', () => {
  const { spec } = importTexts(
    documents(`kind: McpServer
metadata: { name: desk }
spec:
  transport: stdio
  image: reg.example.com/desk:1.4
  env: [{ name: LEVEL, value: warn }, { name: TOKEN, secretRef: crm, mountPath: /run/token }]
  tool_filter: { include: [close, list] }
  reconnect: { max_attempts: 5, backoff: 2s }
  idle_timeout: 10m
  resources: { memory: 128m }
  default_tool_runtime: { timeout: 45s }`),
  );
  expect(spec('McpServer/default/desk')).toEqual({
    transport: 'container',
    image: 'reg.example.com/desk:1.4',
    env: [
      { name: 'LEVEL', value: 'warn' },
      { name: 'TOKEN', secretRef: { name: 'crm', key: 'value' }, mountPath: '/run/token' },
    ],
    idleTimeout: '10m',
    callTimeout: '45s',
    maxRestarts: 5,
    tools: { allow: ['close', 'list'] },
    defaults: { operation: 'read', risk: 'low' },
    pin: 'onDeclare',
  });
});

test('a worker is a pool of one, and records of approvals are left out', () => {
  const { spec, said } = importTexts(
    documents(
      'kind: Worker\nmetadata: { name: w1 }\nspec: { region: eu_west, capabilities: { gpu: true, supported_models: [llama] }, max_concurrent_tasks: 4 }',
      'kind: ToolApproval\nmetadata: { name: a1 }\nspec: { task_ref: t, tool: web_search }',
    ),
  );
  expect(spec('WorkerPool/default/w1')).toEqual({
    requires: { region: 'eu-west', gpu: true, models: ['llama'] },
    minWorkers: 0,
    maxWorkers: 1,
    concurrency: 4,
  });
  expect(said.every((one) => !one.startsWith('refused'))).toBe(true);
});
