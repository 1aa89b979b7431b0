import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { acknowledge } from '../../src/apply/acknowledge.ts';
import { apply } from '../../src/apply/apply.ts';
import { digest } from '../../src/manifest/digest.ts';
import { ordinaryRules, type Rules } from '../../src/manifest/rules.ts';
import { digestOfRules } from '../../src/manifest/rules-of.ts';
import type { Plan } from '../../src/plan/change.ts';
import type { Risk } from '../../src/plan/risk.ts';
import { lastAttempt } from '../../src/store/attempt.ts';
import type { Database } from '../../src/store/database.ts';
import { ensureEnvironment } from '../../src/store/environment.ts';
import { listEvents } from '../../src/store/event.ts';
import { readLive } from '../../src/store/live.ts';
import { databaseKinds, type OpenedDatabase, openTestDatabase } from '../support/databases.ts';
import { planFor } from '../support/plans.ts';

const governed: Rules = {
  ...ordinaryRules,
  groups: {
    security: { github: { users: ['sam', 'Sue'] } },
    remote: { github: { teams: ['acme/remote'] }, oidc: [{ claim: 'groups', value: 'remote' }] },
  },
};
const bySecurity = { groups: ['security'], users: [], min: 1 };

function risk(about: string, change: Partial<Risk> = {}): Risk {
  const content = digest(about);
  return {
    id: `R1-${content.slice(0, 4)}`,
    class: 'R1',
    name: 'access.widened',
    content,
    gate: 'ack',
    subject: undefined,
    title: `It may ${about}.`,
    details: [],
    causes: [],
    approvers: { groups: [], users: [], min: 1 },
    ...change,
  };
}

describe.each(databaseKinds)('acknowledgements on %s', (kind) => {
  let opened: OpenedDatabase;
  let database: Database;
  let count = 0;

  beforeAll(async () => {
    opened = await openTestDatabase(kind);
    database = opened.database;
  });
  afterAll(() => opened.close());

  async function environment(rules: Rules = ordinaryRules): Promise<string> {
    count += 1;
    const name = `env-${count}`;
    await ensureEnvironment(database.db, name);
    await apply(
      database,
      { ...(await planned(name, [], 'one')), targetRules: rules, rulesDigest: digestOfRules(rules) },
      'x',
    );
    return name;
  }

  async function planned(name: string, risks: readonly Risk[], value: string): Promise<Plan> {
    const live = await readLive(database.db, name);
    const rules = live.rules ?? ordinaryRules;
    const plan = planFor(live, [{ name: 'reader', value }], `commit-of-${value}`);
    return { ...plan, risks, rulesDigest: digestOfRules(rules), targetRules: rules };
  }

  const revisionOf = async (name: string) => (await readLive(database.db, name)).revision;

  test('a risk refuses the apply, names itself and what to type, and is recorded once', async () => {
    const name = await environment();
    const plan = await planned(name, [risk('refund')], 'two');
    const refused = apply(database, plan, 'ann');
    await expect(refused).rejects.toMatchObject({
      code: 'plan.unacknowledged',
      exit: 3,
      message: expect.stringMatching(
        /is not applied: 1 acknowledgement is missing: R1-\w{4}\.\n {2}R1-\w{4} {2}It may refund\. \(to be acknowledged by anybody\)$/,
      ),
      help: expect.stringContaining(`pawl ack ${risk('refund').id} --plan ${plan.digest.slice(0, 16)} --env ${name}`),
    });
    const first = await lastAttempt(database.db, name);
    expect(first).toMatchObject({ outcome: 'refused', code: 'plan.unacknowledged' });
    expect(first?.message).not.toContain('\n');
    await expect(apply(database, plan, 'ann')).rejects.toMatchObject({ code: 'plan.unacknowledged' });
    expect((await lastAttempt(database.db, name))?.id).toBe(first?.id);
    expect(await revisionOf(name)).toBe(1);
  });

  test('a notice refuses nothing, and is not for anybody to acknowledge', async () => {
    const name = await environment();
    const plan = await planned(name, [risk('look', { gate: 'notice' })], 'two');
    await expect(acknowledge(database, plan, { by: 'ann', ids: [risk('look').id] })).rejects.toMatchObject({
      code: 'ack.unknown',
      message: expect.stringContaining('is a notice'),
    });
    expect(await apply(database, plan, 'ann')).toMatchObject({ outcome: 'applied' });
  });

  test('what was acknowledged is applied, and is an event with its reason', async () => {
    const name = await environment();
    const plan = await planned(name, [risk('refund')], 'two');
    const said = await acknowledge(database, plan, { by: 'ann', ids: [risk('refund').id], reason: 'Agreed' });
    expect(said).toEqual({ outstanding: [], alone: true });
    await apply(database, plan, 'bob');
    const events = await listEvents(database.db, name, 3);
    expect(events.map(({ actor, action }) => [actor, action])).toEqual([
      ['bob', 'apply'],
      ['ann', 'acknowledge'],
      ['x', 'apply'],
    ]);
    expect(events[1]?.detail).toMatchObject({ id: risk('refund').id, plan: plan.digest, reason: 'Agreed' });
  });

  test('it holds for the same content in another plan, and for no other content', async () => {
    const name = await environment();
    const plan = await planned(name, [risk('refund')], 'two');
    await acknowledge(database, plan, { by: 'ann', ids: [risk('refund').id] });
    const other = await planned(name, [risk('refund and pay')], 'two');
    await expect(apply(database, other, 'ann')).rejects.toMatchObject({ code: 'plan.unacknowledged' });
    const rebased = await planned(name, [risk('refund')], 'three');
    expect(rebased.digest).not.toBe(plan.digest);
    expect(await apply(database, rebased, 'ann')).toMatchObject({ outcome: 'applied', revision: 2 });
  });

  test('it is used up by the revision that it let through: the same again is asked for again', async () => {
    const name = await environment();
    await apply(database, await planned(name, [risk('refund')], 'two'), {
      by: 'ann',
      acknowledge: [risk('refund').id],
    });
    await apply(database, await planned(name, [], 'one'), 'ann');
    const again = await planned(name, [risk('refund')], 'two');
    await expect(apply(database, again, 'ann')).rejects.toMatchObject({ code: 'plan.unacknowledged' });
  });

  test('it says nothing of another environment', async () => {
    const [one, two] = [await environment(), await environment()];
    await acknowledge(database, await planned(one, [risk('refund')], 'two'), { by: 'ann', ids: [risk('refund').id] });
    const other = await planned(two, [risk('refund')], 'two');
    await expect(apply(database, other, 'ann')).rejects.toMatchObject({ code: 'plan.unacknowledged' });
  });

  test('an apply that fails takes what was acknowledged with it back', async () => {
    const name = await environment();
    const plan = await planned(name, [risk('refund'), risk('pay')], 'two');
    await expect(apply(database, plan, { by: 'ann', acknowledge: [risk('pay').id] })).rejects.toMatchObject({
      message: expect.stringContaining('1 acknowledgement is missing'),
    });
    await expect(apply(database, plan, 'ann')).rejects.toMatchObject({
      message: expect.stringContaining('2 acknowledgements are missing'),
    });
  });

  test('a guard is acknowledged for one plan alone, and one that cannot be refuses whatever is said', async () => {
    const name = await environment();
    const guard = { id: 'guard.deletes', message: 'Many.', acknowledgeable: true, addresses: [] } as const;
    const plan: Plan = { ...(await planned(name, [], 'two')), guards: [guard] };
    await acknowledge(database, plan, { by: 'ann', ids: [guard.id] });
    const other: Plan = { ...(await planned(name, [], 'three')), guards: [guard] };
    await expect(apply(database, other, 'ann')).rejects.toMatchObject({ code: 'plan.unacknowledged' });
    const fixed: Plan = { ...plan, guards: [{ ...guard, id: 'guard.protected', acknowledgeable: false }] };
    await expect(apply(database, fixed, { by: 'ann', acknowledge: ['guard.protected'] })).rejects.toMatchObject({
      code: 'ack.not_allowed',
    });
    await expect(apply(database, fixed, 'ann')).rejects.toMatchObject({
      message: expect.stringContaining('no acknowledgement helps'),
    });
    expect(await apply(database, plan, 'ann')).toMatchObject({ outcome: 'applied' });
  });

  test('an id that the plan does not have is refused with the one that was meant', async () => {
    const name = await environment();
    const plan = await planned(name, [risk('refund')], 'two');
    const { id } = risk('refund');
    await expect(acknowledge(database, plan, { by: 'ann', ids: [`${id.slice(0, -1)}x`] })).rejects.toMatchObject({
      code: 'ack.unknown',
      exit: 64,
      help: `Did you mean \`${id}\`?`,
    });
  });

  describe('where groups are defined', () => {
    const gated = risk('refund', { approvers: bySecurity });

    test('only their users may, whatever the case of the login', async () => {
      const name = await environment(governed);
      const plan = await planned(name, [gated], 'two');
      await expect(acknowledge(database, plan, { by: 'ann', ids: [gated.id] })).rejects.toMatchObject({
        code: 'ack.not_allowed',
        exit: 4,
        message: expect.stringContaining('ann is not of group security.'),
      });
      expect(await acknowledge(database, plan, { by: 'SAM', ids: [gated.id] })).toEqual({
        outstanding: [],
        alone: false,
      });
    });

    test('a team or a claim is proved by nobody here, and the refusal says so', async () => {
      const name = await environment(governed);
      const remote = risk('refund', { approvers: { groups: ['remote'], users: [], min: 1 } });
      const plan = await planned(name, [remote], 'two');
      await expect(acknowledge(database, plan, { by: 'ann', ids: [remote.id] })).rejects.toMatchObject({
        message: expect.stringContaining('Teams and claims cannot be proved on the command line'),
      });
    });

    test('two are two people, not one twice', async () => {
      const name = await environment(governed);
      const both = risk('refund', { approvers: { ...bySecurity, min: 2 } });
      const plan = await planned(name, [both], 'two');
      for (const by of ['sam', 'SAM', 'sam']) await acknowledge(database, plan, { by, ids: [both.id] });
      await expect(apply(database, plan, 'sam')).rejects.toMatchObject({
        message: expect.stringContaining('(to be acknowledged by group security, 2 people; 1 more)'),
      });
      await acknowledge(database, plan, { by: 'sue', ids: [both.id] });
      expect(await apply(database, plan, 'sam')).toMatchObject({ outcome: 'applied' });
    });

    test('nor in two spellings that look alike', async () => {
      const name = await environment();
      const both = risk('refund', { approvers: { groups: [], users: [], min: 2 } });
      const plan = await planned(name, [both], 'two');
      const spellings = ['jos\u00e9', 'jose\u0301', 'JOS\u00c9', 'jos\u00e9\u200b', ' jos\u00e9', '\uff4aos\u00e9'];
      for (const by of spellings) await acknowledge(database, plan, { by, ids: [both.id] });
      await expect(apply(database, plan, 'ann')).rejects.toMatchObject({ code: 'plan.unacknowledged' });
    });

    test('the word of somebody whom the rules have dropped since counts no longer', async () => {
      const name = await environment(governed);
      await acknowledge(database, await planned(name, [gated], 'two'), { by: 'sam', ids: [gated.id] });
      const fewer: Rules = { ...governed, groups: { security: { github: { users: ['sue'] } } } };
      await apply(database, { ...(await planned(name, [], 'other')), targetRules: fewer }, 'x');
      const plan = await planned(name, [gated], 'two');
      await expect(apply(database, plan, 'ann')).rejects.toMatchObject({ code: 'plan.unacknowledged' });
    });

    test('a plan that other rules judged is stale, also when no revision came between', async () => {
      const name = await environment(governed);
      const plan = await planned(name, [gated], 'two');
      const { target, ...rest } = await planned(name, [], 'one');
      const same = { ...rest, target: { ...target, commit: 'rules' }, targetRules: { ...governed, groups: {} } };
      expect(await apply(database, same, 'x')).toMatchObject({ outcome: 'unchanged' });
      await expect(apply(database, plan, { by: 'sam', acknowledge: [gated.id] })).rejects.toMatchObject({
        code: 'plan.stale',
        message: expect.stringContaining('other rules judge it now'),
      });
    });
  });

  test('many who acknowledge and apply at once make one revision and one row each', async () => {
    const name = await environment();
    const plan = await planned(name, [risk('refund')], 'two');
    const ids = [risk('refund').id];
    const people = ['ann', 'bob', 'cat', 'dan'];
    const ended = await Promise.allSettled([
      ...people.map((by) => acknowledge(database, plan, { by, ids })),
      ...people.map((by) => apply(database, plan, { by, acknowledge: ids })),
      ...people.map((by) => acknowledge(database, plan, { by, ids })),
    ]);
    expect(await revisionOf(name)).toBe(2);
    const failures = ended.flatMap((one) => (one.status === 'rejected' ? [(one.reason as { code: string }).code] : []));
    expect(new Set(failures)).toEqual(new Set(['plan.stale']));
    const rows = await database.db
      .selectFrom('acknowledgement')
      .select(['given_by', 'used_by_revision'])
      .where('environment', '=', name)
      .execute();
    expect(new Set(rows.map((row) => row.given_by)).size).toBe(rows.length);
    expect(rows.every((row) => row.used_by_revision === 2)).toBe(true);
  });
});
