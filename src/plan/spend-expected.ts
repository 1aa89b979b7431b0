import type { Bundle } from '../manifest/bundle.ts';
import { compareText } from '../manifest/problem.ts';
import { costOf } from '../policy/cost.ts';
import type { Figure } from './spend-ceiling.ts';
import type { RunRate, SpendRow } from './spend-record.ts';

export interface History {
  readonly rate: RunRate | undefined;
  readonly rows: readonly SpendRow[];
  readonly now: Date;
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
export function expectedOf(content: Bundle, { rate, rows, now }: History): Expected {
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
    row.kind === 'model' && row.tokensIn + row.tokensOut > 0 ? (lackOf(content, row) ?? []) : [],
  );
  if (unpriced.length > 0) return { micros: undefined, lacks: [...new Set(unpriced)].sort(compareText), ...known };
  const costs = Array.from(byRun.values(), (used) => used.reduce((sum, row) => sum + costIn(content, row), 0n));
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

/** The endpoint that a node has in this content: a record may be of another one. A node that is gone calls none. */
function modelOf(content: Bundle, { node, target }: SpendRow): string | undefined {
  const found = node === null ? undefined : content.nodes[node];
  if (found === undefined) return undefined;
  return found.kind === 'agent' ? content.agents[found.agent]?.model : (target ?? undefined);
}

function lackOf(content: Bundle, row: SpendRow): string | undefined {
  const name = modelOf(content, row);
  const model = name === undefined ? undefined : content.models[name];
  if (model === undefined || model.pricing !== undefined || model.provider === 'scripted') return undefined;
  return `no price of ModelEndpoint/${name ?? ''}`;
}

function costIn(content: Bundle, row: SpendRow): bigint {
  if (row.kind === 'tool') {
    const isThere = row.node !== null && content.nodes[row.node] !== undefined;
    return isThere ? BigInt(content.tools[row.target ?? '']?.costPerCall ?? 0) * BigInt(row.calls) : 0n;
  }
  const name = modelOf(content, row);
  const pricing = name === undefined ? undefined : content.models[name]?.pricing;
  return pricing === undefined ? 0n : BigInt(costOf(pricing, row.tokensIn, row.tokensOut));
}
