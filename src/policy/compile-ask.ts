import { compareText } from '../manifest/problem.ts';
import type { Approval, Approvers } from '../manifest/types.gen.ts';
import type { ApprovalTerms } from './approval.ts';
import type { SubjectAuthority, Verdict } from './authority.ts';
import { shared } from './bundle-text.ts';
import { durationMs } from './duration-ms.ts';
import { kept } from './kept.ts';

/** How long a request waits where nothing says otherwise, and at most. */
const ttlMsDefault = 15 * 60 * 1000;
const ttlMsMax = 24 * 60 * 60 * 1000;

const defaultTerms: ApprovalTerms = shared({ ttlMs: ttlMsDefault, fourEyes: true });

const termsOf = kept(
  ({ approvers, ttl, fourEyes, batch }: Approval): ApprovalTerms =>
    shared({
      ...(approvers === undefined ? {} : { approvers: sortedApprovers(approvers) }),
      ttlMs: Math.min(durationMs(ttl), ttlMsMax),
      fourEyes,
      ...(batch === undefined ? {} : { batch: { max: batch.max, same: [...batch.same].sort(compareText) } }),
    }),
);

function sortedApprovers({ groups = [], users = [], min }: Approvers): NonNullable<ApprovalTerms['approvers']> {
  return { groups: [...groups].sort(compareText), users: [...users].sort(compareText), min };
}

/** The rules that have people look at calls of one subject, gathered while its cells are compiled. */
export class AskingRules {
  readonly #terms = new Map<string, ApprovalTerms>();
  /** A fleet's cells are asked about by the same few rules. */
  readonly #verdicts = new Map<string, Verdict>();

  /** Gives the key under which the terms are found. */
  add(rule: string, approval: Approval | undefined): string {
    if (!this.#terms.has(rule)) this.#terms.set(rule, approval === undefined ? defaultTerms : termsOf(approval));
    return rule;
  }

  /** What a grant comes to when `asks` want people to look first: the grant itself where there are none. */
  over(grant: Verdict, asks: readonly string[]): Verdict {
    if (grant.kind !== 'allow' || asks.length === 0) return grant;
    const sorted = [...new Set(asks)].sort(compareText);
    const key = JSON.stringify([grant.rule, sorted]);
    const known = this.#verdicts.get(key);
    if (known !== undefined) return known;
    const verdict = shared<Verdict>({ kind: 'ask', rule: grant.rule, asks: sorted });
    this.#verdicts.set(key, verdict);
    return verdict;
  }

  /** Absent where nothing asks. */
  compiled(): Pick<SubjectAuthority, 'approvals'> {
    if (this.#terms.size === 0) return {};
    return { approvals: Object.fromEntries([...this.#terms].sort(([a], [b]) => compareText(a, b))) };
  }
}
