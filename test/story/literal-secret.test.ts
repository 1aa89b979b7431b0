import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createRepository, type TestRepository } from '../support/git.ts';
import { giveDatabase, typist } from './example.ts';

/** Made of parts, so that no scanner takes the test for a leak. Each is known by another way. */
const random = 'Kq7Zt2Lw9Xb4Rn8Vd3Hf6Jm1Pc5SgYaTeUiO';
const byForm = `ghp_${random}`;
const byName = 'c0ffee1d2e3f4a5b6c7d8e9f0a1b2c3d';
const inUrl = ['postgres://app', `Zx81Spectrum@db.internal/x`].join(':');
const encoded = Buffer.from(`AKIA${'Q7ZT2LW9XB4RN8VD'}`).toString('base64');
const byPlace = 'krokodil zebra quux waltz';

/** Eight characters of any of them are too many. */
const windows = [random, byName, 'Zx81Spectrum', 'Q7ZT2LW9XB4RN8VD', encoded, byPlace].flatMap((text) =>
  Array.from({ length: text.length - 7 }, (_, at) => text.slice(at, at + 8)),
);

const header = (kind: string, name: string) => `apiVersion: pawl/v1\nkind: ${kind}\nmetadata: { name: ${name} }\n`;
const settings = 'apiVersion: pawl/v1\nenvironments: [{ name: one, branch: main, paths: [m] }]\n';

/** Each place that an author could write one in. */
const files: Readonly<Record<string, string>> = {
  'm/agent.yaml': `${header('Agent', 'clerk')}spec:
  modelRef: fast
  prompt: "Log in with ${byForm} and ${inUrl}."
  roles: [ "${byForm}" ]
  tools: [{ toolRef: "${byForm}" }, { mcpServerRef: tickets, tools: ["*"] }]
`,
  'm/file-agent.yaml': `${header('Agent', 'reader')}spec: { modelRef: fast, promptFile: prompt.md }\n`,
  'm/prompt.md': `Use the token: ${byForm}\napi_key=${byName}\n`,
  'm/library.yaml': `${header('PromptLibrary', 'texts')}spec: { prompts: { a: { text: Hello }, b: { file: lib.md } } }\n`,
  'm/other-library.yaml': `${header('PromptLibrary', 'other')}spec: { prompts: { a: { text: "Say ${encoded}" } } }\n`,
  'm/lib.md': `Bearer ${random}\n`,
  'm/model.yaml': `${header('ModelEndpoint', 'fast')}spec: { provider: scripted, model: m, scriptFile: a.script.yaml }\n`,
  'm/a.script.yaml': `# ${byForm}\nreplies: [{ text: "${inUrl}" }]\n`,
  'm/tool.yaml': `${header('Tool', 'crm')}spec:
  type: http
  description: Asks.
  operation: read
  ${byForm}: 1
  inputSchema: { type: object, properties: { "${byForm}": { type: strin } } }
  http: { method: GET, url: "https://x.example.com", headers: { X-Api-Key: ${byName} } } # was ${byForm}
  egress: { hosts: [x.example.com] }
`,
  'm/mcp.yaml': `${header('McpServer', 'tickets')}spec:
  transport: stdio
  command: npx
  args: ["--token", "${byName}"]
  env: [{ name: API_TOKEN, value: ${byName} }, { name: URL, value: "${inUrl}" }]
`,
  'm/secret.yaml': `${header('Secret', 'keys')}spec: { source: env, keys: { crm: "${byPlace}" } }\n`,
  'm/secret-age.yaml': `${header('Secret', 'more')}spec:\n  source: age\n  keys:\n    crm: ${byPlace}\n    mail: |\n      ${byPlace}\n`,
  'm/secret-file.yaml': `${header('Secret', 'files')}spec:\n  source: file\n  keys: { crm: ${byPlace} }\n`,
  'm/kind.yaml': `apiVersion: pawl/v1\nkind: "${byForm}"\nmetadata: { name: x }\n`,
  'm/name.yaml': `apiVersion: pawl/v1\nkind: AgentRole\nmetadata: { name: "${byForm}", labels: { a: "${byForm}" } }\nspec: { permissions: ["${byForm}"] }\n`,
  'm/syntax.yaml': `a: [1\n${byForm}: ]\n"${byForm}" "${byForm}"\n`,
  'm/alias.yaml': `a: *${byForm}\nb: !${byForm} c\n`,
  'm/policy.yaml': `${header('AgentPolicy', 'p')}spec: { global: true, conditions: [{ name: c, kind: askIf, expr: "args.a == '${byForm}'" }] }\n`,
  'pawl.lock.yaml': `# ${byForm}\napiVersion: pawl/v1\nservers: {}\n`,
};

let repository: TestRepository;
let pawl: ReturnType<typeof typist>;

beforeAll(async () => {
  repository = await createRepository();
  await repository.commit({ 'pawl.yaml': settings, ...files }, 'Start');
  await giveDatabase(repository);
  pawl = typist(repository.path, { PAWL_LOG_LEVEL: 'trace' });
});

afterAll(async () => {
  await repository.remove();
});

function leaks(said: ReadonlyMap<string, string>): string[] {
  return [...said].flatMap(([command, text]) =>
    windows.filter((window) => text.includes(window)).map((window) => `${command}: ${window}`),
  );
}

async function sayAll(commands: readonly (readonly string[])[]): Promise<ReadonlyMap<string, string>> {
  const said = new Map<string, string>();
  for (const words of commands) {
    const { stdout, stderr } = await pawl(...words);
    said.set(words.join(' '), `${stdout}\n${stderr}`);
  }
  return said;
}

test('no command says a secret that an author wrote into the repository', { timeout: 120_000 }, async () => {
  const said = await sayAll([
    ...['human', 'json', 'sarif', 'github', 'junit'].map((format) => ['validate', '-o', format]),
    ['validate', '--strict'],
    ['plan'],
    ['plan', '-o', 'json'],
    ['apply', '--auto-approve'],
    ['status'],
    ['doctor'],
    ['fmt', '--check'],
    ['fmt', '--diff'],
    ['describe', 'agent/clerk'],
    ['describe', 'agent/clerk', '-o', 'json'],
    ['describe', 'tool/crm', '-o', 'json'],
    ['describe', 'secret/keys'],
    ['describe', 'mcpserver/tickets'],
  ]);
  expect(leaks(said)).toEqual([]);
  // They did look: every file is named where it is wrong.
  for (const file of Object.keys(files)) {
    if (!/(?:file-agent|m\/library|m\/model)\.yaml$/.test(file))
      expect(said.get('validate -o json'), file).toContain(`"${file}"`);
  }
  expect(said.get('plan')).toContain('manifest.secret_literal');
});

test('nor one in pawl.yaml', async () => {
  const before = await readFile(`${repository.path}/pawl.yaml`, 'utf8');
  await repository.commit({ 'pawl.yaml': `${before}# ${byForm}\ngroups: { a: { users: ["${byForm}"] } }\n` }, 'Leak');
  const said = await sayAll([['validate'], ['validate', '-o', 'sarif'], ['plan'], ['doctor'], ['status']]);
  expect(leaks(said)).toEqual([]);
  expect(said.get('validate')).toContain('pawl.yaml:3');
});
