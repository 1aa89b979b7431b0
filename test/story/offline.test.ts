import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Said } from '../cli/fixture.ts';
import { createRepository, type TestRepository } from '../support/git.ts';
import { sound } from '../support/small-repository.ts';
import { giveDatabase, typist } from './example.ts';

const asking = `apiVersion: pawl/v1
kind: AgentSystem
metadata: { name: agree }
spec:
  graph:
    size:
      human:
        assignees: { users: [tester] }
        form: { type: object, required: [amount], properties: { amount: { type: integer } } }
        ttl: 1h
    draft:
      agentRef: clerk
      dependsOn: [size]
      review: { approvers: { users: [tester] }, ttl: 1h, maxCycles: 1 }
`;
const nightly = `apiVersion: pawl/v1
kind: TaskSchedule
metadata: { name: nightly }
spec: { cron: "0 2 * * *", timeZone: Europe/Berlin, task: { systemRef: desk } }
`;

describe('offline', { timeout: 120_000 }, () => {
  let repository: TestRepository;
  let pawl: (...words: readonly string[]) => Promise<Said>;
  beforeAll(async () => {
    repository = await createRepository();
    await repository.commit({ ...sound, 'agents/agree.yaml': asking, 'agents/nightly.yaml': nightly }, 'Begin');
    pawl = typist(repository.path, { COLUMNS: '80' });
  });
  afterAll(() => repository.remove());

  test('run --local without a terminal says where the run waits for a person, and where it could be answered', async () => {
    const unanswered = await pawl('run', '--local', 'agree');
    expect(unanswered.exit).toBe(64);
    expect(unanswered.stderr).toContain('It waits at size/human (human), and ends here.');
    expect(unanswered.stderr).toContain(
      'The run waits for a person at size/human (human), and standard input is not a terminal.',
    );
    expect(unanswered.stderr).toMatch(/Run it on a terminal to be asked, or under `pawl up`/);
    expect((await pawl('run', '--local', 'agree', '--exit-status')).exit).toBe(5);
  });

  test('describe shows of a schedule what is live of it, and makes no database to find that out', async () => {
    expect((await pawl('describe', 'schedule/nightly')).stdout).not.toContain('Live');
    await giveDatabase(repository);
    expect((await pawl('describe', 'schedule/nightly')).stdout).not.toContain('Live');
    await pawl('plan', '--out', 'plan.json');
    expect((await pawl('apply', 'plan.json', '--ack', 'bootstrap')).exit).toBe(0);
    const { stdout } = await pawl('describe', 'schedule/nightly');
    expect(stdout.slice(stdout.indexOf('Live'))).toMatch(
      /^Live\n {2}next: (\d{4}-\S+Z|never again) \(Europe\/Berlin\)\n {2}last: not yet\n {2}missed: 0 times that were too late to be made up for\n$/,
    );
    const { live } = JSON.parse((await pawl('describe', 'schedule/nightly', '-o', 'json')).stdout) as { live: object };
    expect(live).toMatchObject({ schedule: 'default/nightly', missed: 0, suspended: false, ended: [] });
  });
});
