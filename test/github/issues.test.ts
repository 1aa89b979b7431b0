import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { Alerts } from '../../src/controller/alerts.ts';
import { Controller } from '../../src/controller/controller.ts';
import { issuesTick } from '../../src/github/issues.ts';
import { editByHand } from '../../src/store/hand-edit.ts';
import { rowsOf } from '../../src/store/statement.ts';
import { tickAcknowledged } from '../support/apply-acknowledged.ts';
import { gitHubFixture, type GitHubFixture } from './fixture.ts';

const files = {
  'pawl.yaml':
    'apiVersion: pawl/v1\nenvironments:\n  - { name: prod, branch: main, paths: [prod], apply: auto, alerts: [tracker] }\n',
  'prod/clerk.yaml':
    'apiVersion: pawl/v1\nkind: AgentRole\nmetadata: { name: clerk }\nspec: { permissions: ["tool:a:read"] }\n',
  'prod/tracker.yaml': `apiVersion: pawl/v1
kind: AlertReceiver
metadata: { name: tracker }
spec: { type: githubIssue, githubIssue: { repository: acme/agents, labels: [drift] } }
`,
};

describe('the issue of an alert', () => {
  let estate: GitHubFixture;
  let alerts: Alerts;
  let now: number;

  beforeEach(async () => {
    now = Date.now();
    estate = await gitHubFixture(files, {});
    const { plane, log, actor } = estate.round();
    await tickAcknowledged(new Controller({ plane, actor, log, now: () => 0 }), plane);
    alerts = new Alerts({ plane, log, now: () => Promise.resolve(new Date(now)) });
  });
  afterEach(() => estate.close());

  const hand = (permission: string) =>
    editByHand(estate.database.db, { environment: 'prod', address: 'AgentRole/default/clerk' }, (body) => ({
      ...body,
      spec: { permissions: [permission] },
    }));
  const look = async () => {
    await alerts.tick();
    await issuesTick(estate.round());
  };
  const issues = () => [...estate.hub.state('acme/agents').issues.values()];
  const writes = () => estate.hub.requests.filter(({ method, path }) => method !== 'GET' && path.includes('/issues'));

  test('is made once though its number is lost, edited in place, closed, and opened again', async () => {
    await hand('tool:*:*');
    await look();
    await look();
    expect(issues()).toMatchObject([
      { title: "pawl: prod has drifted: 1 resource moved behind pawl's back (prod)", state: 'open' },
    ]);
    expect(issues()[0]?.body).toContain('AgentRole/default/clerk');
    expect(issues()[0]?.body).toContain('`pawl drift accept --env prod`');
    expect(writes()).toHaveLength(1);
    // Made, and nobody wrote down which one it is.
    await rowsOf(
      estate.database.db,
      { name: 'test_lose', text: 'update alert_issue set number = null, published = null' },
      [],
    );
    await look();
    expect(issues()).toHaveLength(1);
    await hand('tool:b:read');
    now += 3_600_000;
    await look();
    expect(issues()).toHaveLength(1);
    await rowsOf(estate.database.db, { name: 'test_heal', text: heal }, []);
    await look();
    now += 3_600_000;
    await look();
    await look();
    expect(issues()).toMatchObject([{ state: 'closed' }]);
    const written = writes().length;
    await look();
    expect(writes()).toHaveLength(written);
    await hand('tool:*:*');
    await look();
    expect(issues()).toMatchObject([{ state: 'open' }]);
  });
});

/** What the next apply would do. */
const heal = `update resource set body = (select body::jsonb from spec s join resource_history h using (digest)
    where h.address = resource.address and h.to_revision is null),
  digest = (select h.digest from resource_history h where h.address = resource.address and h.to_revision is null)`;
