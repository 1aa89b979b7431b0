import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Said } from '../cli/fixture.ts';
import type { TestRepository } from '../support/git.ts';
import { exampleRepository, giveDatabase, ticket, typist } from './example.ts';

const permission = `apiVersion: pawl/v1
kind: ToolPermission
metadata: { name: ask-orders, namespace: support }
spec:
  description: Somebody looks at every order that is read.
  toolRef: get-order
  global: true
  rules: [{ operation: read, verdict: ask }]
`;

interface Listed {
  readonly id: string;
  readonly run: string;
  readonly actionDigest: string;
}

// Two people and one agent, without a terminal, on the example repository and the embedded database.
describe('a call that a rule asks about', { timeout: 180_000 }, () => {
  let repository: TestRepository;
  let pawl: (...words: readonly string[]) => Promise<Said>;
  let grace: typeof pawl;

  beforeAll(async () => {
    repository = await exampleRepository();
    await giveDatabase(repository);
    await repository.commit({ 'policies/ask-orders.yaml': permission }, 'Ask before orders are read');
    pawl = typist(repository.path, { COLUMNS: '100' });
    grace = typist(repository.path, { COLUMNS: '100', PAWL_ACTOR: 'grace' });
    const { exit, stderr } = await pawl('apply', '--auto-approve', '--ack', 'bootstrap');
    if (exit !== 0) throw new Error(stderr);
  }, 180_000);
  afterAll(() => repository.remove());

  async function asked(): Promise<Listed> {
    const run = await pawl('run', 'support/support-triage', '-i', ticket);
    expect([run.exit, run.stdout]).toEqual([0, expect.stringContaining('Waiting')]);
    const listed = await pawl('get', 'approvals', '-o', 'json');
    const { approvals } = JSON.parse(listed.stdout) as { readonly approvals: readonly Listed[] };
    // Those of earlier tests are older.
    const first = approvals.find(({ run: of }) => run.stdout.includes(of));
    if (first === undefined) throw new Error(listed.stdout);
    return first;
  }

  test('is shown as it would be made, and what was not looked at is not approved', async () => {
    const { id, actionDigest } = await asked();
    const { stdout } = await pawl('describe', `approval/${id}`);
    expect(stdout).toContain('support/get-order by Agent/support/research-order');
    expect(stdout).toContain('"key": "A-1042"');
    expect(stdout).toContain(actionDigest);
    const silent = await grace('approve', id);
    expect([silent.exit, silent.stderr]).toEqual([64, expect.stringContaining('cli.not_interactive')]);
    const stale = await grace('approve', id, '--digest', '000000000000');
    expect([stale.exit, stale.stderr]).toEqual([6, expect.stringContaining('approval.stale')]);
    const unknown = await grace('approve', 'zzzzzzzzzz', '--digest', actionDigest.slice(0, 12));
    expect([unknown.exit === 0, unknown.stderr]).toEqual([false, expect.stringContaining('approval.unknown')]);
  });

  test('is approved once, by a lone user who is told so, and the run goes on in the command', async () => {
    const { id, run, actionDigest } = await asked();
    const said = await pawl('approve', id, '--digest', actionDigest.slice(0, 12));
    expect([said.exit, said.stdout]).toEqual([0, expect.stringContaining(`Approved ${id}: run ${run} goes on.`)]);
    expect(said.stderr).toContain('you approved alone, without four eyes');
    expect(said.stderr).toContain('research-order/1.1: tool support/get-order done');
    expect(said.stderr).toContain(`Run ${run}: Succeeded.`);
    const again = await pawl('approve', id, '--digest', actionDigest.slice(0, 12));
    expect([again.exit, again.stderr]).toEqual([6, expect.stringContaining('consumed')]);
    const why = await pawl('why', `${run}:research-order/1.1`);
    expect(why.stdout).toMatch(/✓ T13 whoever has to be asked has agreed to this very call/);
    expect(why.stdout).toContain('Decided again from the record: the same.');
  });

  test('is denied with a reason, and the agent goes on without it', async () => {
    const { id, run } = await asked();
    const said = await grace('deny', id, '--reason', 'Not this customer.');
    expect([said.exit, said.stdout]).toEqual([0, expect.stringContaining(`Denied ${id}`)]);
    expect(said.stderr).toContain('tool support/get-order denied (approval.denied)');
    expect((await pawl('why', `${run}:research-order/1.1`)).stdout).toMatch(/✗ T13/);
    expect((await pawl('audit', 'verify')).exit).toBe(0);
  });

  test('wants four eyes as soon as somebody else could be asked', async () => {
    const { id, actionDigest } = await asked();
    expect((await pawl('token', 'create', 'ada', '--role', 'approver')).exit).toBe(0);
    const own = await pawl('approve', id, '--digest', actionDigest.slice(0, 12));
    expect([own.exit, own.stderr]).toEqual([4, expect.stringContaining('approval.four_eyes')]);
    const other = await grace('approve', id, '--digest', actionDigest.slice(0, 12));
    expect([other.exit, other.stdout]).toEqual([0, expect.stringContaining(`Approved ${id}`)]);
    expect(other.stderr).not.toContain('alone');
  });
});
