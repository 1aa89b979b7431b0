import { isJsonObject, type Json, type JsonObject } from '../manifest/json.ts';
import { validateSchema } from '../manifest/json-schema.ts';
import { neutral } from '../manifest/neutral.ts';
import { hiddenCharacters } from './hidden-characters.ts';
import type { Definitions } from './pin-diff.ts';

/** Something that whoever reviews a pin should look at twice. */
export interface PinFinding {
  readonly tool: string;
  readonly message: string;
}

/** What is odd about what a server says of its tools. `others`: names of the tools of other servers, by server. */
export function pinLint(
  offered: Definitions,
  { operation, others }: { readonly operation: string; readonly others: ReadonlyMap<string, readonly string[]> },
): readonly PinFinding[] {
  return Object.entries(offered).flatMap(([tool, definition]) => {
    const say = (message: string): PinFinding => ({ tool, message });
    const texts = textsOf(definition as unknown as Json);
    return [
      ...hiddenIn(texts).map(say),
      ...ordersIn(texts).map(say),
      ...lookAlikes(tool, others).map(say),
      ...schemaFaults(definition as unknown as JsonObject).map(say),
      ...claims(definition.annotations as JsonObject | undefined, operation).map(say),
    ];
  });
}

function hiddenIn(texts: readonly string[]): readonly string[] {
  const found = new Set(
    texts.flatMap((text) => hiddenCharacters(text).map(({ character, name }) => `${character} ${name}`)),
  );
  return found.size === 0 ? [] : [`has characters that nobody sees: ${[...found].sort().join(', ')}`];
}

/** Phrases by which a description gives orders instead of describing. */
const orders: readonly RegExp[] = [
  /\b(?:ignore|disregard|forget|override)\b.{0,40}\b(?:previous|prior|above|earlier|other|all|system)\b/i,
  /\b(?:do not|don't|never)\b.{0,20}\b(?:tell|mention|inform|reveal|show|ask)\b.{0,20}\b(?:user|anyone|human|them)\b/i,
  /\b(?:system prompt|developer message|hidden instruction)/i,
  /<\/?(?:important|system|instructions?|secret)\b[^>]*>/i,
  /\b(?:before|after|instead of)\b.{0,30}\b(?:using|calling|any)\b.{0,20}\b(?:other|another|any) tool/i,
  /\b(?:you must|always)\b.{0,40}\b(?:call|use|send|read|include|pass)\b/i,
  /\b(?:id_rsa|\.ssh\/|\.env\b|\/etc\/passwd|api[_ ]key|credentials?)\b/i,
];

function ordersIn(texts: readonly string[]): readonly string[] {
  for (const text of texts) {
    for (const order of orders) {
      const [phrase] = order.exec(text) ?? [];
      if (phrase !== undefined) return [`gives orders rather than describing: "${neutral(phrase.slice(0, 120))}"`];
    }
  }
  return [];
}

/** A name that reads like that of another server's tool: a model, or a reviewer, takes one for the other. */
function lookAlikes(tool: string, others: ReadonlyMap<string, readonly string[]>): readonly string[] {
  const plain = skeleton(tool);
  return [...others].flatMap(([server, names]) =>
    names
      .filter((name) => skeleton(name) === plain)
      .map((name) => `is called like ${neutral(name)} of McpServer/${server}`),
  );
}

function skeleton(name: string): string {
  return name
    .toLowerCase()
    .replace(/[^a-z0-9]/g, '')
    .replace(/0/g, 'o')
    .replace(/[1i]/g, 'l')
    .replace(/5/g, 's');
}

function schemaFaults({ inputSchema, outputSchema }: JsonObject): readonly string[] {
  return Object.entries({ inputSchema, outputSchema }).flatMap(([field, schema]) =>
    isJsonObject(schema)
      ? validateSchema(schema).map(({ path, message }) => neutral(`${[field, ...path].join('.')}: ${message}`))
      : [],
  );
}

/** What a server claims grants nothing, and a claim of more harm than its owner declared is worth a look. */
function claims(annotations: JsonObject = {}, operation: string): readonly string[] {
  if (operation !== 'read') return [];
  if (annotations['destructiveHint'] === true) return ['says that it destroys, and `defaults.operation` says `read`'];
  return annotations['readOnlyHint'] === false ? ['says that it writes, and `defaults.operation` says `read`'] : [];
}

function textsOf(value: Json): readonly string[] {
  if (typeof value === 'string') return [value];
  if (Array.isArray(value)) return (value as readonly Json[]).flatMap(textsOf);
  if (!isJsonObject(value)) return [];
  return Object.entries(value).flatMap(([key, child]) => [key, ...textsOf(child)]);
}
