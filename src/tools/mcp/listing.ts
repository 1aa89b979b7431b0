import { isJsonObject, type Json, type JsonObject } from '../../manifest/json.ts';
import { type PinnedTool, toolDigest } from '../../manifest/lock.ts';
import { parseStrictJson } from '../../policy/strict-json.ts';
import { type McpFault, refusal } from './fault.ts';

/** What a server says of one tool, as the lock file would hold it. */
export interface ListedTool {
  readonly name: string;
  readonly definition: PinnedTool['definition'];
  readonly digest: string;
}

export interface Listing {
  /** In the server's order. */
  readonly tools: ReadonlyMap<string, ListedTool>;
  /** Tools that cannot be pinned, and why: "its description is longer than 65536 characters". */
  readonly unusable: ReadonlyMap<string, string>;
}

/** The size of a page that a server may send. */
export const pageBytesMax = 4 * 1024 * 1024;
const pagesMax = 100;
/** The lock file holds no more. */
const toolsMax = 1_000;
const listBytesMax = 8 * 1024 * 1024;
const nameForm = /^[A-Za-z0-9_./-]{1,128}$/;
const titleMax = 1_000;
const descriptionMax = 65_536;
const definitionBytesMax = 256 * 1024;
const annotationsMax = 50;

/** Asks for page after page. A list that no honest server gives is refused as a whole, by a fault. */
export async function listed(ask: (cursor: string | undefined) => Promise<unknown>): Promise<Listing> {
  const tools = new Map<string, ListedTool>();
  const unusable = new Map<string, string>();
  const cursors = new Set<string>();
  let bytes = 0;
  let cursor: string | undefined;
  for (let page = 1; ; page += 1) {
    const answer = pageOf(await ask(cursor));
    bytes += answer.bytes;
    if (bytes > listBytesMax) throw refused(`its list of tools is longer than ${listBytesMax} bytes`);
    for (const entry of answer.tools) {
      if (tools.size + unusable.size >= toolsMax) throw refused(`it lists more than ${toolsMax} tools`);
      take(entry, tools, unusable);
    }
    cursor = answer.nextCursor;
    if (cursor === undefined) return { tools, unusable };
    if (cursors.has(cursor)) throw refused('its list of tools goes round in a circle');
    if (page === pagesMax) throw refused(`its list of tools has more than ${pagesMax} pages`);
    cursors.add(cursor);
  }
}

function refused(why: string): McpFault {
  return refusal('tool.server_refused', `The MCP server is refused: ${why}.`);
}

interface Page {
  readonly tools: readonly Json[];
  readonly nextCursor: string | undefined;
  readonly bytes: number;
}

function pageOf(answer: unknown): Page {
  const { text, value } = strict(answer);
  const tools = value['tools'];
  const nextCursor = value['nextCursor'];
  if (!Array.isArray(tools)) throw refused('its list of tools is no list');
  if (nextCursor !== undefined && typeof nextCursor !== 'string') throw refused('it continues its list with no text');
  return { tools: tools satisfies readonly Json[], nextCursor, bytes: Buffer.byteLength(text) };
}

/** What the SDK parsed, held to the bounds of a strict parse: nothing that recurs over it can run out of stack. */
function strict(answer: unknown): { readonly text: string; readonly value: JsonObject } {
  let text: string;
  try {
    text = JSON.stringify(answer);
  } catch {
    throw refused('its list of tools is nested too deeply');
  }
  const parsed = parseStrictJson(text, { bytes: listBytesMax, depth: 64, values: 1_000_000 });
  if (parsed.kind !== 'parsed') throw refused(`its list of tools cannot be used. ${parsed.message.replace(/\.$/, '')}`);
  if (!isJsonObject(parsed.value)) throw refused('its list of tools is no object');
  return { text, value: parsed.value };
}

function take(entry: Json, tools: Map<string, ListedTool>, unusable: Map<string, string>): void {
  const name = isJsonObject(entry) ? entry['name'] : undefined;
  if (!isJsonObject(entry) || typeof name !== 'string') throw refused('it lists a tool without a name');
  if (tools.has(name) || unusable.has(name)) throw refused('it lists two tools of one name');
  const fault = faultOf(name, entry);
  if (fault !== undefined) return void unusable.set(name, fault);
  const definition = definitionOf(entry);
  tools.set(name, { name, definition, digest: toolDigest(name, definition) });
}

function faultOf(name: string, { title, description, inputSchema, outputSchema, annotations }: JsonObject) {
  if (!nameForm.test(name)) return 'its name is not 1 to 128 letters, digits or any of `_./-`';
  if (!isText(title, titleMax)) return `its title is no text of at most ${titleMax} characters`;
  if (!isText(description, descriptionMax)) return `its description is no text of at most ${descriptionMax} characters`;
  if (!isJsonObject(inputSchema)) return 'its input schema is no object';
  if (outputSchema !== undefined && !isJsonObject(outputSchema)) return 'its output schema is no object';
  if (annotations !== undefined && !isJsonObject(annotations)) return 'its annotations are no object';
  if (Object.keys(annotations ?? {}).length > annotationsMax) return `it has more than ${annotationsMax} annotations`;
  const bytes = Buffer.byteLength(JSON.stringify([inputSchema, outputSchema ?? null, annotations ?? null]));
  return bytes > definitionBytesMax ? `its schemas are longer than ${definitionBytesMax} bytes` : undefined;
}

function isText(value: Json | undefined, charactersMax: number): boolean {
  return value === undefined || (typeof value === 'string' && value.length <= charactersMax);
}

/** All that is pinned, and nothing else that the server says. `faultOf` found the types right. */
function definitionOf(entry: JsonObject): PinnedTool['definition'] {
  const definition: Record<string, Json> = {};
  for (const field of ['title', 'description', 'inputSchema', 'outputSchema', 'annotations']) {
    const value = entry[field];
    if (value !== undefined) definition[field] = value;
  }
  return definition as PinnedTool['definition'];
}
