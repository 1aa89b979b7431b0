import { exitCodes, TerminalError } from '../errors.ts';
import { didYouMean } from '../manifest/nearest.ts';
import type { Rules } from '../manifest/rules.ts';
import { digestOfRules, parseRules } from '../manifest/rules-of.ts';
import { shownText } from '../manifest/shown.ts';
import { isUngoverned, keptMembership, standingOf, type Voter } from '../plan/approvers.ts';
import type { Plan } from '../plan/change.ts';
import { type Excluded, exclusionOf } from '../plan/excluded.ts';
import { type Gated, gatedOf, type Outstanding, outstandingOf } from '../plan/outstanding.ts';
import { unacknowledged, shortList } from '../plan/unacknowledged.ts';
import type { Membership } from '../policy/person.ts';
import { readAcknowledgements, recordAcknowledgements } from '../store/acknowledgement.ts';
import type { Database } from '../store/database.ts';
import { type EnvironmentRow, lockEnvironment } from '../store/environment.ts';
import { inTransaction, type StoreTransaction } from '../store/transaction.ts';
import { databaseClock } from '../store/clock.ts';
import { broughtBy, type Brought } from './brought.ts';
import { liveRunRefusals } from './live-runs.ts';
import { assertBase, shortDigest, stale } from './precondition.ts';

/** Who acknowledges which risks and guards, and why. */
export interface Acknowledging {
  readonly by: string;
  /** What is proved of their groups; absent: nothing. */
  readonly membership?: Membership | undefined;
  /** Ids as the plan shows them. */
  readonly ids: readonly string[];
  readonly reason?: string;
  /** Who may not, beside those of whom the record says it: what the forge has just answered. */
  readonly excluded?: readonly Excluded[];
}

/** Records that somebody agrees to what the plan does. */
export async function acknowledge(database: Database, plan: Plan, request: Acknowledging): Promise<Acknowledged> {
  return await inTransaction(database, async (trx) => {
    const live = assertBase(plan, await lockEnvironment(trx, plan.environment));
    const rules = judgingRules(plan, live);
    const gated = await gatedIn(trx, plan, rules);
    await record(trx, plan, { gated, rules, request });
    const outstanding = await outstandingIn(trx, plan, { gated, rules });
    return { outstanding, alone: isUngoverned(rules) };
  });
}

export interface Acknowledged {
  /** What still holds the plan back. */
  readonly outstanding: readonly Outstanding[];
  /** The rules tell nobody apart. */
  readonly alone: boolean;
}

/** Throws `plan.unacknowledged` unless everything that holds the plan back was agreed to; gives what that was. */
export async function assertAcknowledged(
  trx: StoreTransaction,
  plan: Plan,
  { live, request }: { readonly live: EnvironmentRow; readonly request: Acknowledging },
): Promise<readonly Gated[]> {
  const rules = judgingRules(plan, live);
  const gated = await gatedIn(trx, plan, rules);
  await record(trx, plan, { gated, rules, request });
  const outstanding = await outstandingIn(trx, plan, { gated, rules });
  if (outstanding.length > 0) throw unacknowledged(plan, outstanding);
  return gated;
}

/** With the runs of this moment: one that uses what the plan deletes may have begun after anybody looked. */
async function gatedIn(trx: StoreTransaction, plan: Plan, rules: Rules): Promise<readonly Gated[]> {
  return gatedOf(plan, rules, await liveRunRefusals(trx, plan));
}

/** What judges is what the last apply kept; at first it is what the commit itself says. */
function judgingRules(plan: Plan, live: EnvironmentRow): Rules {
  const kept = live.revision === 0 ? undefined : parseRules(live.rules);
  const rules = kept ?? plan.targetRules;
  // A commit that changes nothing but rules makes no revision, and yet other rules judge from then on.
  if (digestOfRules(rules) !== plan.rulesDigest) throw stale(plan, 'other rules judge it now');
  return rules;
}

interface Judged {
  readonly gated: readonly Gated[];
  readonly rules: Rules;
}

async function record(
  trx: StoreTransaction,
  plan: Plan,
  { gated, rules, request }: Judged & { readonly request: Acknowledging },
): Promise<void> {
  const { by, membership = { groups: [] }, ids, reason = '', excluded = [] } = request;
  if (ids.length === 0) return;
  const chosen = [...new Set(ids)].map((id) => find(plan, gated, id));
  const voter = { name: by, ...membership };
  const brought = await broughtBy(trx, plan, gated);
  const now = await databaseClock(trx);
  for (const one of chosen) {
    assertMay(one, voter, rules);
    assertOther(one, exclusionOf(voter, now, [...excluded, ...excludedFrom(one, voter, { brought, rules })]));
  }
  const { environment, lineage, digest: planDigest } = plan;
  await recordAcknowledgements(
    trx,
    { environment, lineage, by, membership: keptMembership(membership, rules), reason, planDigest },
    chosen.map(({ id, class: kind, content }) => ({ class: kind, content, shownId: id })),
  );
}

function find(plan: Plan, gated: readonly Gated[], id: string): Gated {
  const found = gated.find((one) => one.id === id);
  if (found !== undefined) return found;
  const notice = plan.risks.find((risk) => risk.id === id);
  const ids = gated.map((one) => one.id);
  const shown = shownText(id);
  const message =
    notice === undefined
      ? `Plan ${shortDigest(plan)} of ${plan.environment} has no risk or guard \`${shown}\`.`
      : `\`${shown}\` is a notice: nobody needs to acknowledge it.`;
  const there = ids.length === 0 ? 'Nothing of it waits to be acknowledged.' : `It has: ${shortList(ids)}.`;
  throw new TerminalError(message, {
    code: 'ack.unknown',
    help: didYouMean(id, ids) ?? there,
    exit: exitCodes.usage,
  });
}

function assertMay(gated: Gated, voter: Voter, rules: Rules): void {
  if (!gated.acknowledgeable) {
    throw new TerminalError(`\`${gated.id}\` cannot be acknowledged: ${gated.title}`, {
      code: 'ack.not_allowed',
      exit: exitCodes.unauthorised,
    });
  }
  const standing = standingOf(voter, gated.approvers, rules);
  if (standing.may) return;
  throw new TerminalError(`${gated.id} is not yours to acknowledge: ${standing.why}`, {
    code: 'ack.not_allowed',
    exit: exitCodes.unauthorised,
  });
}

/** Whoever brought a change is not who agrees to what it newly permits. */
function assertOther(gated: Gated, excluded: Excluded | undefined): void {
  if (excluded === undefined) return;
  const { login, why } = excluded;
  throw new TerminalError(`${gated.id} is not yours to acknowledge: ${shownText(login)} has ${why}.`, {
    code: 'ack.four_eyes',
    help: 'Ask somebody else of those who may acknowledge it.',
    exit: exitCodes.unauthorised,
  });
}

/** Where the rules tell nobody apart, whoever holds the database decides alone; on a forge there are always others. */
function excludedFrom(
  gated: Pick<Gated, 'class' | 'content'>,
  { github }: Voter,
  { brought, rules }: { readonly brought: Brought; readonly rules: Rules },
): readonly Excluded[] {
  return github === undefined && isUngoverned(rules) ? [] : brought(gated);
}

async function outstandingIn(
  trx: StoreTransaction,
  plan: Plan,
  { gated, rules }: Judged,
): Promise<readonly Outstanding[]> {
  const { environment, lineage } = plan;
  const words = await readAcknowledgements(trx, { environment, lineage }, gated);
  const brought = await broughtBy(trx, plan, gated);
  // Judged again: somebody may have pushed to it after they had agreed to it.
  const others = words.filter((word) => {
    const voter = { name: word.by, ...word.membership };
    return exclusionOf(voter, word.at, excludedFrom(word, voter, { brought, rules })) === undefined;
  });
  return outstandingOf(gated, others, rules);
}
