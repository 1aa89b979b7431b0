import type { ForeignNode } from '../foreign.ts';
import type { NodeNames } from './workflow-expression.ts';

/** What follows what: for each node those that it waits for. */
export type Order = ReadonlyMap<string, readonly string[]>;

export interface Step {
  readonly node: ForeignNode;
  /** The name of the node that it becomes. */
  readonly name: string;
  /** The nodes that its switch leads to. */
  readonly targets: readonly string[];
}

export function stepsOf(steps: ForeignNode, names: NodeNames): readonly Step[] {
  return steps.items().map((node) => {
    const nexts = [
      ...node
        .get('switch')
        .items()
        .map((one) => one.get('next')),
      node.get('default'),
    ];
    const targets = nexts.flatMap((next) => nodeOf(next, names) ?? []).filter((name) => name !== 'end');
    return { node, name: names.get(node.get('name').text() ?? '') ?? '', targets: [...new Set(targets)] };
  });
}

/** The node that a step's name means; a name of no step refuses the document. */
export function nodeOf(written: ForeignNode, names: NodeNames): string | undefined {
  const name = written.text();
  if (name === undefined) return undefined;
  const node = names.get(name) ?? (name === 'end' ? 'end' : undefined);
  if (node === undefined)
    written.refuse({ code: 'import.schema', message: `\`${written.field}\` names no step of the workflow.` });
  return node;
}

/**
 * The order of the steps. Without any `dependsOn` they follow each other as they are written, and neighbours with
 * `parallel: true` run beside each other; one `dependsOn` says that all of the order is written out. `aside` are steps
 * that only a failure leads to.
 */
export function orderOf(steps: readonly Step[], names: NodeNames, aside: ReadonlySet<string>): Order {
  return steps.some(({ node }) => node.get('dependsOn').exists)
    ? explicitOrder(steps, names)
    : writtenOrder(steps.filter(({ name }) => !aside.has(name)));
}

function explicitOrder(steps: readonly Step[], names: NodeNames): Order {
  const routers = new Map(steps.filter(({ targets }) => targets.length > 0).map((step) => [step.name, step]));
  const order = new Map<string, readonly string[]>();
  for (const { node, name } of steps) {
    const parallel = node.get('parallel');
    if (parallel.exists) parallel.ignore('With `dependsOn` in the workflow, all of the order is written out.');
    const before = node
      .get('dependsOn')
      .items()
      .flatMap((entry) => {
        const one = nodeOf(entry, names);
        const router = one === undefined ? undefined : routers.get(one);
        if (router === undefined || one === undefined) return one ?? [];
        // The switch leads there already, under its condition.
        if (router.targets.includes(name)) return [];
        entry.refuse({
          code: 'import.schema',
          message: 'A step that chooses what follows it is depended on by a step that it does not name.',
          help: 'Name the step in the `switch`, or depend on what the switch leads to.',
        });
        return [];
      });
    order.set(name, [...new Set(before)]);
  }
  return order;
}

function writtenOrder(steps: readonly Step[]): Order {
  const order = new Map<string, readonly string[]>();
  let before: readonly string[] = [];
  for (let index = 0; index < steps.length; ) {
    const stage = stageAt(steps, index);
    for (const { name } of stage) order.set(name, before);
    index += stage.length;
    before = stage.map(({ name }) => name);
    const router = stage.find(({ targets }) => targets.length > 0);
    if (router === undefined) continue;
    const chosen = steps.slice(index, index + router.targets.length);
    if (stage.length > 1 || !chosen.every(({ name }) => router.targets.includes(name)) || chosen.length === 0) {
      refuseUnclear(router);
      return order;
    }
    for (const { name } of chosen) order.set(name, []);
    index += chosen.length;
    before = chosen.map(({ name }) => name);
    const second = chosen.find(({ targets }) => targets.length > 0);
    if (second !== undefined) {
      refuseUnclear(second);
      return order;
    }
  }
  return order;
}

/** The step, with the neighbours that run beside it. */
function stageAt(steps: readonly Step[], index: number): readonly Step[] {
  const stage: Step[] = [];
  for (const step of steps.slice(index)) {
    const isParallel = step.node.get('parallel').boolean() === true;
    if (stage.length > 0 && !isParallel) break;
    stage.push(step);
    if (!isParallel) break;
  }
  return stage;
}

function refuseUnclear({ node }: Step): void {
  node.get('switch').refuse({
    code: 'import.schema',
    message: 'Which steps follow after the choice is not clear from the order in which they are written.',
    help: 'Write the steps that the switch names directly after it, or say the order by `dependsOn`.',
  });
}
