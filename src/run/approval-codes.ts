import type { CodeDoc } from '../manifest/problem.ts';

/** Codes of what people say to calls that wait for them. What the gate makes of it are reasons of its own. */
export const approvalCodes = {
  'approval.unknown': {
    title: 'No request for an approval has that id',
    cause: 'The id is mistyped, or the request is of a namespace that you may not read.',
    cure: 'Look at `pawl get approvals`.',
  },
  'approval.stale': {
    title: 'The request is about another action',
    cause: 'The digest is not of the action that the request is about: something else was looked at.',
    cure: 'Look at `pawl approve ID` again, and give the digest that it shows.',
  },
  'approval.decided': {
    title: 'The request is not open any more',
    cause: 'Somebody decided first, its time ran out, or its call or run came to an end.',
    cure: 'Look at `pawl approve ID`, which says who decided what.',
  },
  'approval.voted': {
    title: 'You have decided already',
    cause: 'Each person counts once for each request, however they write their name.',
    cure: 'Nothing: your first word counts. More people may be needed.',
  },
  'approval.not_approver': {
    title: 'Somebody else is asked',
    cause:
      'The rules that ask name other people or groups, or you have not the role `approver` in the run’s namespace.',
    cure: 'Ask one of those whom the message names.',
  },
  'approval.four_eyes': {
    title: 'Four eyes: somebody else has to approve',
    cause:
      'You submitted the run, or wrote the agent, the tool or a rule that asks, as far as their commits say, and the rule wants somebody else.',
    cure: 'Ask another approver. Whoever owns the platform may say `approval.fourEyes: false` in the rule.',
  },
  'approval.authors_unknown': {
    title: 'Who wrote the agent, the tool or the rule cannot be read',
    cause: 'The commit that four eyes are judged by is not in the repository, or cannot be read.',
    cure: 'Make the repository readable, and approve again. Nobody is taken for somebody else meanwhile.',
  },
  'approval.busy': {
    title: 'Others decide on the request at the same time',
    cause: 'Votes of others came in between, again and again.',
    cure: 'Try again.',
  },
} as const satisfies Record<string, CodeDoc>;
