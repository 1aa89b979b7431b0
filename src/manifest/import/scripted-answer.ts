import { evaluateCondition } from '../expression.ts';
import { isJsonList, isJsonObject, type Json, type JsonObject } from '../json.ts';
import { listAt, objectAt } from '../manifest-reference.ts';
import { valueOf } from './scripted-value.ts';

/** An agent that stands in a graph as a node, with what its answer decides there. */
export interface Standing {
  readonly graph: JsonObject;
  readonly node: string;
}

const triesMax = 400;

/**
 * What a scripted agent says: its name, or the plainest value of its schema. Where conditions read the answer, it is
 * one that leads on, and not back: a bounded loop then ends by its condition where any such answer is found, and else
 * by its bound.
 */
export function answerOf(name: string, spec: JsonObject, standings: readonly Standing[]): Json {
  const schema = objectAt(spec, 'output')['schema'];
  const plain =
    schema === undefined ? `${name} answers from its script.` : valueOf(schema, `${name} answers from its script.`);
  const conditions = standings.flatMap((standing) => conditionsOf(standing));
  if (conditions.length === 0) return plain;
  let best = { answer: plain, cost: costOf(plain, standings) };
  for (const answer of variantsOf(plain, { schema, conditions })) {
    if (best.cost === 0) break;
    const cost = costOf(answer, standings);
    if (cost < best.cost) best = { answer, cost };
  }
  return best.answer;
}

function nodeOf({ graph, node }: Standing): JsonObject {
  return objectAt(graph, node);
}

function conditionsOf(standing: Standing): readonly string[] {
  const node = nodeOf(standing);
  const edges = listAt(node, 'edges').map((edge) => (isJsonObject(edge) ? edge['when'] : undefined));
  return [...edges, objectAt(node, 'loop')['until']].filter((text) => typeof text === 'string');
}

/** 0: the answer leads on everywhere. A way back counts less than no way at all, which fails the run. */
function costOf(answer: Json, standings: readonly Standing[]): number {
  return standings.reduce((sum, standing) => sum + costAt(answer, standing), 0);
}

function costAt(answer: Json, standing: Standing): number {
  const node = nodeOf(standing);
  const until = objectAt(node, 'loop')['until'];
  const again = typeof until === 'string' && !holds(until, answer, standing) ? 1 : 0;
  const edges = listAt(node, 'edges').filter(isJsonObject);
  if (edges.length === 0) return again;
  const taken = edges.filter((edge) => {
    const { when } = edge;
    return typeof when === 'string' ? holds(when, answer, standing) : edge['default'] !== true;
  });
  const ways = taken.length > 0 ? taken : edges.filter((edge) => edge['default'] === true);
  if (ways.length === 0) return again + 10;
  return again + ways.filter(({ to }) => typeof to === 'string' && leadsBack(to, standing)).length;
}

function holds(condition: string, answer: Json, { graph, node }: Standing): boolean {
  const others = Object.keys(graph).map((name) => [name, { output: '' }] as const);
  const nodes = { ...Object.fromEntries(others), [node]: { output: answer } };
  try {
    return evaluateCondition(condition, { input: {}, nodes, output: answer });
  } catch {
    // What reads more than this answer cannot be told beforehand: it counts as not holding.
    return false;
  }
}

function leadsBack(to: string, { graph, node }: Standing): boolean {
  const seen = new Set<string>();
  const queue = [to];
  for (const name of queue) {
    if (name === node) return true;
    if (seen.has(name)) continue;
    seen.add(name);
    for (const edge of listAt(objectAt(graph, name), 'edges'))
      if (isJsonObject(edge) && typeof edge['to'] === 'string') queue.push(edge['to']);
    for (const [other, value] of Object.entries(graph))
      if (isJsonObject(value) && listAt(value, 'dependsOn').includes(name)) queue.push(other);
  }
  return false;
}

interface Varying {
  readonly schema: Json | undefined;
  readonly conditions: readonly string[];
}

/** Other answers, made of the values that the conditions compare with. */
function variantsOf(plain: Json, { schema, conditions }: Varying): readonly Json[] {
  const literals = literalsOf(conditions);
  if (schema === undefined) return typeof plain === 'string' ? textsOf(plain, literals) : [];
  let variants: Json[] = [plain];
  if (!isJsonObject(plain)) return literals;
  for (const [name, below] of Object.entries(objectAt(isJsonObject(schema) ? schema : {}, 'properties'))) {
    const values = valuesFor(below, plain[name] ?? null, literals);
    const further = variants.flatMap((one) =>
      isJsonObject(one) ? values.map((value) => ({ ...one, [name]: value })) : [],
    );
    variants = [...variants, ...further].slice(0, triesMax);
  }
  return variants;
}

function textsOf(plain: string, literals: readonly Json[]): readonly Json[] {
  const words = literals.filter((literal) => typeof literal === 'string');
  const single = words.flatMap((word) => [`${plain} ${word}`, word]);
  return [...single, `${plain} ${words.join(' ')}`].slice(0, triesMax);
}

function valuesFor(schema: Json, plain: Json, literals: readonly Json[]): readonly Json[] {
  const options = isJsonObject(schema) && isJsonList(schema['enum']) ? schema['enum'] : undefined;
  if (options !== undefined) return options.slice(0, 20);
  if (typeof plain === 'boolean') return [!plain];
  return literals.filter((literal) => typeof literal === typeof plain).slice(0, 10);
}

/** Texts and numbers that stand in the conditions, numbers with their neighbours. */
function literalsOf(conditions: readonly string[]): readonly Json[] {
  const texts: Json[] = [];
  for (const condition of conditions) {
    for (const [, double, single] of condition.matchAll(/"((?:[^"\\]|\\.)*)"|'((?:[^'\\]|\\.)*)'/g))
      texts.push((double ?? single ?? '').replaceAll(/\\(.)/g, '$1'));
    const bare = condition.replaceAll(/"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'/g, '');
    for (const [number] of bare.matchAll(/(?<![\w.])-?[0-9]+(?:\.[0-9]+)?/g))
      texts.push(Number(number), Number(number) + 1, Number(number) - 1);
  }
  return [...new Set(texts)].slice(0, 60);
}
