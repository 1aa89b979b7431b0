import type { Bundle } from '../manifest/bundle.ts';
import { own } from '../manifest/json.ts';
import type { ApprovalState } from '../policy/approval.ts';
import { argumentSchemas } from '../policy/arguments.ts';
import type { Authority, SubjectAuthority } from '../policy/authority.ts';
import type { CallPlace, GateContext, Usage } from '../policy/context.ts';
import { delegationDepthMax, type HandedOn } from '../policy/hand-off.ts';
import type { Revisions } from '../policy/effective.ts';
import type { Memories } from '../memory/memory.ts';
import type { Ledger } from '../policy/ledger.ts';
import { touchedIn } from '../policy/touched.ts';
import type { McpSessions } from '../tools/mcp/sessions.ts';
import type { Isolation } from '../tools/isolation/isolated.ts';
import type { Secrets } from '../tools/secrets.ts';
import type { Allotments } from './allotments.ts';
import { type CallSite, firstAttemptAt, subjectOf } from './caller.ts';
import type { ClaimedRun, LiveAuthority, RateDoor, RecordedWait } from './executor.ts';
import type { Flights } from './flights.ts';
import { Halted, type HaltReason, haltReasonOf } from './halt.ts';
import type { RunJournal } from './journal.ts';
import type { Outside } from './outside.ts';
import { handersOf, nestingOf } from './place.ts';

/** One run in execution: what it is pinned to, what is live, and what it has spent. */
export interface Scope {
  readonly run: ClaimedRun;
  readonly content: Bundle;
  readonly pinned: Authority;
  readonly live: LiveView;
  readonly ledger: Ledger;
  readonly journal: RunJournal;
  readonly waits: ReadonlyMap<string, RecordedWait>;
  /** What people said of calls, by path without attempt: as it was at the claim, and as it was found since. */
  readonly approvals: Map<string, ApprovalState>;
  readonly secrets: Secrets;
  /** Absent: nothing is remembered, and nothing was. */
  readonly memories?: Memories | undefined;
  /** Absent: no MCP server is reached. */
  readonly sessions?: McpSessions | undefined;
  /** What programs and modules of the run may be started in; absent: the run starts none. */
  readonly isolation?: Isolation | undefined;
  /** Absent: nothing is counted against the rates of endpoints. */
  readonly rates?: RateDoor | undefined;
  /** When the run, or what is around the call in it, is out of time, by this process's clock; absent: never. */
  readonly overdueAt?: number | undefined;
  /** Absent: budgets that runs share hold nobody. */
  readonly allotments?: Allotments | undefined;
  /** Calls under way, which a halt may give up; absent: nothing is ever halted here. */
  readonly flights?: Flights | undefined;
  /** Absent: the world. */
  readonly outside?: Outside | undefined;
  /** Aborts with a `Halted`; calls in flight are given up. */
  readonly signal: AbortSignal;
  /** Why no new call may be made though calls in flight may end: the worker stops, or another branch failed. */
  readonly closing: () => HaltReason | undefined;
  /** Whether no further step may begin, though those under way may end. */
  readonly drained: () => boolean;
  /** Nodes that have made a call in this execution: their steps are under way. */
  readonly begun: Set<string>;
  /** False when the lease was renewed so long ago that somebody else may soon own the run. */
  readonly mayStart: () => boolean;
  /** Paths of calls that may have had an effect and may not be made again, of an attempt that could be followed by another. */
  readonly unsettled?: Set<string>;
  /** Told what made a node fail, for the worker's log. */
  readonly report: (cause: unknown) => void;
}

/** The live authority of the run's system, as new as the journal last said it is. */
export interface LiveView {
  readonly current: () => LiveAuthority;
  /** Reads it again, after the journal said that it is old. */
  readonly refresh: () => Promise<void>;
}

/** What a decision on a call looks at now. */
export function gateContext(scope: Scope, call: CallSite): GateContext {
  const { node: place, caller } = call;
  const subject = subjectOf(caller);
  const halt = haltReasonOf(scope.signal);
  const { authority: live, halts } = scope.live.current();
  const revisions = { pinned: subjectRow(scope.pinned, subject), live: subjectRow(live, subject) };
  return {
    clock: { lost: halt === 'lost', cancelled: halt === 'cancelled', overdue: halt === 'overdue' },
    bundle: scope.content,
    tiers: scope.isolation?.tiers ?? ['inline'],
    schemas: argumentSchemas(scope.content),
    ...revisions,
    usage: {
      ...scope.ledger.usage(place, { subject, pinned: scope.pinned, live }),
      ...nestedUsage(scope, place),
      ...touchedIn(scope.ledger, { revisions, bundle: scope.content, live }),
      ...(scope.allotments === undefined ? undefined : { drawn: scope.allotments.drawn() }),
    },
    ...handedOnAt(scope, place),
    ...(halts === undefined ? undefined : { halts: { known: halts.known } }),
    where: whereIs(scope, call),
    approvals: scope.approvals,
  };
}

function whereIs({ run }: Scope, site: CallSite): CallPlace {
  const { node, path } = firstAttemptAt(site);
  return {
    environment: run.environment,
    run: run.id,
    step: node,
    call: path,
    input: run.input,
    now: new Date().toISOString(),
  };
}

/** Only work that was handed on has agents above it. */
function handedOnAt(scope: Scope, place: string): Pick<GateContext, 'handedOn'> | undefined {
  if (!place.includes('^')) return undefined;
  const agents = handersOf(scope.content, place);
  const live = scope.live.current().authority;
  const handedOn = agents.map((agent, index): HandedOn => {
    const subject = subjectOf({ kind: 'agent', agent });
    const max = delegationDepthMax(subjectRow(scope.pinned, subject), subjectRow(live, subject));
    return { subject, depth: agents.length - index, max };
  });
  return { handedOn };
}

/** Plain places, which are nearly all, are inside of nothing. */
function nestedUsage({ content, ledger }: Scope, place: string): Pick<Usage, 'nested'> | undefined {
  if (!place.includes('>')) return undefined;
  const nested = nestingOf(content, place).map(({ place: outer, system, graph }) => {
    return { system, limits: graph.limits, ...ledger.spentWithin(outer) };
  });
  return { nested };
}

/** The rules of both revisions for a subject; undefined: the pinned one has none. */
export function revisionsFor(scope: Scope, subject: string): Revisions | undefined {
  const pinned = subjectRow(scope.pinned, subject);
  return pinned && { pinned, live: subjectRow(scope.live.current().authority, subject) };
}

function subjectRow(authority: Authority | undefined, subject: string): SubjectAuthority | undefined {
  return own(authority?.subjects, subject);
}

/** The smaller of the pinned and the live timeout of an agent. */
export function timeoutMsOf(scope: Scope, subject: string): number | undefined {
  const rows = [subjectRow(scope.pinned, subject), subjectRow(scope.live.current().authority, subject)];
  const limits = rows.flatMap((row) => (row === undefined ? [] : [row.limits.timeoutMs]));
  return limits.length === 0 ? undefined : Math.min(...limits);
}

/** Throws when no new call may be made. */
export function assertGoing(scope: Scope): void {
  const reason = haltReasonOf(scope.signal) ?? scope.closing();
  if (reason !== undefined) throw new Halted(reason);
}
