import { afterAll, beforeAll, expect, test } from 'vitest';
import { createLocalOperations } from '../../src/api/local.ts';
import { renderMarkdown } from '../../src/plan/render/markdown.ts';
import { renderText } from '../../src/plan/render/text.ts';
import { localPerson } from '../../src/policy/person.ts';
import { readConditions } from '../../src/store/condition.ts';
import { installVerifiers, Keys } from '../support/signing.ts';
import { createEstate, type Estate, role } from './fixture.ts';

let estate: Estate;
let keys: Keys;

beforeAll(async () => {
  installVerifiers();
  [estate, keys] = [await createEstate(), await Keys.create()];
});

afterAll(async () => {
  await estate.close();
  await keys.remove();
});

test('an unsigned commit is held, by name, and what is live stays until the line is signed', async () => {
  const { git } = estate;
  const alice = await keys.ssh('alice');
  const sign = (): string =>
    keys.git(git, 1_700_000_900, [...alice.settings, 'commit', '-q', '-S', '--amend', '--no-edit']);
  await git.commit({
    'pawl.yaml':
      'apiVersion: pawl/v1\nenvironments:\n  - { name: one, branch: main, paths: [one], signatures: { mode: require, allowedSigners: signers } }\n',
    signers: `alice@example.com ${alice.publicKey}\n`,
    'one/role.yaml': role('reader', 'tool:a:read'),
  });
  const { tick, plane } = await estate.join();
  expect((await tick())[0]?.outcome).toMatchObject({ kind: 'held', code: 'git.signature' });
  const first = sign();
  expect((await tick())[0]?.outcome).toMatchObject({ kind: 'applied', revision: 1, commit: first });

  const unsigned = await git.commit({ 'one/role.yaml': role('reader', 'tool:b:read') });
  expect((await tick())[0]?.outcome).toMatchObject({ kind: 'held', commit: unsigned, code: 'git.signature' });
  const conditions = (await readConditions(plane.database.db, ['one'])).get('one') ?? [];
  const gated = conditions.find(({ type }) => type === 'Gated');
  expect(gated).toMatchObject({ reason: 'SignatureMissing', message: expect.stringContaining('is not signed') });

  const person = localPerson('alice');
  const operations = createLocalOperations({ plane, person, workingCopy: undefined, close: async () => undefined });
  const plan = await operations.plan({ environment: 'one' });
  expect(plan.held).toMatchObject({ code: 'git.signature' });
  expect(renderText(plan, { color: false, width: 100 })).toContain('This plan is held: its commit may not go live.');
  expect(renderMarkdown(plan)).toContain('held, git.signature');
  const apply = { environment: 'one', commit: unsigned, planDigest: plan.digest, acknowledge: [] };
  await expect(operations.apply(apply)).rejects.toMatchObject({ code: 'git.signature', exit: 6 });

  const second = sign();
  expect((await tick())[0]?.outcome).toMatchObject({ kind: 'applied', revision: 2, commit: second });
});
