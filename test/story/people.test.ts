import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Said } from '../cli/fixture.ts';
import type { TestRepository } from '../support/git.ts';
import { exampleRepository, giveDatabase, typist } from './example.ts';

const system = `apiVersion: pawl/v1
kind: AgentSystem
metadata: { name: spend, namespace: support }
spec:
  description: A spend that people agree to
  owner: support-platform
  input:
    schema: { type: object, properties: { ticket: { type: string } }, required: [ticket] }
  graph:
    budget:
      human:
        assignees: { users: [tester] }
        form: { type: object, required: [amount], properties: { amount: { type: integer } } }
        ttl: 72h
      input: { asks: "\${ input.ticket }" }
    draft:
      agentRef: draft
      input: { ticket: "\${ input.ticket }" }
      review: { approvers: { users: [tester, ada], min: 2 }, ttl: 24h, maxCycles: 1 }
`;

// Two people at one run, without a terminal, on the example repository and the embedded database.
describe('what a run asks of people', { timeout: 180_000 }, () => {
  let repository: TestRepository;
  let pawl: (...words: readonly string[]) => Promise<Said>;
  let run = '';
  const refused = async (...words: readonly string[]) => {
    const { exit, stderr } = await pawl('answer', run, ...words);
    if (exit === 0) throw new Error('the answer was taken');
    return stderr;
  };

  beforeAll(async () => {
    repository = await exampleRepository();
    await giveDatabase(repository);
    await repository.commit({ 'systems/spend.yaml': system }, 'Ask people');
    pawl = typist(repository.path, { COLUMNS: '100' });
    await pawl('plan', '--out', 'plan.json');
    const { exit, stderr } = await pawl('apply', 'plan.json', '--ack', 'bootstrap');
    if (exit !== 0) throw new Error(stderr);
    await pawl('run', 'spend', '-i', 'ticket=A kettle \u001b[2J\u202e and a cup.');
    run = (await pawl('get', 'runs', '-o', 'name')).stdout.trim();
  }, 180_000);
  afterAll(() => repository.remove());

  test('waits shows both questions, in full for one run, and nothing of theirs acts on a terminal', async () => {
    const list = await pawl('waits');
    expect(list.stdout).toMatch(/budget +form/);
    expect(list.stdout).toMatch(/draft +review/);
    const { stdout } = await pawl('waits', run);
    expect(stdout).toContain(`pawl answer ${run} budget -i KEY=VALUE | --form FILE`);
    expect(stdout).toContain(`pawl answer ${run} draft --approve | --deny REASON | --changes TEXT`);
    expect(stdout).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u202e]/);
    expect((await pawl('trace', run)).stdout).toMatch(/budget {2}waiting/);
  });

  test('an answer that does not fit is refused with its reason, and changes nothing', async () => {
    expect(await refused('--approve')).toContain('asks at 2 places: budget, draft.');
    expect(await refused('nowhere', '--approve')).toContain('asks nobody anything at "nowhere".');
    expect(await refused('budget')).toContain('What is the answer?');
    expect(await refused('budget', '--approve')).toContain('wants a form to be filled in.');
    expect(await refused('draft', '--text', 'fine')).toContain('wants its output to be approved, denied or changed.');
    expect(await refused('budget', '-i', 'amount=much')).toContain('The answer at /amount must be integer.');
    expect(await refused('draft', '--deny', ' ')).toContain('A denial needs a text that says why.');
    const other = typist(repository.path, { PAWL_ACTOR: 'mallory' });
    const said = await other('answer', run, 'budget', '-i', 'amount=3');
    expect([said.exit, said.stderr]).toEqual([expect.any(Number), expect.stringContaining('mallory')]);
    expect(said.exit).not.toBe(0);
    expect((await pawl('waits')).stdout).toMatch(/budget +form/);
  });

  test('a form is filled in once, and each approver decides once', async () => {
    expect((await pawl('answer', run, 'budget', '-i', 'amount=3')).stdout).toContain('Answered at budget of run');
    expect(await refused('budget', '-i', 'amount=4')).toContain('was answered by tester (filled).');
    expect((await pawl('answer', run, 'draft', '--approve')).stdout).toContain('Noted at draft');
    expect(await refused('draft', '--approve')).toContain('You have decided on the output of draft already.');
    const ada = typist(repository.path, { PAWL_ACTOR: 'ada' });
    expect((await ada('answer', run, 'draft', '--approve')).stdout).toContain('Answered at draft of run');
  });
});
