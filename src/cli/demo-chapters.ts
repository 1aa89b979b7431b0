import { exitCodes } from '../errors.ts';
import type { Stage } from './demo-stage.ts';

interface Chapter {
  readonly title: string;
  play(stage: Stage): Promise<void>;
}

const ticket = 'My kettle A-1042 arrived broken. I want my money back.';

/** The life of one change after another, each told before its command shows it. */
export const chapters: readonly Chapter[] = [
  {
    title: 'A team keeps its agents in Git',
    async play(stage) {
      stage.say(`The repository holds agents, their prompts, the tools they may ask for, the roles that grant and the
        policies that forbid. Its system support-triage sorts a ticket, asks two researchers at the same time, drafts an
        answer and has it reviewed. Models answer from a script here, so nothing leaves this machine.`);
      await stage.other('git init -b main && git add -A && git commit -m "Start support triage"', () =>
        stage.repository.commitAll('Start support triage'),
      );
    },
  },
  {
    title: 'Is it well formed?',
    async play(stage) {
      stage.say(`Validation needs no server and no database. It reports everything that is wrong, not just the first
        mistake.`);
      await stage.type(['validate']);
    },
  },
  {
    title: 'What would go live?',
    async play(stage) {
      stage.say(`A plan compares the commit with what is live. Nothing is live yet, so everything is added. The plan is
        saved, so that exactly what you read here can be applied.`);
      await stage.type(['plan', '--out', '.pawl/first.json'], { first: 22, last: 3 });
    },
  },
  {
    title: 'Make it live',
    async play(stage) {
      stage.say(`What newly permits, spends or reaches something is a risk, and a risk waits until somebody has said that
        they agree. Of an environment in which nothing is live yet, everything is one risk, named bootstrap: applying
        without a word on it is refused, and so is approving without reading.`);
      await stage.type(['apply', '.pawl/first.json'], { wanted: exitCodes.findings });
      stage.say(`With it, all goes live in one transaction: readers see revision 0 or revision 1, never a mix. Had anything
        moved since the plan, it would be refused as stale.`);
      await stage.type(['apply', '.pawl/first.json', '--ack', 'bootstrap']);
    },
  },
  {
    title: 'Run it',
    async play(stage) {
      stage.say(`A customer writes. Every call of a model or a tool passes the gate first, and is in the journal before it
        is made. Three tool calls to watch: get-order is allowed; issue-refund is denied by a policy, although a role
        grants it; search-web is refused because it costs more than its agent's budget. The run goes on without them.`);
      await stage.type(['run', 'support/support-triage', '-i', `ticket=${ticket}`, '--watch', '--exit-status']);
    },
  },
  {
    title: 'Why did it do that?',
    async play(stage) {
      stage.say(`The trace is the journal as a tree: what was called, for how long, with how many tokens, at what cost, and
        which rule allowed or refused it.`);
      await stage.type(['trace', 'latest']);
    },
  },
  {
    title: 'Change a prompt, a limit and a role',
    async play(stage) {
      stage.say(`The team makes drafts warmer, lowers what a run may cost, and takes the web search away from researchers.
        The plan shows each change by field, and prompts by line; and it warns that an agent still asks for the tool that
        its role no longer grants.`);
      await stage.edit('prompts/draft.md', {
        from: 'Be warm and short.',
        to: 'Be warm and short, and thank the customer for writing.',
      });
      await stage.edit('policies/spending.yaml', { from: 'limit: 20000', to: 'limit: 15000' });
      await stage.edit('roles/roles.yaml', { from: '    - tool:search-web:read\n', to: '' });
      await stage.other('git commit -am "Warmer drafts, smaller budget, no web search"', () =>
        stage.repository.commitAll('Warmer drafts, smaller budget, no web search'),
      );
      await stage.type(['plan', '--out', '.pawl/second.json']);
      await stage.type(['apply', '.pawl/second.json']);
    },
  },
  {
    title: "Somebody edits a row behind pawl's back",
    async play(stage) {
      stage.say(`At night, somebody with a database console empties the policy that denies refunds. Workers run what was
        applied, not the row, so no refund gets out; and the edit is drift, with who and when. Exit code 2 says that
        there are differences, for scripts.`);
      await stage.other(`psql -c "update resource set body = … where name = 'no-automatic-refunds'"`, () =>
        stage.tamper(),
      );
      await stage.type(['drift'], { wanted: exitCodes.differences });
    },
  },
  {
    title: 'Undo the change',
    async play(stage) {
      stage.say(`The team wants its web search back. Undoing is git revert: the plan recognises where it leads, and also
        puts the edited row right, as Git says what is live. What it gives back was taken away before, so it is new power
        again, and waits for somebody to agree: to these risks, with this content, and to nothing else.`);
      await stage.other('git revert --no-edit HEAD', () => stage.repository.revertHead());
      await stage.type(['plan', '--out', '.pawl/third.json'], { first: 34, last: 3 });
      await stage.acknowledge('.pawl/third.json', 'As it was on Monday');
      await stage.type(['apply', '.pawl/third.json']);
      await stage.type(['drift']);
    },
  },
  {
    title: 'What happened?',
    async play(stage) {
      stage.say('Revisions only grow. The newest one says the same as the first.');
      await stage.type(['history']);
      await stage.type(['status']);
    },
  },
];
