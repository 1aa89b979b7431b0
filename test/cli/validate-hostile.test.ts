import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { say } from './fixture.ts';

const outputs = ['human', 'json', 'sarif', 'github', 'junit'] as const;
const settings =
  'apiVersion: pawl/v1\nenvironments: [{ name: production, branch: main, paths: [agents], apply: auto }]\n';

let folder: string;
let summary: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pawl-hostile-'));
  summary = join(folder, 'summary.md');
  vi.stubEnv('GITHUB_STEP_SUMMARY', summary);
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await rm(folder, { recursive: true });
});

/** What a command says of files, with the summary of the step where there is one. */
async function saidOf(files: Readonly<Record<string, string>>, output: string): Promise<string> {
  for (const [path, content] of Object.entries({ 'pawl.yaml': settings, ...files })) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), content);
  }
  const { stdout, stderr, exit } = await say(['validate', '-o', output], { cwd: folder });
  expect([exit, stdout]).toEqual([3, expect.stringMatching(/./)]);
  const page = await readFile(summary, 'utf8').catch(() => '');
  await rm(summary, { force: true });
  return [stdout, stderr, page].join('\n');
}

describe('what is written so that it commands a log or a terminal', () => {
  const texts = {
    'a mask': '::add-mask::forged',
    'an escaped break': '%0A::error file=x::forged',
    'a break': '\n::error file=x::forged\r\n::stop-commands::forged',
    'a break between tags': '</failure>\n<failure message="forged">&forged;',
    'escape sequences': '\u001b[2J\u001b]8;;http://evil.test\u0007link\u009b31m',
    'hidden characters': '\u202egnp\u2066\u200b\ufeff\u0085\uffff\ud800',
    'a property': ',title=forged::x',
    'a link': '[forged](http://evil.test) <img src=x> `a` | b',
    'another build log': '##vso[task.setvariable]forged ##[error]forged',
  };
  const cases = Object.entries(texts).flatMap(([name, text]) => outputs.map((output) => [name, output, text] as const));

  test.each(cases)('%s does not in -o %s', async (_name, output, text) => {
    const quoted = JSON.stringify(text);
    const files: Record<string, string> = {
      'agents/one.yaml': `apiVersion: pawl/v1\nkind: ${quoted}\n`,
      'agents/two.yaml': `apiVersion: pawl/v1\nkind: Agent\nmetadata: { name: two }\nspec: { modelRef: ${quoted}, prompt: x, ${quoted}: 1, roles: [${quoted}] }\n`,
      'agents/three.yaml': `${quoted}: [}`,
      'agents/four.yaml': `apiVersion: ${quoted}`,
      'agents/five.yaml': `apiVersion: pawl/v1\nkind: Agent\nmetadata: { name: x }\nspec: { modelRef: m, promptFile: ${quoted} }\n`,
      // A file system takes no NUL, and no lone surrogate or slash in a name.
      [`agents/${text.replace(/[/\ud800]/g, '')}.yaml`]: 'kind: Agent\n',
    };
    assertInert(await saidOf(files, output), output);
  });

  function assertInert(said: string, output: string): void {
    // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what must not be there.
    const acts = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]|##(?:vso)?\[/;
    expect(acts.exec(said)).toBeNull();
    const commands = said.split('\n').filter((line) => /^\s*::/.test(line));
    if (output !== 'github') expect(commands).toEqual([]);
    for (const command of commands) {
      expect(command).toMatch(
        /^::(?:error|warning) file=[^:,]+,line=\d+,col=\d+(?:,endColumn=\d+)?,title=[a-z_.]+::[^\n]+$/,
      );
      expect(command).not.toMatch(/%0[AD]::/);
    }
    if (output === 'json' || output === 'sarif') JSON.parse(said);
    if (output === 'junit') expect(said).not.toContain('\uffff');
    if (output === 'junit') expect(said.replace(wellFormed, '')).not.toMatch(/[<>&]/);
    if (output === 'github') expect(said.slice(said.indexOf('## pawl'))).not.toMatch(/\]\(|<|`|https?:/);
  }

  /** Every tag and reference that the report has of its own. */
  const wellFormed =
    /<\?xml version="1\.0" encoding="UTF-8"\?>|<\/?(?:testsuites|testsuite|testcase|failure|system-out)(?: [a-z]+="[^"<>]*")*\/?>|&(?:amp|lt|gt|quot|apos);/g;
});

describe('a secret that was written down', () => {
  const canary = `ghp_${'Canary7f3a'.repeat(4)}`;
  const plain = 'hunter2-canary-7f3a';
  const agent = (spec: string) =>
    `apiVersion: pawl/v1\nkind: Agent\nmetadata: { name: a }\nspec:\n  modelRef: m\n${spec}`;
  const files: Readonly<Record<string, string>> = {
    'in a prompt': agent(`  prompt: Use ${canary} please.\n`),
    'as a field': agent(`  prompt: x\n  ${canary}: 1\n`),
    'as a reference': agent(`  prompt: x\n  roles: ["${canary}"]\n`),
    'beside another mistake': agent(`  prompt: x\n  limits: { token: "${plain}", apiKey: ${plain}, mexSteps: 3 }\n`),
    'as a kind': `apiVersion: pawl/v1\nkind: ${canary}\n`,
    'as a version': `apiVersion: ${canary}\n`,
    'in a broken document': `apiVersion: pawl/v1\npassword: ${plain}]\ntoken: [${plain}, ${canary}}\n`,
    'as the value of a Secret': `apiVersion: pawl/v1\nkind: Secret\nmetadata: { name: s }\nspec: { source: env, keys: { a: ${plain}, b: 3, c: ${canary} } }\n`,
    'under a key twice': agent(`  prompt: x\n  password: ${plain}\n  password: ${plain}\n`),
    'in a header': `apiVersion: pawl/v1\nkind: ModelEndpoint\nmetadata: { name: m }\nspec: { provider: openaiCompatible, model: m, baseUrl: "https://u:${plain}@h.test/v1", headers: { Authorization: "Bearer ${canary}" }, oops: 1 }\n`,
  };
  const cases = Object.entries(files).flatMap(([name, text]) => outputs.map((output) => [name, output, text] as const));

  test.each(cases)('%s is not repeated in -o %s', async (_name, output, text) => {
    const said = await saidOf({ 'agents/one.yaml': text }, output);
    expect(said).not.toMatch(/7f3a/i);
  });

  test.each(outputs)('as the name of a file is not repeated in -o %s', async (output) => {
    const said = await saidOf({ [`agents/${canary}.yaml`]: 'kind: Agent\n' }, output);
    expect(said).not.toMatch(/7f3a/i);
  });
});
