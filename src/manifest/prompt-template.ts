import { canonicalText } from './digest.ts';
import type { Json } from './json.ts';

/** A piece of a prompt: text as it is, the value of an input, or a text of a library. */
export type PromptPart = TextPart | InputPart | FragmentPart;

export interface TextPart {
  readonly kind: 'text';
  readonly text: string;
}

export interface InputPart extends Token {
  readonly kind: 'input';
  readonly name: string;
}

export interface FragmentPart extends Token {
  readonly kind: 'fragment';
  /** As written: `name`, or `namespace/name`. */
  readonly library: string;
  readonly key: string;
}

/** Where something between braces stands, in UTF-16 code units. */
interface Token {
  readonly start: number;
  readonly end: number;
}

export interface PromptFault extends Token {
  readonly message: string;
  readonly help: string;
}

export interface ParsedPrompt {
  readonly parts: readonly PromptPart[];
  readonly faults: readonly PromptFault[];
}

/**
 * Cuts a prompt into its pieces. `{{ name }}` stands for an input and `{{> library/key }}` for a text of a library; a
 * backslash before the braces makes them characters, and two backslashes make one before something that is filled in.
 * Of more than two braces the last two open.
 */
export function parsePrompt(text: string): ParsedPrompt {
  const parts: PromptPart[] = [];
  const faults: PromptFault[] = [];
  let literal = '';
  let at = 0;
  for (;;) {
    let open = text.indexOf('{{', at);
    if (open < 0) break;
    const slashes = slashesBefore(text, open, at);
    literal += text.slice(at, open - slashes) + '\\'.repeat(slashes >> 1);
    if (slashes % 2 === 1) {
      literal += '{{';
      at = open + 2;
      continue;
    }
    for (; text[open + 2] === '{'; open += 1) literal += '{';
    const read = tokenAt(text, open);
    if (read.kind === 'fault') {
      if (faults.length < faultsMax) faults.push(read.fault);
      literal += '{{';
      at = open + 2;
      continue;
    }
    if (literal !== '') parts.push({ kind: 'text', text: literal });
    literal = '';
    parts.push(read);
    at = read.end;
  }
  literal += text.slice(at);
  if (literal !== '') parts.push({ kind: 'text', text: literal });
  return { parts, faults };
}

/** The text that `parsePrompt` reads as these pieces, the same for the same pieces. */
export function writePrompt(parts: readonly PromptPart[]): string {
  let written = '';
  let literal = '';
  for (const part of parts) {
    if (part.kind === 'text') literal += part.text;
    else {
      written += escaped(literal, true);
      written += part.kind === 'input' ? `{{ ${part.name} }}` : `{{> ${part.library}/${part.key} }}`;
      literal = '';
    }
  }
  return written + escaped(literal, false);
}

/** A prompt with the values of its inputs. They are data: braces in a value mean nothing. */
export function fillPrompt(prompt: string, values: Readonly<Record<string, Json>>): string {
  if (!prompt.includes('{{')) return prompt;
  const texts = parsePrompt(prompt).parts.map((part) => {
    if (part.kind === 'text') return part.text;
    const value = part.kind === 'input' && Object.hasOwn(values, part.name) ? values[part.name] : undefined;
    // Validation and the check of the values come before: what has no value here has none to give.
    if (value === undefined) throw new TypeError(`the prompt has a placeholder without a value`);
    return typeof value === 'string' ? value : canonicalText(value);
  });
  return texts.join('');
}

const faultsMax = 50;
/** Names are short: looking further for the closing braces would only cost time. */
const tokenCharactersMax = 300;

const inputName = /^[A-Za-z_][A-Za-z0-9_]{0,62}$/;
const fragmentName = /^>\s*((?:[a-z0-9-]{1,63}\/)?[a-z0-9-]{1,63})\/([A-Za-z0-9][A-Za-z0-9_.-]{0,127})$/;

function tokenAt(
  text: string,
  start: number,
): InputPart | FragmentPart | { readonly kind: 'fault'; readonly fault: PromptFault } {
  const window = text.slice(start + 2, start + 2 + tokenCharactersMax);
  const close = window.indexOf('}}');
  const line = window.indexOf('\n');
  if (close < 0 || (line >= 0 && line < close)) {
    const message = 'A `{{` is not closed on its line.';
    return { kind: 'fault', fault: { message, help: `Close it with \`}}\`. ${orEscape}`, start, end: start + 2 } };
  }
  const end = start + 2 + close + 2;
  const inner = window.slice(0, close).trim();
  if (inputName.test(inner)) return { kind: 'input', name: inner, start, end };
  const [, library, key] = fragmentName.exec(inner) ?? [];
  if (library !== undefined && key !== undefined) return { kind: 'fragment', library, key, start, end };
  return { kind: 'fault', fault: { ...wrongToken(inner), start, end } };
}

const orEscape = 'Write `\\{{` for the characters themselves.';

function wrongToken(inner: string): Pick<PromptFault, 'message' | 'help'> {
  if (inner.startsWith('>')) {
    const message = 'A fragment is written `{{> library/key }}`, and this is none.';
    return { message, help: `Name a PromptLibrary and one of its keys. ${orEscape}` };
  }
  if (/^[#/^!&%]|\|/.test(inner)) {
    const message = 'Prompts have no logic: a placeholder is the name of an input alone.';
    return { message, help: `Decide in the graph, and pass the result as an input. ${orEscape}` };
  }
  const message = 'What stands between `{{` and `}}` is no name of an input.';
  const help = `Names are letters, digits and \`_\`; a part of a value is passed as an input of its own. ${orEscape}`;
  return { message, help };
}

/** Braces of a text made safe, and backslashes before them; `open`: a placeholder follows. */
function escaped(text: string, open: boolean): string {
  let written = '';
  let at = 0;
  for (;;) {
    const start = text.indexOf('{', at);
    if (start < 0) break;
    let end = start;
    while (text[end] === '{') end += 1;
    const slashes = slashesBefore(text, start, at);
    const touches = open && end === text.length;
    written += text.slice(at, start);
    if (end - start > 1 || touches) written += '\\'.repeat(slashes);
    written += '\\{{'.repeat((end - start) >> 1) + '{'.repeat((end - start) % 2);
    at = end;
  }
  written += text.slice(at);
  return open && at < text.length ? written + '\\'.repeat(slashesBefore(text, text.length, at)) : written;
}

function slashesBefore(text: string, end: number, start: number): number {
  let count = 0;
  while (end - count > start && text[end - count - 1] === '\\') count += 1;
  return count;
}
