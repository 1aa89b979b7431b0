import { TerminalError } from '../errors.ts';
import { canonicalText } from './digest.ts';
import { evaluateExpression, type Scope } from './expression.ts';
import type { ExpressionFault } from './expression-inspect.ts';
import { isJsonList, isJsonObject, type Json } from './json.ts';

/** A text cut into literals and the expressions of its `${ … }`; `$${` stands for a literal `${`. */
export type TemplatePart =
  | { readonly kind: 'literal'; readonly text: string }
  | { readonly kind: 'code'; readonly text: string; readonly offset: number };

/** The parts of a text, or where a `${` is not closed. */
export function parseTemplate(text: string): readonly TemplatePart[] | ExpressionFault {
  const parts: TemplatePart[] = [];
  let literal = '';
  let at = 0;
  for (;;) {
    const open = text.indexOf('${', at);
    if (open < 0) break;
    if (open > 0 && text[open - 1] === '$' && open > at) {
      literal += `${text.slice(at, open - 1)}\${`;
      at = open + 2;
      continue;
    }
    const close = closingBrace(text, open + 2);
    if (close < 0) {
      const message = 'A `${` is not closed.';
      return {
        kind: 'fault',
        code: 'expression.template',
        message,
        offset: open,
        help: 'Close it with `}`, or write `$${` for the characters themselves.',
      };
    }
    literal += text.slice(at, open);
    if (literal !== '') parts.push({ kind: 'literal', text: literal });
    literal = '';
    parts.push({ kind: 'code', text: text.slice(open + 2, close).trim(), offset: open + 2 });
    at = close + 1;
  }
  literal += text.slice(at);
  if (literal !== '') parts.push({ kind: 'literal', text: literal });
  return parts;
}

/** Every text of a value with its `${ … }` evaluated. A text that is one `${ … }` keeps the type of its value. */
export function evaluateTemplates(value: Json, scope: Scope): Json {
  return fillTemplates(value, (text) => evaluateExpression(text, scope));
}

/** The same, by whoever knows what the expressions read. */
export function fillTemplates(value: Json, evaluate: (text: string) => Json): Json {
  if (typeof value === 'string') return fillText(value, evaluate);
  if (isJsonObject(value)) {
    return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, fillTemplates(member, evaluate)]));
  }
  return isJsonList(value) ? value.map((element) => fillTemplates(element, evaluate)) : value;
}

function fillText(text: string, evaluate: (text: string) => Json): Json {
  if (!text.includes('${')) return text;
  const parts = parseTemplate(text);
  if (isFault(parts))
    throw new TerminalError(parts.message, {
      code: parts.code,
      ...(parts.help === undefined ? {} : { help: parts.help }),
    });
  const whole = wholeExpression(parts);
  if (whole !== undefined) return evaluate(whole);
  return parts.map((part) => (part.kind === 'literal' ? part.text : asText(evaluate(part.text)))).join('');
}

/** The expression of a text that holds nothing else; a block scalar's line break around it does not count. */
export function wholeExpression(parts: readonly TemplatePart[]): string | undefined {
  const codes = parts.filter((part) => part.kind === 'code');
  const [only] = codes;
  if (codes.length !== 1 || only === undefined) return undefined;
  return parts.every((part) => part.kind === 'code' || part.text.trim() === '') ? only.text : undefined;
}

export function isFault(parts: readonly TemplatePart[] | ExpressionFault): parts is ExpressionFault {
  return 'kind' in parts;
}

function asText(value: Json): string {
  return typeof value === 'string' ? value : canonicalText(value);
}

/** The brace that closes an expression: braces of CEL's maps are counted, those inside its texts are not. */
function closingBrace(text: string, start: number): number {
  let depth = 0;
  for (let at = start; at < text.length; at += 1) {
    const character = text[at];
    if (character === '"' || character === "'") {
      at = closingQuote(text, at);
      if (at < 0) return -1;
    } else if (character === '{') depth += 1;
    else if (character === '}') {
      if (depth === 0) return at;
      depth -= 1;
    }
  }
  return -1;
}

function closingQuote(text: string, open: number): number {
  const quote = text[open];
  const raw = /[rR]/.test(text[open - 1] ?? '');
  for (let at = open + 1; at < text.length; at += 1) {
    if (text[at] === '\\' && !raw) at += 1;
    else if (text[at] === quote) return at;
  }
  return -1;
}
