import { beforeEach, describe, expect, test } from 'vitest';
import type { EnvironmentSettings, Snapshot } from '../../src/manifest/resource.ts';
import type { Repository } from '../../src/source/repository.ts';
import { SnapshotCache, settingsAt, snapshot } from '../../src/source/snapshot.ts';
import type { TestRepository } from '../support/git.ts';
import { agent, model, role } from './manifests.ts';
import { openOrigin } from './origin.ts';

const settings = `apiVersion: pawl/v1
environments:
  - name: staging
    branch: main
    paths: [base, staging]
  - name: production
    branch: main
    paths:
      - base
      - production
ownership:
  - path: base
    namespaces: [default]
  - path: production
    kinds: [Agent, ModelEndpoint]
`;

const patch = (spec: string, metadata = 'name: triage') =>
  `apiVersion: pawl/v1\nkind: Agent\nmetadata:\n  ${metadata}\n  annotations: {pawl/patch: merge}\nspec:\n${spec}`;

const base = {
  'pawl.yaml': settings,
  'base/triage.yaml': agent('triage', 'prompts/triage.md'),
  'base/prompts/triage.md': 'Sort.',
  'base/model.yaml': model,
  'staging/model.yaml': model.replace('name: small', 'name: large'),
  'staging/triage.yaml': patch('  modelRef: large\n'),
  'production/triage.yaml': patch('  promptFile: triage.md\n  limits: {maxSteps: 3}\n'),
  'production/triage.md': 'Sort with care.',
};

describe.each(['git-cli', 'isomorphic'] as const)('%s', (reader) => {
  let origin: TestRepository;
  let repository: Repository;

  beforeEach(async () => {
    ({ origin, repository } = await openOrigin(reader));
  });

  async function take(commit: string, name: string, cache?: SnapshotCache): Promise<Snapshot> {
    const { settings: read, problems } = await settingsAt(repository, commit);
    const environment = read?.environments.find((one: EnvironmentSettings) => one.name === name);
    if (environment === undefined) throw new Error(`no ${name}: ${JSON.stringify(problems)}`);
    return snapshot(repository, { commit, environment }, cache === undefined ? {} : { cache });
  }

  const errorsOf = ({ problems }: Snapshot) =>
    problems
      .filter(({ severity }) => severity === 'error')
      .map(({ file, line, column, code }) => `${file}:${line}:${column} ${code}`);

  const specOf = ({ resources }: Snapshot) => resources.get('Agent/default/triage')?.manifest['spec'];

  test('two environments differ from one base by what their own paths patch', async () => {
    const commit = await origin.commit(base);
    const [staging, production] = [await take(commit, 'staging'), await take(commit, 'production')];
    expect([errorsOf(staging), errorsOf(production)]).toEqual([[], []]);
    expect(specOf(staging)).toMatchObject({ modelRef: 'large', prompt: 'Sort.' });
    expect(specOf(production)).toMatchObject({ modelRef: 'small', prompt: 'Sort with care.', limits: { maxSteps: 3 } });
    expect(staging.resources.get('ModelEndpoint/default/small')).toBeDefined();
    expect(production.resources.has('ModelEndpoint/default/large')).toBe(false);
  });

  test('a cached snapshot of either equals a fresh one after every change of base and patch', async () => {
    const cache = new SnapshotCache();
    const commits = [
      await origin.commit(base),
      await origin.commit({ 'production/triage.yaml': patch('  limits: {maxSteps: 4}\n') }),
      await origin.commit({
        'base/triage.yaml': `${agent('triage', 'prompts/triage.md')}  limits: {maxToolCalls: 2}\n`,
      }),
      await origin.commit({ 'production/triage.yaml': patch('  promt: x\n') }),
      await origin.commit({ 'production/triage.yaml': undefined, 'production/model.yaml': '# nothing\n' }),
      await origin.commit({ 'base/triage.yaml': undefined, 'base/model.yaml': 'kind: [' }),
    ];
    for (const commit of [...commits, ...commits.toReversed()]) {
      for (const name of ['staging', 'production']) {
        const [warm, fresh] = [await take(commit, name, cache), await take(commit, name)];
        expect(warm.root).toBe(fresh.root);
        expect([...warm.resources]).toEqual([...fresh.resources]);
        expect(warm.problems).toEqual(fresh.problems);
      }
    }
  });

  test('a patch whose base is gone, and one whose path is, are told apart', async () => {
    await origin.commit(base);
    const gone = await origin.commit({ 'base/triage.yaml': undefined });
    expect(errorsOf(await take(gone, 'production'))).toEqual(['production/triage.yaml:4:9 patch.no_base']);
    const missing = await origin.commit({ 'base/model.yaml': undefined, 'base/prompts/triage.md': undefined });
    expect(errorsOf(await take(missing, 'production'))).toEqual(['pawl.yaml:9:9 source.path_missing']);
  });

  test('a missing path has its place in pawl.yaml and hides nothing', async () => {
    await origin.commit(base);
    const commit = await origin.commit({
      'production/triage.yaml': undefined,
      'production/triage.md': undefined,
      'base/broken.yaml': 'kind: [',
      'base/role.yaml': `${role('a')}  colour: red\n`,
    });
    expect(errorsOf(await take(commit, 'production'))).toEqual([
      'base/broken.yaml:1:8 yaml.syntax',
      'base/role.yaml:8:3 manifest.unknown_field',
      'pawl.yaml:10:9 source.path_missing',
    ]);
  });

  test('a folder declares what pawl.yaml lets it, and patches are declarations', async () => {
    const commit = await origin.commit({
      ...base,
      'base/other.yaml': role('a').replace('metadata:\n  name: a', 'metadata: {name: a, namespace: other}'),
      'production/role.yaml': role('b'),
    });
    const taken = await take(commit, 'production');
    expect(errorsOf(taken)).toEqual([
      'base/other.yaml:3:32 ownership.namespace',
      'production/role.yaml:2:7 ownership.kind',
    ]);
    expect(taken.problems.find(({ code }) => code === 'ownership.kind')?.message).toBe(
      'Manifests of `production` (pawl.yaml:14) may not declare the kind AgentRole.',
    );
  });

  test('one identity in two paths, two files and one file names both places', async () => {
    const commit = await origin.commit({
      ...base,
      'production/model.yaml': model,
      'base/a.yaml': `${role('twice')}---\n${role('twice')}`,
      'base/z.yaml': role('twice'),
    });
    const { problems } = await take(commit, 'staging');
    const twice = (taken: readonly { code: string; file: string; line: number; message: string }[]) =>
      taken
        .filter(({ code }) => code === 'manifest.duplicate')
        .map(({ file, line, message }) => `${file}:${line} ${message}`);
    expect(twice(problems)).toEqual([
      'base/a.yaml:12 AgentRole/default/twice is declared twice: here and at base/a.yaml:1.',
      'base/z.yaml:4 AgentRole/default/twice is declared twice: here and at base/a.yaml:1.',
    ]);
    const production = (await take(commit, 'production')).problems;
    expect(twice(production)).toContain(
      'production/model.yaml:3 ModelEndpoint/default/small is declared twice: here and at base/model.yaml:1.',
    );
  });
});
