import { isJsonObject, type Json, type JsonObject, own } from '../../json.ts';
import { shownText } from '../../shown.ts';
import type { ForeignNode } from '../foreign.ts';
import type { Answer } from './agent-answer.ts';
import { holds, isFieldName, quoted } from './cel-text.ts';
import { writtenText } from './written-text.ts';

export const comparisons = ['equals', 'not_equals', 'contains', 'greater_than', 'less_than'] as const;

/** A place in a JSON answer. */
interface Leaf {
  /** As CEL reads it. */
  readonly read: string;
  /** What must be there for it to be read. */
  readonly guards: readonly string[];
  readonly schema: JsonObject;
}

/** What `output_json_path` and its comparisons ask, part by part; undefined for a part that was refused. */
export function pathCondition(condition: ForeignNode, answer: Answer, read: string): readonly (string | undefined)[] {
  const node = condition.get('output_json_path');
  const leaf = leafOf(node, answer, read);
  const asked = comparisons.flatMap((name) => {
    const value = condition.get(name);
    const text = value.text() ?? '';
    return text === '' ? [] : [{ name, value, text }];
  });
  if (leaf === undefined) return [undefined];
  return [...leaf.guards, ...asked.map(({ name, value, text }) => compared(value, { name, text }, leaf))];
}

function leafOf(node: ForeignNode, answer: Answer, read: string): Leaf | undefined {
  if (answer.kind !== 'json') {
    const message = 'The answer of the agent is text, and pawl looks into JSON alone.';
    node.refuse({ message, help: 'Give the agent an `output_schema` that declares the field.' });
    return undefined;
  }
  const path = writtenText(node);
  const steps = path
    .replace(/^\$?\.?/, '')
    .split('.')
    .map((step) => step.trim())
    .filter((step) => step !== '');
  let leaf: Leaf = { read, guards: [], schema: answer.schema };
  for (const step of steps) {
    const next = below(leaf, step);
    if (next === undefined) {
      const message = `The \`output_schema\` of the agent does not declare \`${shownText(path)}\`.`;
      node.refuse({ message, help: 'Declare the field and its type there.' });
      return undefined;
    }
    leaf = next;
  }
  return leaf;
}

function below({ read, guards, schema }: Leaf, step: string): Leaf | undefined {
  const properties = own(schema, 'properties');
  const found = isJsonObject(properties) ? own(properties, step) : undefined;
  if (!isJsonObject(found)) return undefined;
  const required = own(schema, 'required');
  const isSure = Array.isArray(required) && required.includes(step) && typesOf(schema).join() === 'object';
  const isName = isFieldName(step);
  const inner = isName ? `${read}.${step}` : `${read}[${quoted(step)}]`;
  const guard = isName ? `has(${inner})` : `${quoted(step)} in ${read}`;
  const isObject = typesOf(schema).includes('null') ? [`${read} != null`] : [];
  return { read: inner, guards: isSure ? guards : [...guards, ...isObject, guard], schema: found };
}

interface Asked {
  readonly name: (typeof comparisons)[number];
  readonly text: string;
}

function compared(node: ForeignNode, { name, text }: Asked, { read, schema }: Leaf): string | undefined {
  const types = typesOf(schema);
  const isNullable = types.includes('null');
  const [type, another] = types.filter((one) => one !== 'null');
  if (type === undefined || another !== undefined) {
    const message = `The \`output_schema\` says no single type of \`${read}\`.`;
    node.refuse({ message, help: 'Give the field one `type` there.' });
    return undefined;
  }
  const part = name === 'greater_than' || name === 'less_than' ? orderOf(name, { read, type, text }) : undefined;
  const said = part ?? equality(name, { read, type, text, schema });
  if (said === undefined) {
    const message = `A ${type} of the answer is never compared so with \`${shownText(text)}\`.`;
    node.refuse({ message, help: 'Compare it with a value of the type that the `output_schema` gives the field.' });
    return undefined;
  }
  if (!isNullable) return said;
  return name === 'not_equals' ? `(${read} == null || ${said})` : `${read} != null && ${said}`;
}

interface Compared {
  readonly read: string;
  readonly type: string;
  readonly text: string;
  readonly schema?: JsonObject;
}

function orderOf(name: 'greater_than' | 'less_than', { read, type, text }: Compared): string | undefined {
  const number = numberOf(text);
  if (number === undefined || (type !== 'number' && type !== 'integer')) return undefined;
  return `double(${read}) ${name === 'greater_than' ? '>' : '<'} ${number}`;
}

function equality(name: Asked['name'], { read, type, text, schema = {} }: Compared): string | undefined {
  if (name === 'contains') {
    if (type === 'string') return holds(read, text);
    const items = own(schema, 'items');
    const isTexts = type === 'array' && isJsonObject(items) && typesOf(items).join() === 'string';
    return isTexts ? `${quoted(text)} in ${read}` : undefined;
  }
  if (name !== 'equals' && name !== 'not_equals') return undefined;
  const operator = name === 'equals' ? '==' : '!=';
  if (type === 'string') return `${read} ${operator} ${quoted(text)}`;
  if (type === 'boolean' && (text === 'true' || text === 'false')) return `${read} ${operator} ${text}`;
  const number = numberOf(text);
  if ((type === 'number' || type === 'integer') && number !== undefined && String(Number(text)) === text)
    return `double(${read}) ${operator} ${number}`;
  return undefined;
}

/** A number as CEL writes a double. */
function numberOf(text: string): string | undefined {
  const number = text.trim() === '' ? Number.NaN : Number(text);
  if (!Number.isFinite(number) || Math.abs(number) >= 1e15) return undefined;
  return Number.isInteger(number) ? `${number}.0` : String(number);
}

function typesOf(schema: JsonObject): readonly string[] {
  const type = own(schema, 'type');
  if (typeof type === 'string') return [type];
  if (Array.isArray(type)) return type.filter((one): one is string => typeof one === 'string');
  const values = own(schema, 'enum');
  const listed: readonly Json[] = Array.isArray(values) ? values : [];
  return [...new Set(listed.map((value) => (value === null ? 'null' : typeof value)))];
}
