import type { Flow } from '../../graph-cycle.ts';
import type { JsonObject } from '../../json.ts';
import type { ForeignDocument, ForeignNode } from '../foreign.ts';

const turnsDefault = 10;
const turnsMax = 10_000;

/** How long the ways through a system are, in steps of agents. */
interface WayLengths {
  /** From the start to the header of a cycle, without it: the longest. */
  readonly before: number;
  /** One round of a cycle: the longest. */
  readonly round: number;
}

/**
 * The limits of a system with a cycle. Orloj counts the steps of a branch and ends it well; pawl counts rounds. The
 * tasks say how many: of several the fewest, since no limit may become wider.
 */
export function turnLimits(
  system: ForeignDocument,
  tasks: readonly ForeignNode[],
  { before, round }: WayLengths,
): JsonObject {
  const said = tasks.map((task) => task.get('max_turns')).filter(({ value }) => typeof value === 'number' && value > 0);
  const counts = said.map(({ value }) => Number(value));
  const steps = Math.min(...counts);
  if (said.length === 0) {
    const message = `No file says how often the cycle may go round, so \`limits.maxTurns\` is ${turnsDefault}.`;
    system.spec.get('graph').flag('import.default_limit', message);
    return { maxTurns: turnsDefault, onLimit: 'succeed' };
  }
  const turns = Math.min(turnsMax, Math.max(1, Math.floor((steps - before) / round)));
  const name = system.name;
  for (const node of said) {
    const own = Number(node.value);
    const rounds = `one round of the cycle in \`${name}\` takes ${round}${before === 0 ? '' : `, after ${before} before it`}`;
    const fewer = own === steps ? '' : ` Another task allows ${steps}, and the system has one limit: the smaller.`;
    const message = `Orloj counts the steps of a branch, and ${rounds}; the system ends well after ${turns} rounds (\`limits.maxTurns\`).${fewer}`;
    node.flag('import.turns', message);
  }
  return { maxTurns: turns, onLimit: 'succeed' };
}

/** The lengths of the ways of a graph, where only nodes of agents count. */
export function wayLengths({ graph, dominators, back, reducible }: Flow): WayLengths {
  if (!reducible) return { before: 0, round: 1 };
  const stepsOf = (name: string): number => (graph.nodes.get(name)?.body['agentRef'] === undefined ? 0 : 1);
  /** By node, the longest way to it, itself included, from one of `starts`; nodes come after what leads to them. */
  const longest = (start: string | undefined): ReadonlyMap<string, number> => {
    const lengths = new Map<string, number>();
    for (const name of dominators.order) {
      const into = graph.nodes.get(name)?.into.filter((edge) => !back.has(edge)) ?? [];
      const before = into.flatMap(({ from }) => lengths.get(from) ?? []);
      const isStart = start === undefined ? into.length === 0 : name === start;
      if (isStart || before.length > 0) lengths.set(name, stepsOf(name) + Math.max(0, ...before));
    }
    return lengths;
  };
  const fromStart = longest(undefined);
  const headers = new Set([...back].map(({ to }) => to));
  const befores = [...headers].map((name) => (fromStart.get(name) ?? 1) - stepsOf(name));
  const rounds = [...headers].flatMap((header) => {
    const within = longest(header);
    return [...back].filter(({ to }) => to === header).map(({ from }) => within.get(from) ?? 1);
  });
  return { before: Math.max(0, ...befores), round: Math.max(1, ...rounds) };
}

/** The longest way through a graph without a cycle. */
export function longestWay({ graph, dominators }: Flow): number {
  const lengths = new Map<string, number>();
  for (const name of dominators.order) {
    const { into = [], body = {} } = graph.nodes.get(name) ?? {};
    lengths.set(
      name,
      (body['agentRef'] === undefined ? 0 : 1) + Math.max(0, ...into.map(({ from }) => lengths.get(from) ?? 0)),
    );
  }
  return Math.max(0, ...lengths.values());
}
