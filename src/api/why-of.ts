import { exitCodes, TerminalError } from '../errors.ts';
import type { Bundle } from '../manifest/bundle.ts';
import { isJsonObject, type Json, type JsonObject, own } from '../manifest/json.ts';
import { gateSteps } from '../plan/gate-steps.ts';
import { argumentSchemas } from '../policy/arguments.ts';
import type { ApprovalState } from '../policy/approval.ts';
import type { Authority } from '../policy/authority.ts';
import type { GateCall, GateContext, Usage } from '../policy/context.ts';
import type { Decision } from '../policy/decision.ts';
import { decide } from '../policy/gate.ts';
import { delegationDepthMax } from '../policy/hand-off.ts';
import { foldJournal, type Ledger } from '../policy/ledger.ts';
import type { RecordedRow } from '../run/executor.ts';
import { subjectOf } from '../run/caller.ts';
import { callerAt, handersOf, nestingOf } from '../run/place.ts';
import { argumentsOf, auditOfCall, placesOf } from '../store/audit-call.ts';
import { authoritiesAt } from '../store/bundle.ts';
import { readSteps } from '../store/claim.ts';
import type { Database } from '../store/database.ts';
import { readPinned } from '../store/pinned.ts';
import { readRun } from '../store/run.ts';
import type { WhyRecord, WhyRequest, WhyRule, WhyVerdict } from './operations-audit.ts';

/** Rebuilds what a decision looked at from the record, and decides again; nothing outside the database is asked. */
export async function whyOf(database: Database, { run: id, call }: WhyRequest): Promise<WhyRecord> {
  const run = await readRun(database, id);
  const rows = (await readSteps(database, [id])).get(id) ?? [];
  const at = rows.findIndex((row) => row.path === call && row.decision !== undefined);
  const row = rows[at];
  const events = await auditOfCall(database, id, call);
  const said = [...events].reverse().find(({ event }) => event === 'allow' || event === 'ask' || event === 'deny');
  if (row?.decision === undefined && said === undefined) throw unknownCall(id, call);
  const kind = row?.kind === 'model' || said?.['kind'] === 'model' ? 'model' : 'tool';
  const pinned = await readPinned(database, run.bundle);
  const live = typeof said?.['live'] === 'number' ? said['live'] : undefined;
  const liveAuthority =
    live === undefined
      ? undefined
      : (await authoritiesAt(database.db, { environment: run.environment, revision: live }, [run.system])).get(
          run.system,
        );
  const place = row?.node ?? call.replace(/\/[^/]*$/, '');
  const subject = subjectOf(callerAt(pinned.content, place));
  const target = row?.target ?? textOf(said?.['target']) ?? '';
  const recorded = recordedOf(row, said);
  const before = at === -1 ? rows : rows.slice(0, at);
  const facts: Facts = { call, kind, subject, target, rows, content: pinned.content, said };
  const without: string[] = [];
  const asked = isOfTheMoment(recorded, without) ? undefined : await askedOf(database, id, facts, without);
  const again =
    asked &&
    decide(asked, {
      ...contextOf(facts, { before, place, pinned: pinned.authority, live: liveAuthority, without }),
      where: {
        environment: run.environment,
        run: id,
        step: place,
        call: unattempted(call),
        input: run.input as JsonObject,
        now: timeOf(row, said),
      },
    });
  const verdict = again && verdictOf(again);
  const shown = verdict ?? recorded;
  return {
    run: id,
    call,
    environment: run.environment,
    system: run.system,
    kind,
    subject,
    target,
    at: timeOf(row, said),
    pinned: run.revision,
    live,
    recorded,
    again: verdict,
    same: verdict !== undefined && isSame(recorded, verdict),
    without,
    steps: gateSteps(
      { kind: shown.kind, ...(shown.reason === undefined ? {} : { reason: shown.reason }) },
      'call',
      kind,
    ),
    rules: await rulesOf(database, { environment: run.environment, pinned: run.revision, live }, [
      recorded,
      ...(verdict ? [verdict] : []),
      ...wouldOf(said),
    ]),
    would: wouldOf(said)[0],
    outcome: outcomeOf(rows, call),
  };
}

interface Facts {
  readonly call: string;
  readonly kind: 'model' | 'tool';
  readonly subject: string;
  readonly target: string;
  readonly rows: readonly RecordedRow[];
  readonly content: Bundle;
  readonly said: JsonObject | undefined;
}

/** What the run heard, or switches and accounts that it shared: the record says that it was so, and not of what it followed. */
function isOfTheMoment({ reason = '' }: WhyVerdict, without: string[]): boolean {
  if (!/^(run|halt|rate)\.|^gate\.conflict$|^guard\./.test(reason)) return false;
  without.push(`${reason} follows from what the worker heard at that moment, which is not decided again.`);
  return true;
}

function unknownCall(run: string, call: string): TerminalError {
  return new TerminalError(`Run ${run} has no decision on a call ${JSON.stringify(call)}.`, {
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

/** What was asked of the gate; undefined: the record does not hold it. */
async function askedOf(
  database: Database,
  run: string,
  { call, kind, subject, target, rows, content, said }: Facts,
  without: string[],
): Promise<GateCall | undefined> {
  if (kind === 'model') {
    without.push('The size of the prompt is not recorded: whether it fitted is not decided again.');
    return { kind, subject: subject as GateCall['subject'], model: target, inputTokens: 0 };
  }
  const again = call !== unattempted(call);
  const written = writtenCall(rows, unattempted(call));
  if (written !== undefined) return { kind, subject: subject as GateCall['subject'], ...written, again };
  const text = await argumentsOf(database, run, call);
  if (text === undefined) {
    without.push(
      said?.['args'] === undefined
        ? 'The arguments were refused before they had a digest, and are not in the record.'
        : 'The arguments of a refused call are not in the record, only their digest.',
    );
    return undefined;
  }
  const agent = subject.startsWith('Agent/') ? own(content.agents, subject.slice('Agent/'.length)) : undefined;
  const name = agent === undefined ? target : Object.keys(agent.tools).find((one) => agent.tools[one] === target);
  return { kind, subject: subject as GateCall['subject'], name: name ?? target, arguments: text, again };
}

/** What the model wrote that made the call: `place/turn.index` is the index-th of the answer at `place/turn`. */
function writtenCall(
  rows: readonly RecordedRow[],
  call: string,
): { readonly name: string; readonly arguments: string } | undefined {
  const [, turn, index] = /^(.*\/\d+)\.(\d+)$/.exec(call) ?? [];
  if (turn === undefined) return undefined;
  const answer = rows.findLast(
    (row) => unattempted(row.path) === turn && row.outcome === 'done' && row.kind === 'model',
  );
  if (answer?.body === undefined) return undefined;
  const { toolCalls } = JSON.parse(answer.body) as { readonly toolCalls?: Json };
  const made = Array.isArray(toolCalls) ? toolCalls[Number(index) - 1] : undefined;
  if (!isJsonObject(made)) return undefined;
  return { name: textOf(made['name']) ?? '', arguments: textOf(made['arguments']) ?? '' };
}

function contextOf(
  { call, subject, content, said }: Facts,
  decided: {
    readonly before: readonly RecordedRow[];
    readonly place: string;
    readonly pinned: Authority;
    readonly live: Authority | undefined;
    readonly without: string[];
  },
): GateContext {
  const { before, place, pinned, live, without } = decided;
  const ledger = foldJournal(before, (node) => subjectOf(callerAt(content, node)));
  if (live === undefined)
    without.push(
      'The live revision that the decision looked at is not recorded, or had no such system: the pinned rules alone are asked.',
    );
  const approval = textOf(said?.['approval']);
  const action = textOf(said?.['action']);
  const approvals: ReadonlyMap<string, ApprovalState> | undefined =
    approval === undefined || action === undefined
      ? undefined
      : new Map([[unattempted(call), { id: approval, actionDigest: action, state: 'approved' }]]);
  return {
    clock: { lost: false, cancelled: false, overdue: false },
    bundle: content,
    schemas: argumentSchemas(content),
    pinned: own(pinned.subjects, subject),
    live: own(live?.subjects, subject),
    usage: { ...ledger.usage(place, { subject, pinned, live }), ...nestedIn(content, place, ledger) },
    ...handedOnIn(content, place, { pinned, live }),
    // A worker proved at least the tier that it was let through with.
    ...(said?.['reason'] === 'isolation.unavailable'
      ? {}
      : { tiers: ['inline', 'process', 'sandbox', 'container', 'wasm'] }),
    ...(approvals === undefined ? {} : { approvals }),
  };
}

function nestedIn(content: Bundle, place: string, ledger: Ledger): Pick<Usage, 'nested'> {
  const nested = nestingOf(content, place).map(({ place: outer, system, graph }) => {
    return { system, limits: graph.limits, ...ledger.spentWithin(outer) };
  });
  return nested.length === 0 ? {} : { nested };
}

function handedOnIn(
  content: Bundle,
  place: string,
  { pinned, live }: { readonly pinned: Authority; readonly live: Authority | undefined },
): Pick<GateContext, 'handedOn'> {
  if (!place.includes('^')) return {};
  const agents = handersOf(content, place);
  const handedOn = agents.map((agent, index) => {
    const subject = subjectOf({ kind: 'agent', agent });
    const max = delegationDepthMax(own(pinned.subjects, subject), own(live?.subjects, subject));
    return { subject, depth: agents.length - index, max };
  });
  return { handedOn };
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

function wouldOf(said: JsonObject | undefined): readonly WhyVerdict[] {
  const would = said?.['would'];
  if (!isJsonObject(would)) return [];
  const kind = would['kind'] === 'deny' ? 'deny' : would['kind'] === 'ask' ? 'ask' : 'allow';
  return [{ kind, rule: textOf(would['rule']) ?? '', reason: textOf(would['reason']) }];
}

async function rulesOf(
  database: Database,
  {
    environment,
    pinned,
    live,
  }: { readonly environment: string; readonly pinned: number; readonly live: number | undefined },
  verdicts: readonly WhyVerdict[],
): Promise<readonly WhyRule[]> {
  const rules = [...new Set(verdicts.flatMap(({ rule }) => [rule.split(' of ').at(-1) ?? '']))];
  const revisions = [
    ['pinned', pinned] as const,
    ...(live === undefined || live === pinned ? [] : [['live', live] as const]),
  ];
  const asked = rules.flatMap((rule) =>
    revisions.map(([of, revision]) => ({ rule, of, revision, address: rule.replace(/#.*$/, '') })),
  );
  const places = await placesOf(
    database,
    environment,
    asked.map(({ address, revision }) => ({ address, revision })),
  );
  return asked.flatMap(({ rule, of, revision, address }) => {
    const place = places.find((one) => one.address === address && one.revision === revision);
    return place === undefined
      ? []
      : [{ rule, of, revision, commit: place.commit, file: place.file, line: place.line }];
  });
}

function outcomeOf(rows: readonly RecordedRow[], call: string): string | undefined {
  const result = rows.find((row) => row.path === call && row.phase === 'result');
  return result?.error === undefined ? result?.outcome : `${result.outcome}: ${result.error.code}`;
}

function timeOf(row: RecordedRow | undefined, said: JsonObject | undefined): string {
  return row === undefined ? (textOf(said?.['at']) ?? '') : new Date(row.atMs).toISOString();
}

/** A call's path without its attempt. */
function unattempted(path: string): string {
  return path.replace(/~\d+$/, '');
}

function textOf(value: Json | undefined): string | undefined {
  return typeof value === 'string' ? value : undefined;
}
