import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { say, type Said } from './fixture.ts';

const head = (kind: string, name: string) =>
  `apiVersion: pawl/v1\nkind: ${kind}\nmetadata: { name: ${name}, namespace: support }\n`;
const tool = (name: string, operation: string) =>
  `${head('Tool', name)}spec:\n  type: builtin\n  description: d\n  operation: ${operation}\n  builtin: { name: echo }\n  inputSchema: { type: object, properties: { id: { type: string } }, additionalProperties: false }\n`;

const files: Readonly<Record<string, string>> = {
  'pawl.yaml': 'apiVersion: pawl/v1\nenvironments: [{ name: production, branch: main, paths: [desk] }]\n',
  'desk/model.yaml': `${head('ModelEndpoint', 'small')}spec: { provider: scripted, model: m, scriptFile: m.script.yaml }\n`,
  'desk/m.script.yaml': 'replies: [{ agent: clerk, turns: [{ text: Hello }] }]\n',
  'desk/tools.yaml': [tool('look', 'read'), tool('send', 'write'), tool('drop', 'delete')].join('---\n'),
  'desk/role.yaml': `${head('AgentRole', 'desk')}spec:\n  permissions:\n    - tool:drop:delete\n    - tool:look:*\n`,
  'desk/policy.yaml': `${head('AgentPolicy', 'keep')}spec: { global: true, operations: { deny: [delete] } }\n`,
  'desk/clerk.yaml': `${head('Agent', 'clerk')}spec:\n  modelRef: small\n  prompt: Help.\n  tools: [{ toolRef: look }, { toolRef: send }, { toolRef: drop }]\n  roles: [desk]\n`,
  'desk/system.yaml': `${head('AgentSystem', 'desk')}spec: { graph: { work: { agentRef: clerk } } }\n`,
};

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pawl-access-'));
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), text);
  }
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const ask = (...words: readonly string[]): Promise<Said> => say(words, { cwd: folder });

test('can-i says yes with the line of the permission that grants it', async () => {
  const { exit, stdout } = await ask('can-i', 'clerk', 'look');
  expect(exit).toBe(0);
  expect(stdout).toContain('Agent/support/clerk may call support/look in support/desk');
  expect(stdout).toContain('AgentRole/support/desk  desk/role.yaml:7  tool:look:*');
});

test('says by which side it answers, and cuts nothing off where the terminal is narrow', async () => {
  vi.stubEnv('COLUMNS', '44');
  const { stdout, stderr } = await ask('can-i', 'clerk', 'look');
  vi.unstubAllEnvs();
  expect(stderr).toBe('By the files of the working copy, committed or not; --live asks what is in force.\n');
  expect(stdout).not.toContain('…');
  expect(stdout).toContain('  · T9  every condition holds (pass --args\n        to ask)\n');
  for (const line of stdout.split('\n')) expect(line.length).toBeLessThanOrEqual(44);
  expect((await ask('who-can', 'look')).stderr).toContain('By the files of the working copy');
});

test('can-i names the policy that denies it before a missing grant, and exits with 3', async () => {
  const { exit, stdout } = await ask('can-i', 'clerk', 'drop');
  expect(exit).toBe(3);
  expect(stdout).toMatch(/✗ T6 {2}no rule denies it \(policy\.denied\)\n {2}· T7/);
  expect(stdout).toContain('AgentPolicy/support/keep  desk/policy.yaml:1');
});

test('can-i says which permission is missing', async () => {
  const { exit, stdout } = await ask('can-i', 'support/clerk', 'send');
  expect(exit).toBe(3);
  expect(stdout).toContain('✗ T7  a role grants it (policy.not_granted)');
  expect(stdout).toContain('no role gives tool:support/send:write');
});

test('can-i with arguments asks the gate of that very call, and shows no value of them', async () => {
  await writeFile(join(folder, 'call.json'), '{"id": "1", "canary": 2}');
  const refused = await ask('can-i', 'clerk', 'look', '--args', 'call.json');
  expect(refused.exit).toBe(3);
  expect(refused.stdout).toContain('✗ T5  the arguments fit the tool’s schema (args.invalid)');
  await writeFile(join(folder, 'call.json'), '{"id": "1"}');
  expect((await ask('can-i', 'clerk', 'look', '--args', 'call.json')).exit).toBe(0);
});

test('can-i answers for models, and in JSON', async () => {
  const { exit, stdout } = await ask('can-i', 'clerk', 'small', '-o', 'json');
  expect(exit).toBe(0);
  expect(JSON.parse(stdout)).toMatchObject({
    format_version: '1.0',
    allowed: true,
    answers: [{ subject: 'Agent/support/clerk', target: 'model', verdict: 'allow', reason: null }],
  });
});

test('who-can lists who may, and with --all who lists it and may not', async () => {
  const looks = await ask('who-can', 'look');
  expect(looks.exit).toBe(0);
  expect(looks.stdout).toMatch(/Agent\/support\/clerk +support\/desk +allow +read/);
  const drops = await ask('who-can', 'drop');
  expect(drops).toMatchObject({ exit: 3, stdout: 'Nobody may call support/drop.\n' });
  expect((await ask('who-can', 'drop', '--all')).stdout).toContain('AgentPolicy/support/keep');
});

test('describe shows an agent the same verdicts with the same origins', async () => {
  const { stdout } = await ask('describe', 'agent/clerk');
  expect(stdout).toContain('May do');
  expect(stdout).toContain(
    '✗ support/drop (delete) in support/desk\n      AgentPolicy/support/keep  desk/policy.yaml:1',
  );
  expect(stdout).toContain(
    '✓ support/look (read) in support/desk\n      AgentRole/support/desk  desk/role.yaml:7  tool:look:*',
  );
});

test('what is not there is asked back', async () => {
  const { exit, stderr } = await ask('can-i', 'clrk', 'look');
  expect(exit).not.toBe(0);
  expect(stderr).toContain('Did you mean "clerk"?');
});

test('can-i, who-can and describe say who has to agree first', async () => {
  const permission =
    'spec:\n  toolRef: look\n  global: true\n  rules: [{ operation: read, verdict: ask }]\n  approval: { approvers: { groups: [desk], min: 2 }, ttl: 10m }\n';
  await writeFile(
    join(folder, 'pawl.yaml'),
    `${files['pawl.yaml'] ?? ''}groups: { desk: { github: { users: [ada] } } }\n`,
  );
  await writeFile(join(folder, 'desk/permission.yaml'), head('ToolPermission', 'look') + permission);
  const may = await ask('can-i', 'clerk', 'look');
  expect(may.exit).toBe(3);
  expect(may.stdout).toContain('may call support/look in support/desk, after asking');
  expect(may.stdout).toMatch(/\? T13 .*\(asks\)/);
  expect(may.stdout).toContain('asks 2 of group desk within 600 s, four eyes (ToolPermission/support/look)');
  await writeFile(join(folder, 'call.json'), '{"id": "1"}');
  const call = await ask('can-i', 'clerk', 'look', '--args', 'call.json', '--touched', 'privateRead', '-o', 'json');
  expect(JSON.parse(call.stdout)).toMatchObject({
    allowed: false,
    answers: [{ verdict: 'ask', asks: [{ rule: 'ToolPermission/support/look', ttlMs: 600_000, fourEyes: true }] }],
  });
  expect((await ask('who-can', 'look')).stdout).toMatch(/support\/clerk +support\/desk +ask/);
  expect((await ask('describe', 'agent/support/clerk')).stdout).toContain('? support/look (read)');
});

test('can-i refuses what it cannot ask about', async () => {
  expect((await ask('can-i', 'clerk', 'look', '--touched', 'privateRead')).exit).toBe(64);
  await writeFile(join(folder, 'call.json'), '{"id": "1"}');
  const unknown = await ask('can-i', 'clerk', 'look', '--args', 'call.json', '--touched', 'private');
  expect(unknown.stderr).toContain('"private" is none of public, privateRead');
});
