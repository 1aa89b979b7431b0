import { channels } from '../bus/bus.ts';
import { readEnvironment } from '../controller/environments.ts';
import { involvedIn } from '../controller/involved.ts';
import type { ControlPlane } from '../controller/planning.ts';
import { exitCodes, RetryableError, TerminalError } from '../errors.ts';
import { isJsonObject, type Json, type JsonObject } from '../manifest/json.ts';
import type { Rules } from '../manifest/rules.ts';
import { compareText } from '../manifest/problem.ts';
import { isUngoverned, personKey } from '../plan/approvers.ts';
import { approvedBy, countedFor, type Electorate, outcomeOf, whoText } from '../plan/voting.ts';
import type { Person } from '../policy/person.ts';
import { type ApprovalRow, listApprovals, readApproval } from '../store/approval-list.ts';
import { listTokens } from '../store/api-token.ts';
import { type Vote, writeVote } from '../store/approval-vote.ts';
import type {
  ApprovalDecided,
  ApprovalDecision,
  ApprovalOperations,
  ApprovalRecord,
  ApprovalsRequest,
} from './operations-approval.ts';

interface Deciding {
  readonly plane: ControlPlane;
  readonly person: Person;
  readonly hasProvider?: boolean;
}

export function approvalOperations(
  { plane, person, hasProvider = false }: Deciding,
  known: (name: string) => Promise<string>,
): ApprovalOperations {
  const { database } = plane;
  return {
    approvals: async (request) => {
      const environment = await known(request.environment);
      return (await listApprovals(database, { ...filterOf(request), environment })).map(recordOf);
    },
    approval: async (id) => recordOf(await requestOf(plane, id)),
    decideApproval: (request) => decide({ plane, person, hasProvider }, request),
  };
}

function filterOf({ states = ['pending'], run, after, limit, namespaces }: ApprovalsRequest) {
  return { states, run, after, limit, namespaces };
}

async function requestOf({ database }: ControlPlane, id: string): Promise<ApprovalRow> {
  const row = await readApproval(database, id);
  if (row !== undefined) return row;
  throw new TerminalError(`No request for an approval has the id ${JSON.stringify(id.slice(0, 64))}.`, {
    code: 'approval.unknown',
    help: 'Look at `pawl get approvals`.',
  });
}

/** Votes of others may come in between so often. */
const roundsMax = 20;

/**
 * Takes one vote. It is made up of what the request is now and counts only if that is still so when it is written;
 * else it is made up anew, and refused with the state that it lost to where somebody else has decided.
 */
async function decide({ plane, person, hasProvider }: Deciding, request: ApprovalDecision): Promise<ApprovalDecided> {
  const { database } = plane;
  const { rules: known, involved } = await judging(plane, request.id);
  const isAlone = person.proof === 'local' && hasProvider !== true && (await isOnlyPerson(plane, known));
  for (let round = 1; round <= roundsMax; round += 1) {
    const row = await requestOf(plane, request.id);
    assertSeen(row, request);
    assertOpen(row);
    const electorate = { asks: row.asks, namespace: row.namespace, rules: known, involved, isAlone };
    const vote = voteOf(person, request, electorate);
    if (row.votes.some(({ key }) => key === vote.key))
      throw conflict('approval.voted', `You have decided on request ${row.id} already.`);
    const state = outcomeOf(row.asks, [...row.votes, vote]);
    const { id, action_digest: actionDigest } = row;
    const reason = vote.text === undefined ? {} : { reason: vote.text };
    const pool = await writeVote(database, {
      approval: id,
      actionDigest,
      after: row.votes.length,
      vote,
      state,
      ...reason,
    });
    if (pool === undefined) continue;
    if (state !== 'pending') await database.notify(channels.ready, pool).catch(() => undefined);
    return { id, run: row.run, state, alone: vote.alone === true };
  }
  throw new RetryableError(`Others decide on request ${request.id} at the same time.`, {
    code: 'approval.busy',
    help: 'Try again.',
  });
}

/** By the rules of the environment's own branch: whoever is asked may not say so themselves. */
async function judging(plane: ControlPlane, id: string): Promise<Pick<Electorate, 'rules' | 'involved'>> {
  const row = await requestOf(plane, id);
  const { rules = noRules } = await readEnvironment(plane.repository, row.environment);
  if (row.asks.every(({ fourEyes }) => !fourEyes)) return { rules, involved: [] };
  const { subject: caller, tool } = actionOf(row);
  const { environment, system, revision, subject, cause, asks } = row;
  const asked = { environment, system, revision, subject, cause, caller, tool, rules: asks.map(({ rule }) => rule) };
  return { rules, involved: await involvedIn(plane, asked) };
}

/** Where nobody else can come in and no rule speaks of anybody, whoever opens the embedded database is the only person. */
async function isOnlyPerson({ database }: ControlPlane, rules: Rules): Promise<boolean> {
  if (database.kind !== 'embedded' || !isUngoverned(rules) || (rules.access ?? []).length > 0) return false;
  const tokens = await listTokens(database.db, 1);
  return tokens.length === 0;
}

const noRules: Rules = { groups: {}, ownership: [], approvals: {}, guards: {} as Rules['guards'] };

const digestMin = 8;

/** Who approves says what they saw: a request may have made place for another between looking and saying so. */
function assertSeen({ id, action_digest: actual }: ApprovalRow, { digest }: ApprovalDecision): void {
  if (digest.length >= digestMin && actual.startsWith(digest)) return;
  const message = `Request ${id} is about action ${actual.slice(0, 12)}, not ${JSON.stringify(digest.slice(0, 64))}.`;
  throw conflict('approval.stale', message, `Look at \`pawl approve ${id}\`, and give the digest that it shows.`);
}

function assertOpen({ id, state, decided_by: by, reason }: ApprovalRow): void {
  if (state === 'pending') return;
  const who = by === null ? '' : ` by ${by}`;
  const why = reason === null ? '' : `: ${reason}`;
  throw conflict('approval.decided', `Request ${id} is ${state}${who}${why === '' ? '.' : why}`);
}

function voteOf(person: Person, { as, text }: ApprovalDecision, electorate: Electorate): Vote {
  const counted = countedFor(person, as, electorate);
  if (counted.kind === 'refused') {
    throw new TerminalError(counted.why, {
      code: counted.code,
      help:
        counted.code === 'approval.four_eyes'
          ? 'Ask another approver; who owns the platform may say `fourEyes: false` in the rule that asks.'
          : 'Ask one of those whom the rules name.',
      exit: exitCodes.unauthorised,
    });
  }
  if (as === 'deny' && (text === undefined || text.trim() === '' || text.includes('\0'))) {
    throw new TerminalError('A denial needs a reason.', {
      code: 'api.invalid_request',
      help: 'Give it by `--reason`.',
      exit: exitCodes.usage,
    });
  }
  const { asks, alone } = counted;
  const at = new Date().toISOString();
  const vote = { by: person.name, key: personKey(person.name), as, asks, at, ...(alone === true ? { alone } : {}) };
  return text === undefined || as === 'approve' ? vote : { ...vote, text };
}

function conflict(code: string, message: string, help = 'Look at `pawl get approvals`.'): TerminalError {
  return new TerminalError(message, { code, help, exit: exitCodes.conflict });
}

function recordOf(row: ApprovalRow): ApprovalRecord {
  const { asks, votes, namespace } = row;
  return {
    id: row.id,
    environment: row.environment,
    namespace,
    run: row.run,
    system: row.system,
    place: row.node,
    path: row.path,
    actionDigest: row.action_digest,
    action: actionOf(row),
    arguments: JSON.parse(row.args),
    asks: asks.map((ask, index) => ({
      rule: ask.rule,
      who: whoText(ask, namespace),
      ...(ask.approvers === undefined ? {} : { approvers: ask.approvers }),
      min: ask.approvers?.min ?? 1,
      approved: approvedBy(votes, index),
      fourEyes: ask.fourEyes,
    })),
    ...batchOf(row),
    subject: row.subject,
    state: row.state,
    votes: votes.map(({ by, as, text, at, alone }) => ({ by, as, text, at, ...(alone === true ? { alone } : {}) })),
    decidedBy: row.decided_by ?? undefined,
    reason: row.reason ?? undefined,
    createdAt: row.created_at.toISOString(),
    expiresAt: row.expires_at.toISOString(),
    decidedAt: row.decided_at?.toISOString(),
  };
}

function batchOf({ asks, class_digest: isOfClass, uses_max: uses, used_by: used }: ApprovalRow) {
  if (isOfClass === null) return {};
  const same = [...new Set(asks.flatMap(({ batch }) => batch?.same ?? []))].sort(compareText);
  return { batch: { max: uses - 1, same, used: used.length } };
}

function actionOf({ action }: ApprovalRow): ApprovalRecord['action'] {
  const parsed: unknown = JSON.parse(action);
  if (!isJsonObject(parsed)) throw new TypeError('an action is a JSON object');
  return {
    subject: textIn(parsed, 'subject'),
    tool: textIn(parsed, 'tool'),
    pin: textIn(parsed, 'pin'),
    args: textIn(parsed, 'args'),
    isolation: textIn(parsed, 'isolation'),
    egress: listIn(parsed['egress']),
    secrets: listIn(parsed['secrets']),
    pinnedPolicy: textIn(parsed, 'pinnedPolicy'),
    livePolicy: textIn(parsed, 'livePolicy'),
  };
}

function textIn(action: JsonObject, field: string): string {
  const value = action[field];
  return typeof value === 'string' ? value : '';
}

function listIn(value: Json | undefined): readonly string[] {
  return Array.isArray(value) ? value.filter((one): one is string => typeof one === 'string') : [];
}
