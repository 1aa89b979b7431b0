import { commandsTurn } from './commands.ts';
import type { Turn } from './context.ts';
import { issuesTurn } from './issues.ts';
import { mergeGroupsTurn } from './merge-groups.ts';
import { mergesTurn } from './merges.ts';
import { proposalsTurn } from './proposals.ts';
import { pullRequestsTurn } from './pull-requests.ts';
import { reportsTurn } from './reports.ts';

/** Everything that the loop does on GitHub, in the order in which it is done. */
export const turns: readonly Turn[] = [
  pullRequestsTurn,
  mergeGroupsTurn,
  mergesTurn,
  commandsTurn,
  reportsTurn,
  proposalsTurn,
  issuesTurn,
];
