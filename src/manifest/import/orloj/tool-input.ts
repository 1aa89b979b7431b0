import { isJsonObject, type JsonObject } from '../../json.ts';
import { validateSchema } from '../../json-schema.ts';
import type { ForeignDocument } from '../foreign.ts';

const descriptionMax = 4000;

/** What the model is told of a tool; pawl needs something, and it should be good. */
export function describedAs(document: ForeignDocument): string {
  const node = document.spec.get('description');
  const text = node.text()?.trim() ?? '';
  if (text !== '') {
    if (text.length <= descriptionMax) return text;
    node.flag('import.assumed', `A description has at most ${descriptionMax} characters: the rest is cut off.`);
    return text.slice(0, descriptionMax);
  }
  const assumed = `The tool ${document.name}.`;
  const message = `The tool has no description, and the model chooses by it. \`${assumed}\` stands for one: say what the tool does and answers.`;
  document.root.at('metadata', 'name').flag('import.assumed', message);
  return assumed;
}

/** The arguments of a tool, as pawl's gate checks them; undefined where the schema was refused. */
export function inputSchemaOf(document: ForeignDocument, assumed: JsonObject): JsonObject | undefined {
  const node = document.spec.get('input_schema');
  const schema = node.json();
  if (!isJsonObject(schema) || Object.keys(schema).length === 0) {
    const names = Object.keys(isJsonObject(assumed['properties']) ? assumed['properties'] : {}).join('`, `');
    const message = `The tool does not say which arguments it takes: texts of the names \`${names}\` are assumed. Check them, and say more in \`inputSchema\`.`;
    document.root.at('metadata', 'name').flag('import.assumed', message);
    return assumed;
  }
  const typed = schema['type'] === undefined ? { type: 'object', ...schema } : schema;
  if (typed['type'] !== 'object') {
    const message = 'Models send the arguments of a tool as one object, and this schema is of something else.';
    node.get('type').refuse({ message, help: 'Describe an object with one property.' });
    return undefined;
  }
  const [finding] = validateSchema(typed);
  if (finding === undefined) return typed;
  let at = node;
  for (const part of finding.path) at = typeof part === 'number' ? (at.items()[part] ?? at) : at.get(part);
  const { message, help = 'Write it in JSON Schema 2020-12.' } = finding;
  at.refuse({ message: `pawl takes no such schema: ${message}`, help });
  return undefined;
}

/** The names of the arguments; none where the schema has no `properties`. */
export function argumentNames(schema: JsonObject): readonly string[] {
  return isJsonObject(schema['properties']) ? Object.keys(schema['properties']) : [];
}

/** Whether a call may leave the argument out. */
export function isOptional(schema: JsonObject, name: string): boolean {
  const { required } = schema;
  return !Array.isArray(required) || !required.includes(name);
}

/** Whether `{name}` can stand for the argument. */
export function isPlaceholderName(name: string): boolean {
  return /^[A-Za-z_][A-Za-z0-9_-]*$/.test(name);
}
