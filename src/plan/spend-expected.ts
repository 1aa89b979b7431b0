import type { Bundle, BundleAgent } from '../manifest/bundle.ts';
import { own } from '../manifest/json.ts';
import { compareText } from '../manifest/problem.ts';
import { costOf } from '../policy/cost.ts';
import { embeddersOf } from '../policy/embedders.ts';
import type { Figure } from './spend-ceiling.ts';
import type { RunRate, SpendRow } from './spend-record.ts';

export interface History {
  readonly rate: RunRate | undefined;
  readonly rows: readonly SpendRow[];
  readonly now: Date;
  /** What the runs were recorded with, as far as is known; absent: with the content itself. */
  readonly recorded?: Bundle | undefined;
}

export interface Expected extends Figure {
  readonly runs: number;
  readonly days: number;
}

const dayMs = 86_400_000;

/**
 * Micro-USD a day, had the recorded runs been made with this content: what half of them would have cost at most, times
 * the runs a day of the last week, or of the last month where the last week had none.
 */
export function expectedOf(content: Bundle, history: History): Expected {
  const { rate, rows, now } = history;
  const sides = { content, recorded: history.recorded ?? content };
  const byRun = new Map<string, SpendRow[]>();
  for (const row of rows) {
    const known = byRun.get(row.run);
    if (known === undefined) byRun.set(row.run, [row]);
    else known.push(row);
  }
  if (rate === undefined || byRun.size === 0) return { micros: undefined, lacks: ['no history'], runs: 0, days: 0 };
  const { ended, elapsedMs } = windowOf(rate, now);
  const known = { runs: byRun.size, days: Math.ceil(elapsedMs / dayMs) };
  const unpriced = rows.flatMap((row) =>
    row.kind === 'model' && row.tokensIn + row.tokensOut > 0 ? lacksOf(sides, row) : [],
  );
  if (unpriced.length > 0) return { micros: undefined, lacks: [...new Set(unpriced)].sort(compareText), ...known };
  const costs = Array.from(byRun.values(), (used) => used.reduce((sum, row) => sum + costIn(sides, row), 0n));
  costs.sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));
  const median = costs[Math.floor((costs.length - 1) / 2)] ?? 0n;
  const [total, elapsed] = [median * BigInt(ended) * BigInt(dayMs), BigInt(Math.round(elapsedMs))];
  return { micros: Number((total + elapsed - 1n) / elapsed), lacks: [], ...known };
}

/** A system that began yesterday has no week of runs: its days are counted from its first run, and are one at least. */
function windowOf(rate: RunRate, now: Date): { readonly ended: number; readonly elapsedMs: number } {
  const isRecent = rate.week > 0 && rate.weekSince !== null;
  const [ended, since, days] = isRecent ? [rate.week, rate.weekSince, 7] : [rate.month, rate.monthSince, 30];
  const elapsedMs = now.getTime() - (since ?? rate.monthSince).getTime();
  return { ended, elapsedMs: Math.min(Math.max(elapsedMs, dayMs), days * dayMs) };
}

interface Contents {
  readonly content: Bundle;
  readonly recorded: Bundle;
}

/**
 * The endpoints that would be asked now for what a record says: those that stand where the recorded one stood, in the
 * order of fallback or as the one that sums up. Within nested systems and after hand-offs the record does not say whose
 * call it was, and those of every agent that may have made it count. A node that is gone asks none.
 */
function endpointsOf({ content, recorded }: Contents, { node, target }: SpendRow): readonly string[] {
  const found = node === null ? undefined : own(content.nodes, outermost(node));
  if (found === undefined || target === null) return [];
  const isOwn = found.kind === 'agent' && !/[>:^]/.test(node ?? '');
  const agents = isOwn ? [found.agent] : Object.keys(content.agents);
  const now = agents.flatMap((name) => {
    const [agent, was] = [own(content.agents, name), own(recorded.agents, name)];
    const role = was === undefined ? undefined : roleOf(was, target);
    return agent === undefined || role === undefined ? [] : [endpointIn(agent, role)];
  });
  if (now.length > 0) return [...new Set(now)];
  const embedded = agents.filter((name) => embedders(own(recorded.agents, name), recorded).includes(target));
  if (embedded.length > 0) return embedded.flatMap((name) => embedders(own(content.agents, name), content));
  const model = isOwn ? own(content.agents, found.agent)?.model : target;
  return model === undefined ? [] : [model];
}

/** Those of an agent, which embed what its tools keep and look for. */
function embedders(agent: BundleAgent | undefined, bundle: Bundle): readonly string[] {
  return embeddersOf(Object.values(agent?.tools ?? {}), bundle);
}

/** The name of the node of the run's own graph that a place is an execution of, or inside of. */
function outermost(place: string): string {
  return place.replace(/[>:^#[@!].*$/s, '');
}

type Role = number | 'summarizer';

function roleOf({ model, fallback = [], compaction }: BundleAgent, target: string): Role | undefined {
  const at = [model, ...fallback].indexOf(target);
  if (at !== -1) return at;
  return compaction?.summarizer === target ? 'summarizer' : undefined;
}

function endpointIn({ model, fallback = [], compaction }: BundleAgent, role: Role): string {
  return (role === 'summarizer' ? compaction?.summarizer : [model, ...fallback][role]) ?? model;
}

function lacksOf(contents: Contents, row: SpendRow): readonly string[] {
  return endpointsOf(contents, row).flatMap((name) => {
    const model = own(contents.content.models, name);
    const isKnown = model === undefined || model.pricing !== undefined || model.provider === 'scripted';
    return isKnown ? [] : [`no price of ModelEndpoint/${name}`];
  });
}

/** Of several endpoints what the dearest would cost. */
function costIn(contents: Contents, row: SpendRow): bigint {
  const { content } = contents;
  if (row.kind === 'tool') {
    const isThere = row.node !== null && own(content.nodes, outermost(row.node)) !== undefined;
    return isThere ? BigInt(content.tools[row.target ?? '']?.costPerCall ?? 0) * BigInt(row.calls) : 0n;
  }
  const prices = endpointsOf(contents, row).flatMap((name) => own(content.models, name)?.pricing ?? []);
  const costs = prices.map((pricing) => costOf(pricing, row.tokensIn, row.tokensOut));
  return BigInt(Math.max(0, ...costs));
}
