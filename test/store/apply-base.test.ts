import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { digest } from '../../src/manifest/digest.ts';
import { plan } from '../../src/plan/plan.ts';
import { readApplyBase } from '../../src/store/apply-base.ts';
import { ensureEnvironment } from '../../src/store/environment.ts';
import { editByHand } from '../../src/store/hand-edit.ts';
import { readLive } from '../../src/store/live.ts';
import { writeSpecs } from '../../src/store/spec.ts';
import { claimEnvironments, suspendSync } from '../../src/store/sync.ts';
import { inTransaction } from '../../src/store/transaction.ts';
import { role, snapshotOf } from '../plan/fixture.ts';
import { applyAcknowledged } from '../support/apply-acknowledged.ts';
import { databaseKinds, type OpenedDatabase, openTestDatabase } from '../support/databases.ts';

const bodies = Array.from({ length: 12 }, (_, number) => {
  const body = { kind: 'Agent', spec: { number } };
  return { digest: digest(body), body };
});
const nothing = { addresses: [], specs: [], bundles: [] };

describe.each(databaseKinds)('what an apply asks before it writes, on %s:', (kind) => {
  let opened: OpenedDatabase;
  beforeAll(async () => {
    opened = await openTestDatabase(kind);
  });
  afterAll(() => opened.close());

  test('of many contents those are named that are stored, each in its own table', async () => {
    const digests = bodies.map((one) => one.digest);
    const base = await inTransaction(opened.database, async (trx) => {
      await writeSpecs(trx, bodies.slice(0, 5));
      return await readApplyBase(trx, 'nowhere', { addresses: [], specs: digests, bundles: digests });
    });
    expect(base).toEqual({
      heads: new Map(),
      stored: { specs: new Set(digests.slice(0, 5)), bundles: new Set() },
      suspension: undefined,
      isOverridden: false,
      isRollingOut: false,
    });
  });

  test('a head says what it holds now, also where a hand wrote it and left its digest', async () => {
    const { database } = opened;
    const environment = 'edited';
    const settings = { name: environment, branch: 'main', paths: ['agents'], apply: 'auto' } as const;
    const [reader, writer] = [role('reader', ['tool:a:read']), role('writer', ['tool:a:write'])];
    await ensureEnvironment(database.db, environment);
    const live = await readLive(database.db, environment);
    const target = snapshotOf([reader, writer], { environment: settings });
    const planned = plan(target, live, { bodies: new Map(), subject: '', schemaDigest: 'a'.repeat(64) });
    await applyAcknowledged(database, planned, 'tester');
    const edited = { ...reader.manifest, spec: { permissions: ['tool:a:write'] } };
    await editByHand(database.db, { environment, address: reader.address }, () => edited);
    const addresses = [reader.address, writer.address, 'AgentRole/default/unknown'];
    const { heads } = await inTransaction(database, (trx) =>
      readApplyBase(trx, environment, { ...nothing, addresses }),
    );
    expect([...heads.keys()].sort()).toEqual([reader.address, writer.address]);
    expect(heads.get(reader.address)).toMatchObject({ digest: digest(edited), touchedBy: expect.any(String) });
    expect(heads.get(writer.address)).toMatchObject({ digest: writer.digest, generation: 1, touchedBy: undefined });
  });

  test('who suspended sync is named, and why', async () => {
    const { database } = opened;
    await claimEnvironments(database.db, 'local', ['frozen']);
    await suspendSync(database, { environment: 'frozen', by: 'ada', reason: 'a freeze' });
    const { suspension } = await inTransaction(database, (trx) => readApplyBase(trx, 'frozen', nothing));
    expect(suspension).toEqual({ by: 'ada', reason: 'a freeze' });
  });
});
