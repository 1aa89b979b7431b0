import { exitCodes, TerminalError } from '../errors.ts';
import { isJsonObject, type JsonObject } from '../manifest/json.ts';
import type { Decision } from '../policy/decision.ts';
import { decide } from '../policy/gate.ts';
import type { Halt, HaltScope } from '../policy/halt-scope.ts';
import { firstAttemptAt, subjectOf } from '../run/caller.ts';
import type { RecordedRow } from '../run/journal-entry.ts';
import { callerAt } from '../run/place.ts';
import { auditOfCall } from '../store/audit-call.ts';
import { authoritiesAt } from '../store/bundle.ts';
import { readSteps } from '../store/claim.ts';
import type { Database } from '../store/database.ts';
import { readPinned } from '../store/pinned.ts';
import { type HaltRow, haltsAt } from '../store/halt.ts';
import { readRun, type RunRow } from '../store/run.ts';
import type { WhyRecord, WhyRequest, WhyVerdict } from './operations-audit.ts';
import { askedOf } from './why-call.ts';
import { contextOf } from './why-context.ts';
import { textOf, unattempted, type WhyFacts } from './why-facts.ts';
import { rulesOf } from './why-rules.ts';
import { stepsOf } from './why-steps.ts';

/** Rebuilds what a decision looked at from the record, and decides again; nothing outside the database is asked. */
export async function whyOf(database: Database, request: WhyRequest): Promise<WhyRecord> {
  const run = await readRun(database, request.run);
  const { facts, row, live } = await factsOf(database, run, request.call);
  const { call, kind, subject, target, said, recorded } = facts;
  const { environment, system, revision: pinned } = run;
  const at = timeOf(row, said);
  const without: string[] = [];
  const again = await decidedAgain(database, { run, facts, at }, without);
  const would = wouldOf(said);
  const named = [recorded, ...asksOf(said), ...(again ? [again] : []), ...(would ? [would] : [])];
  const result = facts.rows.find((one) => one.path === call && one.phase === 'result');
  return {
    run: run.id,
    call,
    environment,
    system,
    kind,
    subject,
    target,
    at,
    pinned,
    live,
    recorded,
    again,
    same: again !== undefined && isSame(recorded, again),
    without,
    steps: stepsOf({ facts, again, result }),
    rules: await rulesOf(database, { environment, pinned, live }, named),
    would,
    outcome: recorded.kind === 'allow' ? outcomeOf(result) : undefined,
  };
}

interface Found {
  readonly facts: WhyFacts;
  /** The decision's row in the journal; undefined: people are asked, or it was void. */
  readonly row: RecordedRow | undefined;
  /** The live revision that it looked at. */
  readonly live: number | undefined;
}

async function factsOf(database: Database, run: RunRow, call: string): Promise<Found> {
  const { id, environment, system } = run;
  const rows = (await readSteps(database, [id])).get(id) ?? [];
  const at = rows.findIndex((one) => one.path === call && one.decision !== undefined);
  const row = rows[at];
  const events = await auditOfCall(database, id, call);
  const said = events.findLast(({ event }) => event === 'allow' || event === 'ask' || event === 'deny');
  if (row === undefined && said === undefined) throw unknownCall(id, call);
  const kind = row?.kind === 'model' || said?.['kind'] === 'model' ? 'model' : 'tool';
  const { content, authority: pinned } = await readPinned(database, run.bundle);
  const live = typeof said?.['live'] === 'number' ? said['live'] : undefined;
  const authorities =
    live === undefined ? undefined : await authoritiesAt(database.db, { environment, revision: live }, [system]);
  const place = row?.node ?? call.replace(/\/[^/]*$/, '');
  const facts = {
    run: id,
    call,
    place,
    kind,
    subject: subjectOf(callerAt(content, place)),
    target: row?.target ?? textOf(said?.['target']) ?? '',
    rows,
    before: at === -1 ? rows : rows.slice(0, at),
    content,
    pinned,
    live: authorities?.get(system),
    said,
    recorded: recordedOf(row, said),
  } as const;
  return { facts, row, live };
}

interface Deciding {
  readonly run: RunRow;
  readonly facts: WhyFacts;
  readonly at: string;
}

async function decidedAgain(
  database: Database,
  { run, facts, at }: Deciding,
  without: string[],
): Promise<WhyVerdict | undefined> {
  if (isOfTheMoment(facts.recorded, without)) return undefined;
  const asked = await askedOf(database, facts, without);
  if (asked === undefined) return undefined;
  const { place, content } = facts;
  const site = firstAttemptAt({ caller: callerAt(content, place), node: place, path: unattempted(facts.call) });
  const where = {
    environment: run.environment,
    run: run.id,
    step: site.node,
    call: site.path,
    input: run.input,
    now: at,
  };
  const halts = { known: (await haltsAt(database, { environment: run.environment, at })).map(haltOf) };
  const decision = decide(asked, { ...(await contextOf(database, facts, without)), where, halts });
  return verdictOf(decision);
}

function haltOf({ id, kind, name, reason, created_by: by, aborts, denies }: HaltRow): Halt {
  const scope: HaltScope = kind === 'global' ? { kind } : { kind, name };
  return { id, scope, reason, by, aborts, denies };
}

/** What the run heard, or what it shared: the record says that it was so, and not of what it followed. */
function isOfTheMoment({ reason = '' }: WhyVerdict, without: string[]): boolean {
  if (!/^(run|rate)\.|^halt\.unreadable$|^gate\.conflict$|^guard\./.test(reason)) return false;
  without.push(`${reason} follows from what the worker heard at that moment, which is not decided again.`);
  return true;
}

function unknownCall(run: string, call: string): TerminalError {
  return new TerminalError(`Run ${run} has no decision on a call ${JSON.stringify(call.slice(0, 200))}.`, {
    code: 'why.unknown_call',
    help: `Take the path of a call from \`pawl trace ${run}\`.`,
    exit: exitCodes.usage,
  });
}

function recordedOf(row: RecordedRow | undefined, said: JsonObject | undefined): WhyVerdict {
  if (row?.decision !== undefined) {
    const { kind, rule, reason, message } = row.decision;
    return { kind, rule, reason, message };
  }
  const kind = said?.['event'] === 'allow' ? 'allow' : said?.['event'] === 'ask' ? 'ask' : 'deny';
  return { kind, rule: textOf(said?.['rule']) ?? '', reason: textOf(said?.['reason']) };
}

function verdictOf(decision: Decision): WhyVerdict | undefined {
  switch (decision.kind) {
    case 'allow':
    case 'ask':
      return { kind: decision.kind, rule: decision.rule };
    case 'deny':
      return { kind: 'deny', rule: decision.rule, reason: decision.reason, message: decision.message };
    case 'draw':
      return undefined;
  }
}

function isSame(a: WhyVerdict, b: WhyVerdict): boolean {
  return a.kind === b.kind && a.reason === b.reason && a.rule === b.rule;
}

function wouldOf(said: JsonObject | undefined): WhyVerdict | undefined {
  const would = said?.['would'];
  if (!isJsonObject(would)) return undefined;
  const kind = would['kind'] === 'deny' ? 'deny' : would['kind'] === 'ask' ? 'ask' : 'allow';
  return { kind, rule: textOf(would['rule']) ?? '', reason: textOf(would['reason']) };
}

/** The rules that had people look at it, beside the grant. */
function asksOf(said: JsonObject | undefined): readonly WhyVerdict[] {
  const asks = said?.['asks'];
  if (!Array.isArray(asks)) return [];
  return asks.flatMap((rule): WhyVerdict[] => (typeof rule === 'string' ? [{ kind: 'ask', rule }] : []));
}

function outcomeOf(result: RecordedRow | undefined): string | undefined {
  return result?.error === undefined ? result?.outcome : `${result.outcome}: ${result.error.code}`;
}

function timeOf(row: RecordedRow | undefined, said: JsonObject | undefined): string {
  return row === undefined ? (textOf(said?.['at']) ?? '') : new Date(row.atMs).toISOString();
}
