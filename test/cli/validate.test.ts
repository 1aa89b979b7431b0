import sarifSchema from '@microsoft/jest-sarif/lib/schemas/sarif-2.1.0-rtm.5.json' with { type: 'json' };
import { Ajv, type ValidateFunction } from 'ajv';
import type { FormatsPlugin } from 'ajv-formats';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { say, type Said } from './fixture.ts';

const outputs = ['human', 'json', 'sarif', 'github', 'junit'] as const;
const settings =
  'apiVersion: pawl/v1\nenvironments: [{ name: production, branch: main, paths: [agents], apply: auto }]\n';
const model =
  'apiVersion: pawl/v1\nkind: ModelEndpoint\nmetadata: { name: model }\nspec: { provider: scripted, model: m, scriptFile: m.script.yaml }\n';
const agent = (name: string, more = '') =>
  `apiVersion: pawl/v1\nkind: Agent\nmetadata: { name: ${name} }\nspec:\n  modelRef: model\n  prompt: Be kind.\n${more}`;
const system =
  'apiVersion: pawl/v1\nkind: AgentSystem\nmetadata: { name: desk }\nspec:\n  graph: { work: { agentRef: clerk } }\n';
const sound = {
  'pawl.yaml': settings,
  'agents/model.yaml': model,
  'agents/m.script.yaml': 'replies: [{ agent: clerk, turns: [{ text: Hello }] }]\n',
  'agents/clerk.yaml': agent('clerk'),
  'agents/desk.yaml': system,
};

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pawl-validate-'));
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await rm(folder, { recursive: true });
});

async function validate(files: Readonly<Record<string, string>>, ...words: readonly string[]): Promise<Said> {
  for (const [path, content] of Object.entries(files)) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), content);
  }
  return say(['validate', ...words], { cwd: folder });
}

describe('the exit code', () => {
  test.each(outputs)(
    'of -o %s is 0 where nothing is wrong, 3 with errors, 64 where nothing can be read',
    async (output) => {
      expect(await validate(sound, '-o', output)).toMatchObject({ exit: 0, stderr: '' });
      expect(await validate({ 'agents/more.yaml': agent('more', '  roles: [none]\n') }, '-o', output)).toMatchObject({
        exit: 3,
      });
      expect(await validate({}, 'gone', '-o', output)).toMatchObject({ exit: 64, stdout: '' });
      expect(await validate({}, '-o', output, '--env', 'staging')).toMatchObject({ exit: 64, stdout: '' });
    },
  );

  test.each(outputs)('of -o %s is 3 for warnings with --strict alone', async (output) => {
    expect(await validate({ ...sound, 'agents/idle.yaml': agent('idle') }, '-o', output)).toMatchObject({ exit: 0 });
    expect(await validate({}, '--strict', '-o', output)).toMatchObject({ exit: 3 });
  });

  test('outside a repository is 64', async () => {
    expect(await validate({})).toMatchObject({ exit: 64, stderr: expect.stringContaining('config.no_repository') });
  });
});

test('every mistake is said at once, in the order of files and lines, each time the same', async () => {
  const files = {
    ...sound,
    'agents/b.yaml': agent('b', '  rolse: []\n  tools: [{ toolRef: none }]\n'),
    'agents/a.yaml': 'kind: [\n',
    'agents/c.yaml': agent('clerk'),
  };
  const [first, second] = [await validate(files, '-o', 'json'), await validate({}, '-o', 'json')];
  expect(second).toEqual(first);
  const { problems, ...rest } = JSON.parse(first.stdout) as { problems: { file: string; line: number }[] };
  expect(rest).toMatchObject({ format_version: '1.0', valid: false, passed: false, strict: false });
  const places = problems.map(({ file, line }) => `${file} ${String(line).padStart(4)}`);
  expect(places).toEqual([...places].sort());
  expect(new Set(problems.map(({ file }) => file))).toEqual(
    new Set(
      ['agents/a.yaml', 'agents/b.yaml', 'agents/c.yaml', 'agents/clerk.yaml'].filter((file) =>
        places.some((place) => place.startsWith(file)),
      ),
    ),
  );
});

test('an environment whose path is missing is one mistake among others', async () => {
  const said = await validate(
    {
      ...sound,
      'pawl.yaml':
        'apiVersion: pawl/v1\nenvironments:\n  - { name: one, branch: main, paths: [gone] }\n  - { name: two, branch: main, paths: [agents] }\n',
    },
    '-o',
    'json',
  );
  expect(said.exit).toBe(3);
  expect(JSON.parse(said.stdout)).toMatchObject({
    environments: expect.arrayContaining([{ name: 'two', resources: 3 }]),
    problems: [{ code: 'source.path_missing', file: 'pawl.yaml' }],
  });
});

describe('SARIF', () => {
  const check = checker();

  test('is valid by the published schema, with rules, regions, relative addresses and fingerprints', async () => {
    const said = await validate(
      { ...sound, 'agents/näh me.yaml': agent('more', '  roles: [none]\n'), 'agents/idle.yaml': agent('idle') },
      '-o',
      'sarif',
    );
    const log = JSON.parse(said.stdout) as SarifLog;
    expect([check(log), check.errors]).toEqual([true, null]);
    const [run] = log.runs;
    const result = run?.results.find(({ level }) => level === 'error');
    expect(result).toMatchObject({
      ruleId: 'reference.missing',
      locations: [
        {
          physicalLocation: {
            artifactLocation: { uri: 'agents/n%C3%A4h%20me.yaml', uriBaseId: '%SRCROOT%' },
            region: { startLine: 7, startColumn: 11, endLine: 7, endColumn: 15 },
          },
          logicalLocations: [{ fullyQualifiedName: 'Agent/default/more' }],
        },
      ],
    });
    expect(run?.tool.driver.rules[result?.ruleIndex ?? -1]).toMatchObject({
      id: 'reference.missing',
      help: { text: expect.stringContaining('pawl explain reference.missing') },
    });
  });

  test('is valid where nothing is wrong', async () => {
    const log: unknown = JSON.parse((await validate(sound, '-o', 'sarif')).stdout);
    expect([check(log), check.errors]).toEqual([true, null]);
  });

  test('a fingerprint stays where lines move, and differs between equal mistakes', async () => {
    const wrong = '  roles: [none, none]\n';
    const before = fingerprintsOf(await validate({ ...sound, 'agents/x.yaml': agent('x', wrong) }, '-o', 'sarif'));
    const after = fingerprintsOf(
      await validate({ 'agents/x.yaml': `# a line\n\n${agent('x', wrong)}` }, '-o', 'sarif'),
    );
    expect(before.length).toBeGreaterThan(0);
    expect(after).toEqual(before);
    expect(new Set(before).size).toBe(before.length);
  });

  interface SarifLog {
    readonly runs: readonly {
      readonly tool: { readonly driver: { readonly rules: readonly object[] } };
      readonly results: readonly {
        readonly level: string;
        readonly ruleIndex: number;
        readonly partialFingerprints: Readonly<Record<string, string>>;
      }[];
    }[];
  }

  function fingerprintsOf(said: Said): readonly string[] {
    const log = JSON.parse(said.stdout) as SarifLog;
    return log.runs.flatMap(({ results }) => results.flatMap((one) => Object.values(one.partialFingerprints)));
  }

  function checker(): ValidateFunction {
    const ajv = new Ajv({ strict: false, logger: false, unicodeRegExp: false, allErrors: true });
    const addFormats: FormatsPlugin = createRequire(import.meta.url)('ajv-formats');
    addFormats(ajv);
    return ajv.compile(draft7(sarifSchema));
  }

  /** The schema is written in draft-04 and uses nothing that draft-07 reads in another way but its name. */
  function draft7(schema: object): object {
    const { $schema: _draft, id: _id, ...rest } = schema as Record<string, unknown>;
    expect(JSON.stringify(rest)).not.toMatch(/exclusiveM/);
    return rest;
  }
});

describe('GitHub annotations', () => {
  const idle = (count: number) =>
    Object.fromEntries(Array.from({ length: count }, (_, index) => [`agents/i${index}.yaml`, agent(`i${index}`)]));

  test('name the place, the code and the cure in one line', async () => {
    const said = await validate({ ...sound, 'agents/a,b: c.yaml': agent('more', '  roles: [none]\n') }, '-o', 'github');
    const [line] = said.stdout.split('\n');
    expect(line).toMatch(
      /^::error file=agents\/a%2Cb%3A c\.yaml,line=7,col=11,endColumn=15,title=reference\.missing::\S.*$/,
    );
  });

  test('are at most ten of a kind; the rest is counted, and all of it is in the summary of the step', async () => {
    const summary = join(folder, 'summary.md');
    await writeFile(summary, 'before\n');
    vi.stubEnv('GITHUB_STEP_SUMMARY', summary);
    const said = await validate({ ...sound, ...idle(13) }, '-o', 'github');
    const lines = said.stdout.trimEnd().split('\n');
    expect(lines.filter((line) => line.startsWith('::warning '))).toHaveLength(10);
    expect(lines).toHaveLength(11);
    expect(lines[10]).toContain('3 more warnings');
    const page = await readFile(summary, 'utf8');
    expect(page.startsWith('before\n## pawl validate\n')).toBe(true);
    expect(page.match(/^\| warning \|/gm)).toHaveLength(13);
  });

  test('a summary that cannot be written is said and fails nothing', async () => {
    vi.stubEnv('GITHUB_STEP_SUMMARY', join(folder, 'no/such/file'));
    expect(await validate(sound, '-o', 'github')).toMatchObject({ exit: 0, stderr: expect.stringContaining('ENOENT') });
  });
});

test('in JUnit XML a warning is a note, and a failure with --strict', async () => {
  const said = await validate({ ...sound, 'agents/idle.yaml': agent('idle') }, '-o', 'junit');
  expect(said.stdout).toContain('<testsuites name="pawl validate" tests="2" failures="0" errors="0">');
  expect(said.stdout).toContain('<testcase name="production: 4 resources"/>');
  const strict = await validate({}, '-o', 'junit', '--strict');
  expect(strict.stdout).toContain('<failure type="manifest.unused" message="Nothing refers to Agent/default/idle.">');
});
