import { agentInput } from './agent-input.ts';
import { compileExpression } from './expression.ts';
import { typeOf } from './expression-check.ts';
import { type ExpressionPlace, expressionPlaces } from './expression-place.ts';
import { typeOfSchema, typeOfValue } from './expression-schema.ts';
import {
  asJson,
  dyn,
  type Field,
  listOf,
  type MapType,
  membersOf,
  recordOf,
  scalar,
  unionOf,
  type ValueType,
} from './expression-type.ts';
import type { Names, TypeFinding } from './expression-typing.ts';
import { flowOf, type Flow } from './graph-cycle.ts';
import { readGraph } from './graph-model.ts';
import { GraphOrder } from './graph-order.ts';
import { isJsonList, isJsonObject, type Json, type JsonObject } from './json.ts';
import { objectAt } from './manifest-reference.ts';
import { qualify } from './reference.ts';
import { type Address, addressOf, type Kind } from './resource.ts';
import { isFault, parseTemplate, wholeExpression } from './template.ts';

/** The content of a resource, where there is one without errors. */
export type Lookup = (address: Address) => JsonObject | undefined;

/** A system whose types are asked for. */
export interface SystemSource {
  readonly spec: JsonObject;
  readonly namespace: string;
  readonly lookup: Lookup;
  /** How many systems it is nested in. */
  readonly depth: number;
}

type Report = (finding: TypeFinding) => void;

/** Systems within systems are looked into this far; further in, outputs may be anything. */
const depthMax = 4;

/** Types of what the expressions of one system read. */
export class SystemTypes {
  readonly source: SystemSource;
  readonly flow: Flow;
  readonly #order: GraphOrder;
  readonly #outputs = new Map<string, ValueType>();
  readonly #places: ReadonlyMap<string, ExpressionPlace>;

  constructor(source: SystemSource) {
    this.source = source;
    this.flow = flowOf(
      readGraph(source.spec, () => undefined),
      () => undefined,
    );
    this.#order = new GraphOrder(this.flow, objectAt(source.spec, 'limits')['onLimit'] !== 'succeed');
    const places = expressionPlaces(source.spec, () => undefined);
    this.#places = new Map(places.map((place) => [placeKey(place), place]));
  }

  places(): Iterable<ExpressionPlace> {
    return this.#places.values();
  }

  /** What a run is given. */
  input(): ValueType {
    const { schema } = objectAt(this.source.spec, 'input');
    // A run's input is a map, whatever else the schema would let through.
    const maps = isJsonObject(schema) ? membersOf(typeOfSchema(schema)).filter(({ kind }) => kind === 'map') : [];
    return maps.length === 0 ? { kind: 'map', fields: () => new Map(), rest: 'open' } : unionOf(maps);
  }

  /** The type of one expression. */
  typeAt(place: ExpressionPlace, report: Report): ValueType {
    const expression = compileExpression(place.text);
    if (expression.kind === 'fault') return dyn;
    const names = this.#names(place, expression.reads);
    return typeOf(expression.evaluate.ast, { names, report });
  }

  #names(place: ExpressionPlace, reads: readonly string[]): Names {
    const names = new Map<string, ValueType>([['input', this.input()]]);
    if (place.reader === undefined) return names;
    const { node } = place.reader;
    names.set('nodes', this.#nodes(place, reads));
    names.set('run', runType);
    if (place.readsOutput && node !== undefined) {
      const isBefore = place.gives !== 'bool';
      names.set('output', isBefore ? unionOf([scalar('null'), this.output(node)]) : this.output(node));
    }
    if (place.readsItem && node !== undefined) names.set('item', this.item(node));
    return names;
  }

  #nodes({ reader = {} }: ExpressionPlace, reads: readonly string[]): MapType {
    const fields = new Map<string, Field>();
    for (const name of reads) {
      const required = this.#order.availability(name, reader) !== 'maybe';
      fields.set(name, { type: () => recordOf({ output: this.output(name) }), required });
    }
    return { kind: 'map', fields: () => fields, rest: 'closed', role: 'nodes' };
  }

  /** An entry of the list that a node runs for. */
  item(node: string): ValueType {
    const text = this.flow.graph.nodes.get(node)?.body['forEach'];
    if (typeof text !== 'string') return dyn;
    const place = this.#places.get(placeKey({ path: ['graph', node, 'forEach'], text }));
    if (place === undefined) return dyn;
    const elements = membersOf(this.typeAt(place, () => undefined)).map((member) =>
      member.kind === 'list' ? member.element() : dyn,
    );
    return elements.length === 0 ? dyn : unionOf(elements);
  }

  /** What a node hands on. */
  output(name: string): ValueType {
    const known = this.#outputs.get(name);
    if (known !== undefined) return known;
    // A node that is asked about while it is looked at reads itself, in a turn before.
    this.#outputs.set(name, dyn);
    const node = this.flow.graph.nodes.get(name)?.body ?? {};
    const once = this.#outputOf(name, node);
    const output = node['forEach'] === undefined ? once : listOf(once);
    this.#outputs.set(name, output);
    return output;
  }

  #outputOf(name: string, node: JsonObject): ValueType {
    const agent = this.#resource('Agent', node['agentRef']);
    if (agent !== undefined) return agentOutput(agent);
    const tool = this.#resource('Tool', node['toolRef']);
    if (tool !== undefined) return isJsonObject(tool['outputSchema']) ? typeOfSchema(tool['outputSchema']) : dyn;
    if (node['systemRef'] !== undefined) return this.#nested(node['systemRef'])?.result() ?? dyn;
    if (isJsonObject(node['human'])) {
      const { form } = node['human'];
      return isJsonObject(form) ? typeOfSchema(form) : scalar('string');
    }
    if (node['agentRef'] !== undefined || node['toolRef'] !== undefined || node['input'] === undefined) return dyn;
    return this.template(node['input'], ['graph', name, 'input']);
  }

  /** What a run of the system answers. */
  result(): ValueType {
    const { output } = this.source.spec;
    return output === undefined ? dyn : this.template(output, ['output']);
  }

  /** The type of a value with expressions in its texts. */
  template(value: Json, path: readonly (string | number)[]): ValueType {
    if (typeof value === 'string') return this.text(value, path);
    if (isJsonList(value)) {
      const elements = value.map((member, index) => this.template(member, [...path, index]));
      return listOf(elements.length === 0 ? dyn : unionOf(elements));
    }
    if (!isJsonObject(value)) return typeOfValue(value);
    return recordOf(
      Object.fromEntries(Object.entries(value).map(([key, member]) => [key, this.template(member, [...path, key])])),
    );
  }

  /** A text that is one expression has its type; any other is a text. */
  text(text: string, path: readonly (string | number)[]): ValueType {
    if (!text.includes('${')) return typeOfValue(text);
    const parts = parseTemplate(text);
    if (isFault(parts)) return dyn;
    const whole = wholeExpression(parts);
    if (whole === undefined) return scalar('string');
    const place = this.#places.get(placeKey({ path, text: whole }));
    return place === undefined ? dyn : asJson(this.typeAt(place, () => undefined));
  }

  /** What a node without an `input` is given. */
  handedOn(name: string): ValueType {
    const { graph, delegators } = this.flow;
    const into = graph.nodes.get(name)?.into ?? [];
    if (delegators.has(name) || name === graph.failure) return dyn;
    const [edge] = into;
    if (edge === undefined) return this.input();
    return into.length === 1 && edge.kind !== 'onError' ? this.output(edge.from) : dyn;
  }

  /** What a node's tool, system or agent's prompt must be given. */
  wanted(node: JsonObject): { readonly type: ValueType; readonly what: string } | undefined {
    const tool = this.#resource('Tool', node['toolRef']);
    if (isJsonObject(tool?.['inputSchema']))
      return { type: typeOfSchema(tool['inputSchema']), what: `the tool \`${nameIn(node['toolRef'])}\`` };
    const agent = this.#resource('Agent', node['agentRef']);
    const needs = agent === undefined ? undefined : agentInput(agent);
    if (needs !== undefined) return { type: needs, what: `the prompt of \`${nameIn(node['agentRef'])}\`` };
    const system = this.#resource('AgentSystem', node['systemRef']);
    const { schema } = objectAt(system ?? {}, 'input');
    if (!isJsonObject(schema)) return undefined;
    return { type: typeOfSchema(schema), what: `the system \`${nameIn(node['systemRef'])}\`` };
  }

  #nested(reference: Json | undefined): SystemTypes | undefined {
    const { depth, lookup, namespace } = this.source;
    const spec = this.#resource('AgentSystem', reference);
    if (spec === undefined || typeof reference !== 'string' || depth >= depthMax) return undefined;
    const [home = namespace] = qualify(reference, namespace).split('/');
    return new SystemTypes({ spec, namespace: home, lookup, depth: depth + 1 });
  }

  /** The spec of a resource that the system names. */
  #resource(kind: Kind, reference: Json | undefined): JsonObject | undefined {
    if (typeof reference !== 'string') return undefined;
    const [namespace = '', name = ''] = qualify(reference, this.source.namespace).split('/');
    const manifest = this.source.lookup(addressOf({ kind, namespace, name }));
    return manifest === undefined ? undefined : objectAt(manifest, 'spec');
  }
}

function placeKey({ path, text }: Pick<ExpressionPlace, 'path' | 'text'>): string {
  return JSON.stringify([...path, text]);
}

function nameIn(reference: Json | undefined): string {
  return typeof reference === 'string' ? reference : '';
}

/** An answer is JSON where the agent has a schema, and else the model's text. */
function agentOutput(agent: JsonObject): ValueType {
  const { schema } = objectAt(agent, 'output');
  if (isJsonObject(schema)) return typeOfSchema(schema);
  const isText =
    (agent['runtime'] ?? 'builtin') === 'builtin' && objectAt(agent, 'execution')['toolUse'] !== 'stopOnFirst';
  return isText ? scalar('string') : dyn;
}

const runType = recordOf({
  id: scalar('string'),
  namespace: scalar('string'),
  system: scalar('string'),
  environment: scalar('string'),
  revision: scalar('int'),
});
