import { describe, expect, onTestFinished, test } from 'vitest';
import { planBetween } from '../../src/controller/plan-between.ts';
import { openRepository } from '../../src/source/repository.ts';
import { createRepository } from '../support/git.ts';
import { agent, sound } from '../support/small-repository.ts';

const opposite = { create: 'delete', delete: 'create', update: 'update' } as Readonly<Record<string, string>>;

/** A base, a change upon it, its revert and the revert of that. */
async function history(change: Readonly<Record<string, string | undefined>>, before = {}) {
  const git = await createRepository();
  const base = await git.commit({ ...sound, ...before });
  const changed = await git.commit(change);
  const revert = async (): Promise<string> => {
    await git.git('revert', '--no-edit', 'HEAD');
    return git.git('rev-parse', 'HEAD');
  };
  const [reverted, again] = [await revert(), await revert()];
  const repository = await openRepository({ path: git.path, surroundings: { path: process.env['PATH'] ?? '' } });
  onTestFinished(async () => {
    await repository.close();
    await git.remove();
  });
  const plan = async (from: string, to: string) =>
    (await planBetween(repository, { environment: 'production', base: from, commit: to })).plan;
  return { base, changed, reverted, again, plan };
}

const extra = { 'agents/extra.yaml': agent('extra') };

describe.each([
  ['of an addition', extra, {}],
  ['of a deletion', { 'agents/extra.yaml': undefined }, extra],
  ['of an edit', { 'agents/clerk.yaml': agent('clerk', '  limits: { maxSteps: 9 }\n') }, {}],
] as const)('a revert %s', (_what, change, before) => {
  test('is planned as its inverse, gives the older content, and its own revert is the change again', async () => {
    const { base, changed, reverted, again, plan } = await history(change, before);
    const [there, back] = [await plan(base, changed), await plan(changed, reverted)];
    expect(there.changes.length).toBeGreaterThan(0);
    expect(new Set(back.changes.map(({ address, action }) => `${action} ${address}`))).toEqual(
      new Set(there.changes.map(({ address, action }) => `${opposite[action]} ${address}`)),
    );
    for (const { address, beforeDigest, afterDigest } of back.changes) {
      const first = there.changes.find((one) => one.address === address);
      expect([beforeDigest, afterDigest], address).toEqual([first?.afterDigest, first?.beforeDigest]);
    }
    expect((await plan(base, reverted)).changes).toEqual([]);
    expect((await plan(changed, again)).changes).toEqual([]);
    expect((await plan(base, reverted)).target.root).toBe((await plan(changed, base)).target.root);
    expect((await plan(base, again)).target.root).toBe(there.target.root);
  });
});
