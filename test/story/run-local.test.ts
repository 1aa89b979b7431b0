import { PassThrough } from 'node:stream';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createApp } from '../../src/app.ts';
import { type Said, say } from '../cli/fixture.ts';
import { createRepository, type TestRepository } from '../support/git.ts';
import { sound } from '../support/small-repository.ts';

const asking = `apiVersion: pawl/v1
kind: AgentSystem
metadata: { name: agree }
spec:
  graph:
    size:
      human:
        assignees: { users: [ann] }
        form:
          type: object
          required: [amount]
          properties: { amount: { type: integer }, note: { type: string } }
        ttl: 1h
    draft:
      agentRef: payer
      dependsOn: [size]
      review: { approvers: { users: [ann] }, ttl: 1h, maxCycles: 1 }
  output: { size: "\${ nodes.size.output }", said: "\${ nodes.draft.output }" }
---
apiVersion: pawl/v1
kind: Tool
metadata: { name: pay }
spec:
  description: Pays.
  type: builtin
  operation: write
  builtin: { name: echo }
  inputSchema: { type: object }
---
apiVersion: pawl/v1
kind: AgentRole
metadata: { name: payer }
spec: { permissions: ["tool:pay:write"] }
---
apiVersion: pawl/v1
kind: Agent
metadata: { name: payer }
spec:
  modelRef: model
  prompt: Pay.
  roles: [payer]
  tools: [{ toolRef: pay, requireApproval: true }]
`;

/** Two forms at once, of which one is somebody else's. */
const both = `apiVersion: pawl/v1
kind: AgentSystem
metadata: { name: both }
spec:
  graph:
    hers:
      human:
        assignees: { users: [ann] }
        form: { type: object, properties: { word: { type: string } } }
        ttl: 1h
    theirs:
      human:
        assignees: { users: [bob] }
        form: { type: object, properties: { word: { type: string } } }
        ttl: 1h
`;

const script = `replies:
  - agent: payer
    turns:
      - toolCalls: [{ tool: pay, arguments: { to: "ann\\u202Exe.moc" } }]
      - text: Paid.
`;

describe('run --local on a terminal', { timeout: 120_000 }, () => {
  let repository: TestRepository;
  beforeAll(async () => {
    repository = await createRepository();
    const files = { 'agents/agree.yaml': asking, 'agents/both.yaml': both, 'agents/m.script.yaml': script };
    await repository.commit({ ...sound, ...files }, 'Begin');
  });
  afterAll(() => repository.remove());

  /** Each line is typed when the next question reads; the last of them may be none, which closes the terminal. */
  const typed = (...lines: readonly (string | undefined)[]) => typedFor('agree', ...lines);

  function typedFor(system: string, ...lines: readonly (string | undefined)[]): Promise<Said> {
    const stdin = Object.assign(new PassThrough(), { isTTY: true });
    void (async () => {
      for (const line of lines) {
        await new Promise((resolve) => stdin.once('resume', resolve));
        if (line === undefined) stdin.end();
        else stdin.write(`${line}\n`);
      }
    })();
    const settings = {
      PATH: process.env['PATH'],
      HOME: process.env['HOME'],
      PAWL_LOG_LEVEL: 'warn',
      PAWL_ACTOR: 'ann',
    };
    return say(['run', system, '--local'], { cwd: repository.path, app: createApp(repository.path, settings), stdin });
  }

  test('asks for what a person has to say, shows the exact call, and goes on to the end', async () => {
    // The first form does not fit, the second does; the approval and the review follow.
    const said = await typed('many', 'x', '7', '', 'yes', 'approve');
    expect(said.exit).toBe(0);
    expect(JSON.parse(said.stdout)).toEqual({ size: { amount: 7 }, said: 'Paid.' });
    expect(said.stderr).toContain('amount (integer)');
    expect(said.stderr).toContain('note (string, may be left out)');
    // What would be shown the other way round is made visible, and no command is named that could not be run.
    expect(said.stderr).toContain('ann\\u{202e}xe.moc');
    expect(said.stderr).toContain('Let default/pay be called with exactly this? Only "yes" is taken for it');
    expect(said.stderr).not.toContain('pawl approve');
    expect(said.stderr).not.toContain('pawl answer');
  });

  test('takes anything but yes for a no, with its reason, and a review that denies fails the run', async () => {
    const said = await typed('7', 'in words', 'y', 'Not to her.', 'perhaps', 'deny Too short.');
    expect(said.stderr).toContain('That is none of: approve, deny REASON or changes TEXT.');
    expect(said.stderr).toContain('Too short.');
    expect(said.stderr).toMatch(/default\/pay.*(denied|refused)/);
    expect(said.stdout).toBe('');
  });

  test('takes what is mistyped for no vote, and leaves the review waiting', async () => {
    const said = await typed('7', '', 'yes', 'perhaps', 'deny', 'maybe', 'well');
    expect([said.exit, said.stderr]).toEqual([1, expect.stringContaining('No answer was given.')]);
    expect(said.stderr).toContain('cli.declined');
    expect(said.stderr).not.toContain('review.denied');
  });

  test('shows what the run did where a form is mistyped five times, and then says what is wrong with the last', async () => {
    const said = await typed('many', 'x', 'lots', '', 'heaps', '', 'tons', '', 'all', '');
    expect([said.exit, said.stdout]).toEqual([6, '']);
    expect(said.stderr.match(/amount \(integer\)/g)).toHaveLength(5);
    const [, after = ''] = said.stderr.split(/amount \(integer\)(?!.*amount \(integer\))/s);
    expect(after).toMatch(/It waits at size\S* \(human\), and ends here\.[^]*answer\.invalid/);
  });

  test('asks once for what the person may not answer, goes on to what they may, and says in the end what waits', async () => {
    // Whichever is asked first: hers is taken, theirs is refused, and asked for once more after hers.
    const said = await typedFor('both', 'a', 'b', 'c', 'd', 'e', 'f');
    expect(said.exit).toBe(64);
    const refusals = said.stderr.match(/ann is not of /g) ?? [];
    expect([1, 2]).toContain(refusals.length);
    expect(said.stderr).toContain('It waits at theirs');
    expect(said.stderr).not.toContain('It waits at hers');
    expect(said.stderr).toContain('nobody here can say more');
  });

  test('ends where the terminal is closed, and says so', async () => {
    const said = await typed(undefined);
    expect([said.exit, said.stderr]).toEqual([1, expect.stringContaining('The question was not answered.')]);
  });
});
