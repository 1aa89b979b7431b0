import { isJsonList, isJsonObject, type Json, type JsonObject } from '../../manifest/json.ts';
import { parseStrictJson } from '../../policy/strict-json.ts';
import { McpFault } from './fault.ts';

interface ResultBounds {
  readonly bytesMax: number;
  /** The pinned definition says what results look like: then that is the result, and no text beside it. */
  readonly isStructured: boolean;
}

/**
 * What a call gave, as data and nothing else: text joined, anything else as a description of itself. No link is
 * followed, and no image, sound or file is handed on. Throws a fault for what cannot be used, and for what the server
 * says went wrong.
 */
export function outputOf(answer: unknown, { bytesMax, isStructured }: ResultBounds): Json {
  const result = strict(answer, bytesMax);
  const content = result['content'] ?? [];
  if (!isJsonList(content) || content.length > partsMax) throw invalid('Its `content` is no list that can be used');
  const parts = content.map(partOf);
  const structured = result['structuredContent'];
  if (result['isError'] === true) throw failed(parts, structured);
  const output = isStructured ? required(structured) : joined(parts, structured);
  if (Buffer.byteLength(JSON.stringify(output)) > bytesMax) throw tooLarge(bytesMax);
  return output;
}

const partsMax = 1_000;

/** What the SDK parsed, held to the bounds of a strict parse. Twice the size: what is left out may be larger than what stays. */
function strict(answer: unknown, bytesMax: number): JsonObject {
  let text: string;
  try {
    text = JSON.stringify(answer);
  } catch {
    throw invalid('It is nested too deeply');
  }
  const parsed = parseStrictJson(text, { bytes: wireBytesMax(bytesMax), depth: 64, values: 1_000_000 });
  if (parsed.kind === 'tooLarge' && Buffer.byteLength(text) > wireBytesMax(bytesMax)) throw tooLarge(bytesMax);
  if (parsed.kind !== 'parsed') throw invalid(parsed.message.replace(/\.$/, ''));
  if (!isJsonObject(parsed.value)) throw invalid('It is no object');
  return parsed.value;
}

/** How much of an answer is read so that a result of `resultBytesMax` fits, spelled with escapes and said twice. */
export function wireBytesMax(resultBytesMax: number): number {
  return Math.min(2 * resultBytesMax + 64 * 1024, 64 * 1024 * 1024);
}

function required(structured: Json | undefined): Json {
  if (structured !== undefined) return structured;
  throw invalid('It has no `structuredContent`, though the pinned definition has an output schema');
}

/** A string where there is only text, as most tools answer. */
function joined(parts: readonly Part[], structured: Json | undefined): Json {
  if (parts.length === 0 && structured !== undefined) return structured;
  const text = parts.flatMap((part) => (typeof part === 'string' ? [part] : [])).join('\n');
  const attachments = parts.filter((part) => typeof part !== 'string');
  return attachments.length === 0 ? text : { text, attachments };
}

/** Text as it is; anything else by what it says it is. */
type Part = string | JsonObject;

function partOf(part: Json): Part {
  if (!isJsonObject(part)) throw invalid('A part of its `content` is no object');
  switch (part['type']) {
    case 'text':
      return textOf(part['text']);
    case 'image':
    case 'audio':
      return { type: part['type'], ...mediaOf(part) };
    case 'resource_link':
      return { type: 'link', ...labelsOf(part) };
    case 'resource': {
      const { resource = null } = part;
      if (!isJsonObject(resource)) throw invalid('A resource in its `content` is no object');
      const { text } = resource;
      return {
        type: 'resource',
        ...labelsOf(resource),
        ...(text === undefined ? mediaOf(resource) : { text: textOf(text) }),
      };
    }
    default:
      throw invalid('A part of its `content` is of a type that is not known');
  }
}

function textOf(text: Json | undefined): string {
  if (typeof text === 'string') return text;
  throw invalid('A text in its `content` is no text');
}

/** How much there is of it; the bytes themselves go nowhere. */
function mediaOf({ data, blob = data, mimeType }: JsonObject): JsonObject {
  if (typeof blob !== 'string') throw invalid('A part of its `content` holds nothing');
  return { ...labelsOf(mimeType === undefined ? {} : { mimeType }), bytes: Buffer.byteLength(blob, 'base64') };
}

function labelsOf(part: JsonObject): JsonObject {
  const labels: Record<string, Json> = {};
  for (const label of ['uri', 'name', 'title', 'description', 'mimeType'])
    if (typeof part[label] === 'string') labels[label] = part[label];
  return labels;
}

/** The tool’s own word on what went wrong is what lets a model do better: it is told, as text. */
function failed(parts: readonly Part[], structured: Json | undefined): McpFault {
  const text = parts.map((part) => (typeof part === 'string' ? part : JSON.stringify(part))).join('\n');
  const said = text === '' && structured !== undefined ? JSON.stringify(structured) : text;
  return answered(
    'tool.failed',
    said === '' ? 'The tool says that it failed, and not why.' : `The tool failed: ${said}`,
  );
}

function invalid(why: string): McpFault {
  return answered('result.invalid', `The MCP server’s result cannot be used. ${why}.`);
}

function tooLarge(bytesMax: number): McpFault {
  return answered('result.too_large', `The result is longer than ${bytesMax} bytes.`);
}

function answered(code: string, message: string): McpFault {
  return new McpFault(message, { code, sent: true, retryable: false, isAnswer: true });
}
