import { isPawlError } from '../errors.ts';
import type { Log } from '../log.ts';
import { type AlertFacts, readAlertFacts } from '../store/alert-facts.ts';
import { type AlertRow, forgetAlert, type NewAlertState, readAlerts, writeAlert } from '../store/alert.ts';
import { databaseClock } from '../store/clock.ts';
import { enqueueResolved } from '../store/outbox.ts';
import { inTransaction } from '../store/transaction.ts';
import type { Trouble } from './alert.ts';
import type { AlertMessage } from './alert-message.ts';
import { RuleWatch } from './alert-rules.ts';
import { advance, type AlertMove } from './alert-state.ts';
import type { ReasonOf } from './condition-reasons.ts';
import { driftOf } from './drift.ts';
import { listenersOf, tellFiring } from './listeners.ts';
import type { ControlPlane } from './planning.ts';
import { driftTrouble, troublesOf } from './trouble.ts';

export interface AlertsOptions {
  readonly plane: ControlPlane;
  readonly log: Log;
  /** What time it is; absent: the database's clock. */
  readonly now?: () => Promise<Date>;
}

/** What a look came to: each alert that receivers are told of. */
export interface Told {
  readonly environment: string;
  readonly key: string;
  readonly phase: 'firing' | 'resolved';
}

interface Memory {
  /** What the last look at drift followed from. */
  marks: string;
  found: FoundDrift;
  /** Since when receivers are what they are. */
  revision: string;
}

interface FoundDrift {
  readonly drift: Trouble | undefined;
  /** The namespace of each resource. */
  readonly drifted: readonly string[];
}

/**
 * Sees what is wrong and says it once. Level-triggered: each pass derives everything from rows and compares it with what
 * was told, so that a crash loses nothing; several processes may do so at once, and the row of an alert lets one in.
 */
export class Alerts {
  readonly #options: AlertsOptions;
  readonly #memories = new Map<string, Memory>();
  readonly #said = new Map<string, string>();
  readonly #rules: RuleWatch;

  constructor(options: AlertsOptions) {
    this.#options = options;
    this.#rules = new RuleWatch(options.plane.database);
  }

  /** One pass over every environment; what fails in one stays in it. */
  async tick(): Promise<readonly Told[]> {
    const { db } = this.#options.plane.database;
    const now = await (this.#options.now ?? (() => databaseClock(db)))();
    const [facts, rows] = [await readAlertFacts(db), await readAlerts(db)];
    const known = new Map<string, AlertRow[]>();
    for (const row of rows) known.set(row.environment, [...(known.get(row.environment) ?? []), row]);
    const told: Told[] = [];
    for (const one of facts) {
      try {
        told.push(...(await this.#look(one, known.get(one.environment) ?? [], now)));
        this.#said.delete(one.environment);
      } catch (error) {
        this.#tell(one.environment, error);
      }
    }
    return told;
  }

  async #look(facts: AlertFacts, known: readonly AlertRow[], now: Date): Promise<readonly Told[]> {
    const { environment } = facts;
    const { drift, drifted } = await this.#drift(facts, known);
    const moved = (facts.pins ?? []).map(({ server }) => server.split('/')[0] ?? '');
    const rules = await this.#rules.look(facts, { drifted: [...drifted, ...moved], now });
    const troubles = new Map(
      [...troublesOf(facts), ...(drift === undefined ? [] : [drift]), ...rules].map((one) => [one.key, one]),
    );
    const rows = new Map(known.map((row) => [row.key, row]));
    const told: Told[] = [];
    for (const key of new Set([...rows.keys(), ...troubles.keys()])) {
      const [row, trouble] = [rows.get(key), troubles.get(key)];
      const isMuted = facts.isSuspended && (trouble?.topic ?? topicOf(key)) === 'progress';
      const move = advance(row, trouble, { now, isMuted });
      const phase = await this.#make(move, { environment, key, row, trouble });
      if (phase !== undefined) told.push({ environment, key, phase });
    }
    await this.#tellNewcomers(facts, known, rules);
    return told;
  }

  async #make(move: AlertMove, seen: Seen): Promise<'firing' | 'resolved' | undefined> {
    const { database } = this.#options.plane;
    const { environment, key, row, trouble } = seen;
    if (move.kind === 'wait') return undefined;
    if (move.kind === 'forget') {
      if (row !== undefined) await forgetAlert(database.db, row);
      return undefined;
    }
    const next = nextOf(move, seen);
    if (next === undefined) return undefined;
    return await inTransaction(database, async (trx) => {
      const episode = await writeAlert(trx, next, row?.version);
      // Another process saw the same, and was first.
      if (episode === undefined || move.tell === undefined) return undefined;
      const telling = { environment, key, episode, fingerprint: next.fingerprint };
      const message = messageOf({ ...next, episode }, move.tell);
      if (move.tell === 'resolved') await enqueueResolved(trx, telling, message);
      else {
        const listeners = await listenersOf(trx, environment, { ...trouble, severity: next.severity });
        await tellFiring(trx, telling, { message, listeners });
      }
      return move.tell;
    });
  }

  /** Whoever is named as a receiver while something is wrong hears of it too. */
  async #tellNewcomers(facts: AlertFacts, known: readonly AlertRow[], rules: readonly Trouble[]): Promise<void> {
    const { environment, revision, commit } = facts;
    const memory = this.#memoryOf(environment);
    const mark = `${revision} ${commit ?? ''}`;
    if (memory.revision === mark) return;
    const firing = known.filter(({ state }) => state === 'firing');
    for (const row of firing) {
      const trouble = rules.find(({ key }) => key === row.key);
      if (row.key.startsWith('rule/') && trouble === undefined) continue;
      await inTransaction(this.#options.plane.database, async (trx) => {
        const { key, episode, fingerprint } = row;
        const listeners = await listenersOf(trx, environment, { ...trouble, severity: row.severity });
        const message = messageOf(row, 'firing');
        await tellFiring(trx, { environment, key, episode, fingerprint }, { message, listeners });
      });
    }
    memory.revision = mark;
  }

  /** Looked at where something moved, for a look reads what an environment holds. */
  async #drift(facts: AlertFacts, known: readonly AlertRow[]): Promise<FoundDrift> {
    const { environment, revision, writes, conditions } = facts;
    const memory = this.#memoryOf(environment);
    const condition = conditions?.find(({ type, reason }) => type === 'Drifted' && ofRows.has(reason));
    const marks = `${revision} ${writes} ${condition?.since ?? ''} ${condition?.reason ?? ''}`;
    if (memory.marks === marks) return memory.found;
    const { plane } = this.#options;
    let { drift } = await driftOf(plane, environment, false);
    const open = known.find(({ key, state }) => key === 'drift' && state === 'firing');
    // What was done past the triggers is seen by a look at every body alone.
    if (drift.length === 0 && (condition !== undefined || open?.content.deep === true))
      ({ drift } = await driftOf(plane, environment, true));
    memory.found = {
      drift: driftTrouble(environment, drift),
      drifted: drift.map(({ namespace }) => namespace),
    };
    memory.marks = marks;
    return memory.found;
  }

  #memoryOf(environment: string): Memory {
    const known = this.#memories.get(environment);
    if (known !== undefined) return known;
    const fresh: Memory = { marks: '', found: { drift: undefined, drifted: [] }, revision: '' };
    this.#memories.set(environment, fresh);
    return fresh;
  }

  #tell(environment: string, error: unknown): void {
    const { log } = this.#options;
    const said = isPawlError(error) ? `${error.code} ${error.message}` : String(error);
    if (this.#said.get(environment) === said) return;
    this.#said.set(environment, said);
    if (isPawlError(error))
      log.warn({ environment, code: error.code, reason: error.message }, 'alerts could not be looked at');
    else log.error({ environment, err: error }, 'alerts could not be looked at');
  }
}

/** Reasons that are about rows: the others are what workers found outside. */
const ofRows: ReadonlySet<string> = new Set<ReasonOf<'Drifted'>>(['OutOfBand', 'HealingStopped']);

interface Seen {
  readonly environment: string;
  readonly key: string;
  readonly row: AlertRow | undefined;
  readonly trouble: Trouble | undefined;
}

/** Of what is over, or goes, the row says what it was. */
function nextOf(move: Extract<AlertMove, { kind: 'keep' }>, seen: Seen): NewAlertState | undefined {
  const { environment, key, row, trouble } = seen;
  const isTold = move.tell === 'firing' || row === undefined;
  const said = isTold ? trouble : (row ?? trouble);
  if (said === undefined) return undefined;
  return { ...move.next, environment, key, severity: said.severity, content: said.content };
}

/** What an alert that is no longer so was about. */
function topicOf(key: string): Trouble['topic'] {
  return ['sourceready', 'planned', 'gated', 'applied'].includes(key) ? 'progress' : 'state';
}

function messageOf(row: NewAlertState, phase: AlertMessage['phase']): AlertMessage {
  const { environment, key, fingerprint, episode, severity, content, since, resolvedAt } = row;
  return {
    phase,
    environment,
    key,
    fingerprint,
    episode,
    severity,
    content,
    since: since.toISOString(),
    ...(phase === 'resolved' && resolvedAt !== undefined ? { resolvedAt: resolvedAt.toISOString() } : {}),
  };
}
