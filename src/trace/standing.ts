import type { RunRecord, TraceNode } from '../api/operations.ts';
import type { Bundle } from '../manifest/bundle.ts';
import { isJsonObject } from '../manifest/json.ts';
import type { RecordedRow } from '../run/journal-entry.ts';
import { isWithin, nestingOf, nodeAt, nodeOf, stepsOf } from '../run/place.ts';
import { parentOf } from './parent.ts';
import { bodyOf, type Call, type Draft, type Drafts } from './draft.ts';

type Stands = Pick<TraceNode, 'state' | 'then' | 'error' | 'said'>;

/** How each place of a run stands, from the journal's rows, what waits and how the run ended. */
export class Standing {
  readonly #run: RunRecord;
  readonly #drafts: Drafts;
  readonly #bundle: Bundle;
  readonly #inside = new Map<string, string[]>();
  readonly #known = new Map<string, Stands>();
  /** The last execution of a node whose failure the graph went on from. */
  readonly #given = new Map<string, RecordedRow>();
  readonly #failedAt: string | undefined;

  constructor(run: RunRecord, drafts: Drafts, bundle: Bundle) {
    this.#run = run;
    this.#drafts = drafts;
    this.#bundle = bundle;
    const last = new Map<string, string>();
    for (const { place } of drafts.values()) {
      const around = parentOf(place);
      const beside = around === undefined ? undefined : this.#inside.get(around);
      if (beside !== undefined) beside.push(place);
      else if (around !== undefined) this.#inside.set(around, [place]);
      if (!isReview(place)) last.set(activationOf(place), place);
    }
    const { node, path } = run.error ?? {};
    // What failed by the number of its turns or by time failed in the last of them.
    this.#failedAt = node === undefined || path !== undefined ? node : (last.get(node) ?? node);
    for (const { place, ended } of drafts.values()) {
      if (ended !== undefined) this.#given.set(last.get(place) ?? place, ended);
    }
  }

  of(place: string): Stands {
    const known = this.#known.get(place);
    if (known !== undefined) return known;
    const draft = this.#drafts.get(place);
    const stands: Stands = draft === undefined ? { state: 'stopped' } : this.#standing(draft);
    this.#known.set(place, stands);
    return stands;
  }

  #standing(draft: Draft): Stands {
    const given = this.#given.get(draft.place);
    if (draft.retried !== undefined) return failed(draft.retried, 'retried');
    if (draft.answer !== undefined) return said(draft.answer, given);
    if (given !== undefined) return failed(given, 'continued');
    return this.#isFailed(draft) ? { state: 'failed' } : { state: this.#state(draft) };
  }

  /** Whether the run failed at this place, or inside of it. */
  #isFailed({ place, calls }: Draft): boolean {
    if (this.#failedAt === undefined) return false;
    return place === this.#failedAt || (calls.length === 0 && isWithin(this.#failedAt, place));
  }

  #state({ place, calls, isWaiting }: Draft): TraceNode['state'] {
    if (isWaiting) return this.#run.endedAt === undefined ? 'waiting' : 'stopped';
    if (calls.some(({ result }) => result === undefined)) return this.#open();
    const inside = (this.#inside.get(place) ?? []).filter((inner) => !isReview(inner));
    return calls.length === 0 ? this.#stateOfGroup(place, inside) : this.#stateOfCalls(place, calls);
  }

  #open(): TraceNode['state'] {
    if (this.#run.endedAt !== undefined) return 'stopped';
    return this.#run.state === 'Waiting' ? 'waiting' : 'running';
  }

  #stateOfCalls(place: string, calls: readonly Call[]): TraceNode['state'] {
    const last = calls.at(-1)?.result;
    const isEnd = last?.outcome === 'done' && (nodeAt(this.#bundle, place)?.kind === 'tool' || isLastAnswer(last));
    if (isEnd || (this.#run.state === 'Succeeded' && !this.#isTolerated(place))) return 'done';
    if (this.#run.endedAt === undefined) return this.#open();
    return last?.outcome === 'done' ? 'stopped' : 'failed';
  }

  #isTolerated(place: string): boolean {
    for (let at: string | undefined = place; at !== undefined; at = parentOf(at)) {
      if (this.#given.has(at) || this.#drafts.get(at)?.retried !== undefined) return true;
    }
    return false;
  }

  /** A list or a nested system stands as what is inside of it does; it is done when something that follows it began. */
  #stateOfGroup(place: string, inside: readonly string[]): TraceNode['state'] {
    const states = new Set(
      inside.filter((inner) => this.of(inner).then === undefined).map((inner) => this.of(inner).state),
    );
    if (this.#run.state === 'Succeeded' && !this.#isTolerated(place)) return 'done';
    if (states.has('failed')) return 'failed';
    if (states.has('running')) return 'running';
    if (states.has('waiting')) return this.#open();
    if (states.has('stopped')) return 'stopped';
    return this.#isFollowed(place) ? 'done' : this.#open();
  }

  #isFollowed(place: string): boolean {
    const step = stepsOf(place).at(-1) ?? '';
    const graph = nestingOf(this.#bundle, place).at(-1)?.graph ?? this.#bundle;
    const prefix = place.slice(0, Math.max(place.lastIndexOf('>'), place.lastIndexOf(':')) + 1);
    const next = graph.nodes[nodeOf(step)]?.edges.map(({ to }) => `${prefix}${to}`) ?? [];
    return next.some((to) => this.#drafts.has(to));
  }
}

function isReview(place: string): boolean {
  return place.endsWith('/review');
}

/** The place of the node that an execution is of: without its turns, attempts and reviews, which are marks of its own. */
function activationOf(place: string): string {
  const from = Math.max(...['>', ':', '^'].map((separator) => place.lastIndexOf(separator)));
  return place.slice(0, from + 1) + place.slice(from + 1).replace(/[@!].*$/s, '');
}

function failed(row: RecordedRow, then: 'retried' | 'continued'): Stands {
  return { state: 'failed', then, ...(row.error === undefined ? {} : { error: shown(row.error) }) };
}

function shown({ code, message }: NonNullable<RecordedRow['error']>): NonNullable<TraceNode['error']> {
  return { code, message };
}

function said(row: RecordedRow, given: RecordedRow | undefined): Stands {
  const { outcome, error, target } = row;
  const then = given === undefined ? {} : ({ then: 'continued' } as const);
  if (outcome !== 'done') {
    const isDenied = error?.code === 'review.denied' && target !== '';
    const why = error === undefined ? {} : { error: shown(error) };
    return { state: 'failed', ...then, ...why, ...(isDenied ? { said: 'denied' as const } : {}) };
  }
  if (!row.path.endsWith('/review')) return { state: 'done', said: 'answered' };
  const body = bodyOf(row);
  return { state: 'done', said: isJsonObject(body) && body['verdict'] === 'changes' ? 'changes' : 'approved' };
}

/** A model's answer that asks for no tool ends its agent. */
function isLastAnswer(row: RecordedRow): boolean {
  if (row.kind !== 'model') return false;
  const answer = bodyOf(row);
  return isJsonObject(answer) && Array.isArray(answer['toolCalls']) && answer['toolCalls'].length === 0;
}
