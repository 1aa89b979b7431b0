import { Ajv2020 } from 'ajv/dist/2020.js';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import schema from '../../schemas/output/plan.schema.json' with { type: 'json' };
import { planBetween, environmentsFrom } from '../../src/controller/plan-between.ts';
import { renderJson } from '../../src/plan/render/json.ts';
import { renderMarkdown } from '../../src/plan/render/markdown.ts';
import { renderText } from '../../src/plan/render/text.ts';
import { openRepository, type Repository } from '../../src/source/repository.ts';
import { createRepository, type TestRepository } from '../support/git.ts';
import { agent, settings, sound } from '../support/small-repository.ts';

const environment = 'production';
let git: TestRepository;
let repository: Repository;

beforeEach(async () => {
  git = await createRepository();
});
afterEach(async () => {
  await repository.close();
  await git.remove();
});

async function planned(base: string, commit: string) {
  repository = await openRepository({ path: git.path, surroundings: { path: process.env['PATH'] ?? '' } });
  return planBetween(repository, { environment, base, commit });
}

describe('a plan between two commits', () => {
  test('shows what changed and what it newly allows, by the rules of the base', async () => {
    const base = await git.commit(sound);
    const commit = await git.commit({ 'agents/clerk.yaml': agent('clerk', '  limits: { maxSteps: 9 }\n') });
    const { plan, baseErrors } = await planned(base, commit);
    expect(baseErrors).toEqual([]);
    expect(plan.changes.map(({ address, action }) => [address, action])).toEqual([['Agent/default/clerk', 'update']]);
    expect(plan.base).toMatchObject({ revision: 0, commit: base });
    expect(plan.risks.map(({ name }) => name)).not.toContain('bootstrap');
    const said = `with commit ${base.slice(0, 7)}, not with what is live.`;
    expect(renderText(plan, { width: 200, color: false })).toContain(`Compared ${said}`);
    expect(renderMarkdown(plan)).toContain(`compared ${said}`);
    // Nothing is ever applied by its digest.
    expect(`${renderText(plan, { width: 200, color: false })}${renderMarkdown(plan)}`).not.toContain('pawl ack');
    const json = renderJson(plan);
    expect(json['source']).toMatchObject({ base_sha: base, head_sha: commit });
    const fits = new Ajv2020({ strict: false }).compile(schema);
    expect(fits(json), JSON.stringify(fits.errors)).toBe(true);
  });

  test('is empty between a commit and itself, and the same twice', async () => {
    const base = await git.commit(sound);
    const [one, other] = [await planned(base, base), await planned(base, base)];
    expect(one.plan.changes).toEqual([]);
    expect(one.plan.bundles).toEqual([]);
    expect(one.plan.digest).toBe(other.plan.digest);
  });

  test('is a first apply where the base has no such environment', async () => {
    const base = await git.commit({ 'README.md': 'Nothing of pawl.\n' });
    const commit = await git.commit(sound);
    const { plan } = await planned(base, commit);
    expect(plan.summary.add).toBe(3);
    expect(plan.risks.map(({ name }) => name)).toEqual(['bootstrap']);
  });

  test('reads paths of the base: a commit that moves them is judged by those that are live', async () => {
    const base = await git.commit(sound);
    const commit = await git.commit({
      'pawl.yaml': settings.replace('[agents]', '[agents, more]'),
      'more/x.yaml': agent('x'),
    });
    const { plan } = await planned(base, commit);
    expect(plan.changes).toEqual([]);
    expect(plan.risks.map(({ name }) => name)).toContain('control.self_modify');
  });

  test('says which errors of the base hide what was there', async () => {
    const base = await git.commit({ ...sound, 'agents/clerk.yaml': agent('clerk', '  roles: [none]\n') });
    const commit = await git.commit({ 'agents/clerk.yaml': agent('clerk') });
    const { plan, baseErrors } = await planned(base, commit);
    expect(baseErrors.map(({ file }) => file)).toContain('agents/clerk.yaml');
    expect(plan.problems.filter(({ severity }) => severity === 'error')).toEqual([]);
  });

  test('is refused where pawl.yaml of the base cannot be read: everything would look new', async () => {
    const base = await git.commit({ ...sound, 'pawl.yaml': 'environments: {' });
    const commit = await git.commit(sound);
    await expect(planned(base, commit)).rejects.toMatchObject({ code: 'environment.settings_invalid', exit: 3 });
  });

  test('names the environments that go live from a branch', async () => {
    const commit = await git.commit({
      ...sound,
      'pawl.yaml': `${settings.replace(/ \}\]\n$/, ' }, { name: staging, branch: next, paths: [agents], apply: auto }]\n')}`,
    });
    repository = await openRepository({ path: git.path, surroundings: { path: process.env['PATH'] ?? '' } });
    expect(await environmentsFrom(repository, commit)).toEqual(['production', 'staging']);
    expect(await environmentsFrom(repository, commit, 'next')).toEqual(['staging']);
    expect(await environmentsFrom(repository, commit, 'other')).toEqual([]);
  });
});
