import type { Plan } from './change.ts';
import type { GuardRefusal } from './guard.ts';
import { operationsOf, risksShownOf } from './reviewed.ts';

/** What reviewers of one pull request were shown of an environment. */
export interface Shown {
  readonly number: number;
  /** `false`: nothing of it stands on the forge, or not what was planned last. */
  readonly isShown: boolean;
  readonly mergeTree: string | undefined;
  readonly planDigest: string | undefined;
  readonly operations: readonly (readonly [string, string, string | null])[];
  readonly risks: readonly (readonly [string, string])[];
}

/**
 * Whether a plan is what pull requests showed: the very plan of the very tree, or nothing beyond what they showed
 * together. Two that each widen nothing may widen together: then no one of them showed the risk. `pushed`: how many
 * commits came beside them. Pure.
 */
export function reviewRefusal(
  plan: Plan,
  shown: readonly Shown[],
  { pushed = 0 }: { readonly pushed?: number } = {},
): GuardRefusal | undefined {
  const isSame = shown.some(
    ({ planDigest, mergeTree }) => planDigest === plan.digest && mergeTree === plan.target.tree,
  );
  if (isSame) return undefined;
  const operations = beyond(
    operationsOf(plan),
    shown.flatMap((one) => one.operations),
  );
  const risks = beyond(
    risksShownOf(plan),
    shown.flatMap((one) => one.risks),
  );
  if (operations.length === 0 && risks.length === 0) return undefined;
  const pulls = shown.map(({ number }) => `#${number}`).join(', ');
  const names = [
    ...operations.map(([address]) => address),
    ...plan.risks.flatMap(({ id, class: kind, content }) =>
      risks.some((one) => one[0] === kind && one[1] === content) ? [id] : [],
    ),
  ];
  const more = names.length > namesMax ? ` and ${names.length - namesMax} more` : '';
  const what = [countOf(operations.length, 'operation'), countOf(risks.length, 'risk')].flatMap((text) => text ?? []);
  const beside = pushed === 0 ? '' : ` Beside them ${countOf(pushed, 'commit')} came by no pull request.`;
  return {
    id: 'review.changed',
    message: `This is not what was reviewed: ${what.join(' and ')} that ${pulls} did not show: ${names.slice(0, namesMax).join(', ')}${more}.${beside}`,
    acknowledgeable: true,
    addresses: operations.map(([address]) => address),
  };
}

/** The plan itself names all of them. */
const namesMax = 5;

/** Until it is known which pull requests brought the commits, nobody can say what was reviewed. */
export function unansweredRefusal(commits: number): GuardRefusal {
  return {
    id: 'review.unanswered',
    message: `Nobody has said yet which pull requests brought ${countOf(commits, 'commit') ?? 'it'}; it goes on when the forge answers.`,
    acknowledgeable: true,
    addresses: [],
  };
}

/** So many commits at once are not asked for one by one, and what nobody has compared is not said to be reviewed. */
export function tooManyRefusal(commitsMax: number): GuardRefusal {
  return {
    id: 'review.changed',
    message: `Nobody can say that this is what was reviewed: more than ${commitsMax} commits came since what is live.`,
    acknowledgeable: true,
    addresses: [],
  };
}

function beyond<One extends readonly (string | null)[]>(all: readonly One[], shown: readonly One[]): readonly One[] {
  const known = new Set(shown.map((one) => JSON.stringify(one)));
  return all.filter((one) => !known.has(JSON.stringify(one)));
}

function countOf(count: number, noun: string): string | undefined {
  if (count === 0) return undefined;
  return count === 1 ? `1 ${noun}` : `${count} ${noun}s`;
}
