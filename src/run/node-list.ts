import { evaluateExpression } from '../manifest/expression.ts';
import { isJsonList, type Json } from '../manifest/json.ts';
import { Halted, StepFailure, Suspended, valuesOf } from './halt.ts';
import type { NodeStart, Work, Wrapper } from './node-start.ts';
import type { Scope } from './scope.ts';

const itemsMax = 10_000;

/** Runs once for each entry of a list; the outputs keep its order, whichever entry is done first. */
export const listed: Wrapper = (start, scope, inner) => {
  const { forEach } = start.node;
  return forEach === undefined ? inner(start, scope) : runItems(itemsOf(forEach, start), { start, scope, inner });
};

function itemsOf(forEach: string, { view, own, place }: NodeStart): readonly Json[] {
  const items = evaluateExpression(forEach, view(own));
  if (!isJsonList(items)) {
    const message = `\`forEach\` of ${place} gives no list.`;
    throw new StepFailure({ code: 'each.not_a_list', message, node: place });
  }
  if (items.length <= itemsMax) return items;
  const message = `\`forEach\` of ${place} gives ${items.length} entries; at most ${itemsMax} are run.`;
  throw new StepFailure({ code: 'each.too_many', message, node: place });
}

interface List {
  readonly start: NodeStart;
  readonly scope: Scope;
  readonly inner: Work;
}

/**
 * As many lanes as may run at once, each taking the next entry. A lane whose entry waits takes no other: with one lane
 * nothing begins before what is ahead of it is done.
 */
async function runItems(items: readonly Json[], { start, scope, inner }: List): Promise<Json> {
  let isFailing = false;
  const within: Scope = { ...scope, closing: () => scope.closing() ?? (isFailing ? 'failing' : undefined) };
  const settled: PromiseSettledResult<Json>[] = [];
  let next = 0;
  const lane = async (): Promise<void> => {
    while (next < items.length && !isFailing) {
      const index = next;
      next += 1;
      const own = { ...start.own, item: items[index] ?? null };
      try {
        const value = await inner({ ...start, place: `${start.place}[${index}]`, own }, within);
        settled[index] = { status: 'fulfilled', value };
      } catch (reason) {
        settled[index] = { status: 'rejected', reason };
        isFailing ||= isFailure(reason);
        return;
      }
    }
  };
  const lanes = Math.min(items.length, start.node.maxParallel ?? items.length);
  await Promise.all(Array.from({ length: lanes }, lane));
  return valuesOf(ended(settled));
}

/** Entries that were told to stop because another failed are no reason of their own. */
function ended(settled: readonly PromiseSettledResult<Json>[]): readonly PromiseSettledResult<Json>[] {
  const known = settled.filter((one) => one !== undefined);
  const rejected = known.flatMap((one): unknown[] => (one.status === 'rejected' ? [one.reason] : []));
  if (!rejected.some(isFailure)) return known;
  return known.filter(
    (one) => one.status === 'fulfilled' || !(one.reason instanceof Halted && one.reason.reason === 'failing'),
  );
}

function isFailure(reason: unknown): boolean {
  return !(reason instanceof Halted) && !(reason instanceof Suspended);
}
