import { RetryableError } from '../errors.ts';
import type { BundleMemory, BundleMemoryUse } from '../manifest/bundle-memory.ts';
import { own } from '../manifest/json.ts';
import { memoryToolId } from '../manifest/memory-tools.ts';
import type { Memory, Session } from '../memory/memory.ts';
import type { Denial } from '../policy/effective.ts';
import { serviceFlowRefusal, serviceRefusal } from '../policy/gate-rules.ts';
import { haltDenial } from '../policy/halt.ts';
import { type Permitted, permit } from '../policy/permit.ts';
import { agentOf } from './ask.ts';
import { subjectOf } from './caller.ts';
import type { AgentTurns } from './conversation.ts';
import { beginFlight, type Flight } from './flights.ts';
import { haltReasonOf, Suspended } from './halt.ts';
import { haltWaitAt } from './halting.ts';
import type { RecordedDecision } from './journal-entry.ts';
import { openMemory } from './memory-access.ts';
import { backoffMs } from './retry.ts';
import { assertGoing, egressListsFor, gateContext, revisionsFor, type Scope } from './scope.ts';

/** A memory that is away is asked again after so long: runs that met the same outage do not come back together. */
const away = { backoff: { initialMs: 2_000, maxMs: 60_000, multiplier: 2, jitter: 'full' } } as const;
/** A question is decided again so often when live moves under it, or a halt gives it up. */
const roundsMax = 3;

/** The session that one execution of an agent goes on with. */
export interface Talk {
  readonly agent: AgentTurns;
  readonly use: BundleMemoryUse;
  readonly settings: BundleMemory;
  readonly session: Session;
}

/** Undefined: the run has no session, or the agent remembers none. */
export function talkOf(agent: AgentTurns, scope: Scope): Talk | undefined {
  const { memory: use } = agentOf(agent, scope);
  const { session } = scope.run;
  const settings = own(scope.content.memories, use?.memory ?? '');
  if (use === undefined || settings === undefined || scope.memories === undefined) return undefined;
  if (typeof session !== 'string' || revisionsFor(scope, subjectOf(agent.caller)) === undefined) return undefined;
  return { agent, use, settings, session: { agent: agent.caller.agent, session } };
}

export interface Question<T> {
  readonly path: string;
  /** Whether the journal holds that it may be asked before it is: always so of what goes out of pawl. */
  readonly isJournalled: boolean;
  /** Whether it tells the memory what the run came to, so that rules on data have a say. */
  readonly isTold: boolean;
  readonly ask: (memory: Memory) => Promise<T>;
}

export type Answer<T> =
  | { readonly kind: 'answered'; readonly value: T; readonly decision: RecordedDecision }
  | {
      readonly kind: 'denied';
      readonly denial: Denial;
      readonly decision: RecordedDecision;
      /** It was let through before, and may have arrived. */
      readonly wasAsked: boolean;
    };

/**
 * Asks the memory of a session one thing. Each time that it is asked it is decided anew, by what is live then. Throws
 * `Suspended` where a halt holds it up, and where the memory is away, which holds the run up and does not fail it.
 */
export async function askMemory<T>(talk: Talk, question: Question<T>, scope: Scope): Promise<Answer<T>> {
  const { path } = question;
  // Another branch may have had the run go on before the time was over.
  const remainingMs = scope.waits.get(path)?.remainingMs ?? 0;
  if (remainingMs > 0) throw new Suspended([{ path, kind: 'timer', delayMs: remainingMs }]);
  let wasAsked = scope.journal.recorded(path)?.intent !== undefined;
  for (let round = 1; round <= roundsMax; round += 1) {
    const permitted = await admit(talk, question, scope);
    const decision = decisionOf(permitted);
    if (permitted.kind === 'deny') return { kind: 'denied', denial: permitted, decision, wasAsked };
    wasAsked = true;
    const flight = begin(talk, path, scope);
    try {
      return { kind: 'answered', value: await question.ask(opened(talk, flight, scope)), decision };
    } catch (cause) {
      if (haltReasonOf(scope.signal) !== undefined) assertGoing(scope);
      if (flight.halt !== undefined) continue;
      if (cause instanceof RetryableError) throw later(path, scope, cause);
      throw cause;
    } finally {
      flight.end();
    }
  }
  throw later(path, scope);
}

/** What rules and halts say now. What they let through the journal holds, where it has to. */
async function admit(talk: Talk, question: Question<unknown>, scope: Scope): Promise<Permitted> {
  const { path, isJournalled } = question;
  let permitted = permittedNow(talk, question, scope);
  if (talk.settings.http === undefined && !isJournalled) return permitted;
  for (let round = 1; round <= roundsMax && permitted.kind !== 'deny'; round += 1) {
    const { revision: liveRevision, halts } = scope.live.current();
    const written = await scope.journal.intent({
      phase: 'intent',
      path,
      node: talk.agent.node,
      kind: 'memory',
      target: talk.use.memory,
      decision: decisionOf(permitted),
      tokensReserved: 0,
      liveRevision,
      haltEpoch: halts?.epoch ?? 0,
    });
    if (written === 'written') return permitted;
    await scope.live.refresh();
    permitted = permittedNow(talk, question, scope);
  }
  if (permitted.kind === 'deny') return permitted;
  throw later(path, scope);
}

/** The stricter of both revisions; of a memory elsewhere rules on ways out and on data and halts too, as of any call. */
function permittedNow(talk: Talk, { path, isTold }: Question<unknown>, scope: Scope): Permitted {
  const { agent, use, settings } = talk;
  const subject = subjectOf(agent.caller);
  const revisions = revisionsFor(scope, subject);
  if (revisions === undefined) throw new TypeError('a session of an agent without rules');
  const cell = { subject, table: 'tools', name: memoryToolId(use.memory, 'session') } as const;
  const ofRules = permit(revisions, cell);
  if (ofRules.kind === 'deny' || settings.http === undefined) return ofRules;
  const context = gateContext(scope, { ...agent, path });
  const refusal =
    serviceRefusal(revisions, settings.http.url) ??
    (isTold ? serviceFlowRefusal(revisions, context.usage.touched) : undefined);
  if (refusal !== undefined) return refusal;
  const halted = haltDenial(stoppableOf(talk), context);
  if (halted === undefined) return ofRules;
  const wait = haltWaitAt(path, halted, scope);
  if (wait !== undefined) throw new Suspended([wait]);
  return halted;
}

function stoppableOf({ agent, use }: Talk) {
  return { kind: 'session', subject: subjectOf(agent.caller), memory: use.memory } as const;
}

/** What goes out of pawl is given up by a halt that says so. */
function begin(talk: Talk, path: string, scope: Scope): Flight {
  const { agent, settings } = talk;
  const { signal } = agent;
  if (settings.http === undefined) return { signal, halt: undefined, end: () => undefined };
  const context = gateContext(scope, { ...agent, path });
  return beginFlight(scope.flights, {
    environment: scope.run.environment,
    gate: stoppableOf(talk),
    context,
    signal,
  });
}

function opened({ agent, use }: Talk, { signal }: Flight, scope: Scope): Memory {
  const { secrets, mayStart } = scope;
  const egress = egressListsFor(scope, subjectOf(agent.caller));
  const memory = openMemory(use.memory, scope, { secrets, signal, mayStart, egress });
  if (memory === undefined) throw new TypeError('a session without a memory');
  return memory;
}

/**
 * Exponential by the claims since the intent, of which each asked once. What the service says of when to come back is
 * kept to, and what is drawn comes on top: it says the same to all.
 */
function later(path: string, { journal, run }: Scope, cause?: RetryableError): Suspended {
  const since = journal.recorded(path)?.intent?.fence ?? run.fence;
  const pauseMs = Math.max(1, backoffMs(away, 1 + run.fence - since, Math.random()));
  const delayMs = (cause?.retryAfterMs ?? 0) + pauseMs;
  const wait = { path, kind: 'timer', delayMs } as const;
  return new Suspended([
    cause === undefined ? wait : { ...wait, detail: { code: cause.code, message: cause.message } },
  ]);
}

function decisionOf(permitted: Permitted): RecordedDecision {
  // A session is the run's own: nobody is asked about it.
  if (permitted.kind !== 'deny') return { kind: 'allow', rule: permitted.rule };
  const { rule, reason, message } = permitted;
  return { kind: 'deny', rule, reason, message };
}
