import type { IncomingHttpHeaders } from 'node:http';
import { createHmac } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { deliveringOf } from '../../src/app-alerts.ts';
import { Alerts } from '../../src/controller/alerts.ts';
import { Outbox } from '../../src/controller/outbox.ts';
import { createLog } from '../../src/log.ts';
import { editByHand } from '../../src/store/hand-edit.ts';
import { claimMessages } from '../../src/store/outbox.ts';
import { rowsOf } from '../../src/store/statement.ts';
import { secretSource } from '../../src/tools/secret-source.ts';
import { bodyOf, listen, type LoopbackServer } from '../support/loopback.ts';
import { createEstate, type Estate, role, type TestController } from './fixture.ts';

const address = 'AgentRole/default/clerk';
const secret = 'canary-0c5f3d7a9b1e4d62';
const pawlYaml =
  'apiVersion: pawl/v1\nenvironments:\n  - { name: prod, branch: main, paths: [prod], apply: auto, alerts: [hook] }\n';
const receiver = (url: string) => `apiVersion: pawl/v1
kind: Secret
metadata: { name: alerts }
spec: { source: env, keys: { key: PAWL_SECRET_ALERTS } }
---
apiVersion: pawl/v1
kind: AlertReceiver
metadata: { name: hook }
spec:
  type: webhook
  secretRef: { name: alerts, key: key }
  webhook: { url: "${url}", allowPrivate: true }
`;

interface Got {
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

describe('drift is told', () => {
  let estate: Estate;
  let one: TestController;
  let server: LoopbackServer;
  let got: Got[];
  let status: number;
  let now: number;

  beforeEach(async () => {
    [got, status, now] = [[], 200, Date.now()];
    server = await listen(async (request, response) => {
      got.push({ headers: request.headers, body: await bodyOf(request) });
      response.writeHead(status, { location: `${server.url}/elsewhere` }).end(`you sent ${got.at(-1)?.body}`);
    });
    estate = await createEstate();
    await estate.git.commit({
      'pawl.yaml': pawlYaml,
      'prod/clerk.yaml': role('clerk', 'tool:a:read'),
      'prod/alerts.yaml': receiver(`${server.url}/alerts`),
    });
    one = await estate.join();
    await one.tick();
  });
  afterEach(async () => {
    await server.close();
    await estate.close();
  });

  const hand = (permission: string) =>
    editByHand(one.plane.database.db, { environment: 'prod', address }, (body) => ({
      ...body,
      spec: { permissions: [permission] },
    }));

  const alertsOf = ({ plane, lines }: TestController) => {
    const log = createLog('info', { write: (line: string) => void lines.push(JSON.parse(line)) });
    const alerts = new Alerts({ plane, log, now: () => Promise.resolve(new Date(now)) });
    const { database } = plane;
    const variables = new Map([['PAWL_SECRET_ALERTS', secret]]);
    const secrets = secretSource({ variables, folders: [], ageKeys: undefined });
    const outbox = new Outbox({ ...deliveringOf({ database, secrets }), log, random: () => 0 });
    return { alerts, outbox };
  };

  const typesOf = () => got.map(({ body }) => (JSON.parse(body) as { type: string }).type);
  const messages = () =>
    rowsOf<{ phase: string; dropped: string | null; attempts: number }>(
      one.plane.database.db,
      { name: 'test_outbox', text: 'select phase, dropped, attempts, last_error from outbox order by id' },
      [],
    );
  const makeDue = () =>
    rowsOf(one.plane.database.db, { name: 'test_due', text: 'update outbox set due_at = now()' }, []);

  test('once, by whoever looks and however often, signed, and once that it is over', async () => {
    const two = alertsOf(await estate.join());
    const { alerts, outbox } = alertsOf(one);
    await hand('tool:*:*');
    const told = (await Promise.all([alerts.tick(), two.alerts.tick(), alerts.tick()])).flat();
    expect(told).toEqual([{ environment: 'prod', key: 'drift', phase: 'firing' }]);
    await Promise.all([outbox.tick(), two.outbox.tick()]);
    await outbox.tick();
    expect(typesOf()).toEqual(['alert.firing']);
    const { headers, body } = got[0] ?? { headers: {}, body: '' };
    const signature = createHmac('sha256', secret)
      .update([headers['webhook-id'], headers['webhook-timestamp'], body].join('.'))
      .digest('base64');
    expect(headers['webhook-signature']).toBe(`v1,${signature}`);
    expect(JSON.parse(body)).toMatchObject({
      data: {
        environment: 'prod',
        kind: 'drift',
        found: [{ what: address, by: expect.stringContaining('a-controller') as string }],
        ways: [{ command: 'pawl drift heal --env prod' }, { command: 'pawl drift accept --env prod' }],
      },
    });
    await hand('tool:a:read');
    await rowsOf(one.plane.database.db, { name: 'test_heal', text: heal }, []);
    await alerts.tick();
    now += 61_000;
    expect(await alerts.tick()).toEqual([{ environment: 'prod', key: 'drift', phase: 'resolved' }]);
    await outbox.tick();
    expect(typesOf()).toEqual(['alert.firing', 'alert.resolved']);
  });

  test('again under the same id by whoever finds it unsent, and never of something that is over unheard', async () => {
    const { alerts, outbox } = alertsOf(one);
    status = 302;
    await hand('tool:*:*');
    await alerts.tick();
    await outbox.tick();
    expect(await messages()).toMatchObject([
      { attempts: 1, last_error: 'The receiver answered 302: redirects are not followed.' },
    ]);
    // Somebody takes it, sends it and dies before saying so.
    await makeDue();
    const [claimed] = await claimMessages(one.plane.database.db, { limit: 8, leaseMs: 0 });
    expect(claimed).toMatchObject({ attempts: 2 });
    status = 204;
    await outbox.tick();
    await outbox.tick();
    expect(got).toHaveLength(2);
    expect(got[1]?.headers['webhook-id']).toBe(got[0]?.headers['webhook-id']);
    // Another drift, refused until it is gone: its receiver hears of neither.
    status = 404;
    await hand('tool:b:read');
    now += 3_600_000;
    await alerts.tick();
    await outbox.tick();
    await rowsOf(one.plane.database.db, { name: 'test_heal', text: heal }, []);
    await alerts.tick();
    now += 3_600_000;
    await alerts.tick();
    status = 204;
    await makeDue();
    await outbox.tick();
    expect(await messages()).toMatchObject([{ dropped: null }, { dropped: 'cancelled' }, { phase: 'resolved' }]);
    expect(typesOf()).toEqual(['alert.firing', 'alert.firing', 'alert.firing', 'alert.resolved']);
  });

  test('without its secret in any row or line, whatever the receiver answers', async () => {
    const { alerts, outbox } = alertsOf(one);
    status = 500;
    await hand('tool:*:*');
    await alerts.tick();
    await outbox.tick();
    const rows = await rowsOf(
      one.plane.database.db,
      {
        name: 'test_all',
        text: 'select (select json_agg(o) from outbox o) as o, (select json_agg(a) from alert a) as a',
      },
      [],
    );
    expect(got).toHaveLength(1);
    expect(JSON.stringify([rows, one.lines, got[0]])).not.toContain(secret);
  });

  test('and commits that wait are not, while sync is suspended', async () => {
    const { alerts } = alertsOf(one);
    const { db } = one.plane.database;
    const wait = `insert into condition (environment, type, status, reason, message, commit_id)
      values ('prod', 'Gated', 'False', 'Unacknowledged', 'One risk waits.', 'c0ffee')
      on conflict (environment, type) do update set status = 'False', reason = 'Unacknowledged'`;
    const suspend = `insert into sync (environment, repository, suspended_at, suspended_by, suspend_reason)
      values ('prod', 'here', now(), 'ada', 'a freeze') on conflict (environment) do update
      set suspended_at = now(), suspended_by = 'ada', suspend_reason = 'a freeze'`;
    await rowsOf(db, { name: 'test_wait', text: wait }, []);
    await rowsOf(db, { name: 'test_suspend', text: suspend }, []);
    await hand('tool:*:*');
    expect(await alerts.tick()).toEqual([{ environment: 'prod', key: 'drift', phase: 'firing' }]);
    const resume = 'update sync set suspended_at = null, suspended_by = null, suspend_reason = null';
    await rowsOf(db, { name: 'test_resume', text: resume }, []);
    expect(await alerts.tick()).toEqual([{ environment: 'prod', key: 'gated', phase: 'firing' }]);
  });
});

/** What the next apply would do. */
const heal = `update resource set body = (select body::jsonb from spec s join resource_history h using (digest)
    where h.address = resource.address and h.to_revision is null),
  digest = (select h.digest from resource_history h where h.address = resource.address and h.to_revision is null)`;
