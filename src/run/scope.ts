import type { Bundle } from '../manifest/bundle.ts';
import { type JsonObject, own } from '../manifest/json.ts';
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
  const pinned = subjectRow(scope.pinned, subject);
  const row = live === scope.pinned ? pinned : subjectRow(live, subject);
  // Parts that nearly no call has are put in where they are: spreads of nothing cost more than the decision.
  const usage: Mutable<Usage> = scope.ledger.usage(place, { subject, pinned: scope.pinned, live });
  if (place.includes('>')) usage.nested = nestedUsage(scope, place);
  const touched = touchedIn(scope.ledger, { revisions: { pinned, live: row }, bundle: scope.content, live });
  if (touched?.touched !== undefined) usage.touched = touched.touched;
  if (scope.allotments !== undefined) usage.drawn = scope.allotments.drawn();
  const context: Mutable<GateContext> = {
    clock: { lost: halt === 'lost', cancelled: halt === 'cancelled', overdue: halt === 'overdue' },
    bundle: scope.content,
    tiers: scope.isolation?.tiers ?? ['inline'],
    schemas: argumentSchemas(scope.content),
    pinned,
    live: row,
    usage,
    where: new SiteOfRun(scope.run, call),
    approvals: scope.approvals,
  };
  // Only work that was handed on has agents above it.
  if (place.includes('^')) context.handedOn = handedOnAt(scope, place);
  if (halts !== undefined) context.halts = halts;
  return context;
}

type Mutable<T> = { -readonly [Key in keyof T]: T[Key] };

/** Where a call is made. What only conditions and approvals look at is made when they do. */
class SiteOfRun implements CallPlace {
  readonly #run: ClaimedRun;
  readonly #site: CallSite;
  #now: string | undefined;

  constructor(run: ClaimedRun, site: CallSite) {
    this.#run = run;
    this.#site = site;
  }

  get environment(): string {
    return this.#run.environment;
  }

  get run(): string {
    return this.#run.id;
  }

  get step(): string {
    return firstAttemptAt(this.#site).node;
  }

  get call(): string {
    return firstAttemptAt(this.#site).path;
  }

  get input(): JsonObject {
    return this.#run.input;
  }

  get now(): string {
    return (this.#now ??= new Date().toISOString());
  }
}

function handedOnAt(scope: Scope, place: string): readonly HandedOn[] {
  const agents = handersOf(scope.content, place);
  const live = scope.live.current().authority;
  return agents.map((agent, index): HandedOn => {
    const subject = subjectOf({ kind: 'agent', agent });
    const max = delegationDepthMax(subjectRow(scope.pinned, subject), subjectRow(live, subject));
    return { subject, depth: agents.length - index, max };
  });
}

function nestedUsage({ content, ledger }: Scope, place: string): NonNullable<Usage['nested']> {
  return nestingOf(content, place).map(({ place: outer, system, graph }) => {
    return { system, limits: graph.limits, ...ledger.spentWithin(outer) };
  });
}

/** The rules of both revisions for a subject; undefined: the pinned one has none. */
export function revisionsFor(scope: Scope, subject: string): Revisions | undefined {
  const pinned = subjectRow(scope.pinned, subject);
  return pinned && { pinned, live: subjectRow(scope.live.current().authority, subject) };
}

/**
 * The lists of hosts of both revisions that a subject's calls are under: each must have where a call goes. Undefined: no
 * rule has one.
 */
export function egressListsFor(scope: Scope, subject: string): readonly (readonly string[])[] | undefined {
  const { pinned, live } = revisionsFor(scope, subject) ?? {};
  if (pinned?.egress === undefined && live?.egress === undefined) return undefined;
  return [...(pinned?.egress ?? []), ...(live?.egress ?? [])].map(({ hosts }) => hosts);
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
