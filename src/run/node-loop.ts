import { evaluateCondition } from '../manifest/expression.ts';
import type { Json } from '../manifest/json.ts';
import { StepFailure } from './halt.ts';
import type { NodeStart, Work, Wrapper } from './node-start.ts';
import { nodeOf, stepsOf } from './place.ts';
import type { Scope } from './scope.ts';

/** Runs again, with its last output as `output`, until a condition on it holds. */
export const looped: Wrapper = (start, scope, inner) => {
  const { loop } = start.node;
  return loop === undefined ? inner(start, scope) : runTurns(loop, { start, scope, inner });
};

async function runTurns(
  { until, maxTurns }: NonNullable<NodeStart['node']['loop']>,
  { start, scope, inner }: { readonly start: NodeStart; readonly scope: Scope; readonly inner: Work },
): Promise<Json> {
  const { place, own, around } = start;
  let current: NodeStart = { ...start, own: { ...own, output: null } };
  for (let turn = 1; ; turn += 1) {
    const output = await inner(current, scope);
    if (isOver(until, output, start)) return output;
    if (turn >= maxTurns) {
      if (around?.graph.limits.onLimit === 'succeed') return output;
      const message = `Node ${place} ran ${maxTurns} times, and its \`until\` does not hold.`;
      throw new StepFailure({ code: 'limit.turns', message, node: place });
    }
    current = { ...start, place: `${place}@${turn + 1}`, own: { ...own, output } };
  }
}

function isOver(until: string, output: Json, { place, own, view }: NodeStart): boolean {
  const seen = view({ ...own, output });
  const name = nodeOf(stepsOf(place).at(-1) ?? '');
  return evaluateCondition(until, { ...seen, nodes: { ...seen.nodes, [name]: { output } } });
}
