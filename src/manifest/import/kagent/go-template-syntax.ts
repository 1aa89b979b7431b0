import { shownText } from '../../shown.ts';

/** A piece of a template of Go, as far as its meaning is decided by the manifests alone. */
export type TemplateNode =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'value'; readonly expression: Expression }
  | TemplateBlock;

export interface TemplateBlock {
  readonly kind: 'if' | 'range';
  readonly expression: Expression;
  readonly body: TemplateNode[];
  readonly otherwise: TemplateNode[];
}

export type Expression =
  | FieldExpression
  | { readonly kind: 'dot' }
  | { readonly kind: 'literal'; readonly text: string }
  | { readonly kind: 'include'; readonly path: string };

export interface FieldExpression {
  readonly kind: 'field';
  readonly name: string;
  /** Written `$.Name`. */
  readonly isRooted: boolean;
}

export interface TemplateFault {
  readonly message: string;
}

const depthMax = 16;

/** Cuts a template into its pieces; what pawl does not decide when it imports is a fault. */
export function parseGoTemplate(text: string): readonly TemplateNode[] | TemplateFault {
  const tokens = tokensOf(text);
  if ('message' in tokens) return tokens;
  const root: TemplateNode[] = [];
  const open: Open[] = [];
  let into = root;
  for (const token of tokens) {
    if (token.kind === 'text') {
      if (token.text !== '') into.push(token);
      continue;
    }
    const [word = '', ...rest] = token.code.split(/\s+/);
    const argument = rest.join(' ');
    const innermost = open.at(-1);
    if (word === 'end' && innermost !== undefined && argument === '') {
      open.pop();
      into = innermost.around;
    } else if (word === 'else' && innermost !== undefined && argument === '' && into === innermost.node.body) {
      into = innermost.node.otherwise;
    } else if (word === 'if' || word === 'range') {
      const expression = expressionOf(argument);
      if (expression === undefined || open.length === depthMax) return unknown(token.code);
      const node: TemplateBlock = { kind: word, expression, body: [], otherwise: [] };
      into.push(node);
      open.push({ node, around: into });
      into = node.body;
    } else {
      const expression = expressionOf(token.code);
      if (expression === undefined) return unknown(token.code);
      into.push({ kind: 'value', expression });
    }
  }
  return open.length === 0 ? root : { message: 'A block of the template has no `{{end}}`.' };
}

interface Open {
  readonly node: TemplateBlock;
  readonly around: TemplateNode[];
}

function unknown(code: string): TemplateFault {
  return { message: `\`{{${shownText(code)}}}\` is not decided by the manifests alone.` };
}

function expressionOf(code: string): Expression | undefined {
  if (code === '.') return { kind: 'dot' };
  const field = /^(\$?)\.([A-Za-z][A-Za-z0-9]{0,62})$/.exec(code);
  if (field !== null) return { kind: 'field', name: field[2] ?? '', isRooted: field[1] === '$' };
  const included = /^include\s+(\S.*)$/s.exec(code);
  const text = textOf(included?.[1] ?? code);
  if (text === undefined) return undefined;
  return included === null ? { kind: 'literal', text } : { kind: 'include', path: text };
}

/** A text of Go, in quotes without anything escaped but quotes, or between backquotes. */
function textOf(code: string): string | undefined {
  const quoted = /^"((?:[^"\\\n]|\\["\\])*)"$/.exec(code);
  if (quoted !== null) return (quoted[1] ?? '').replaceAll(/\\(["\\])/g, '$1');
  return /^`([^`]*)`$/s.exec(code)?.[1];
}

type Token = { readonly kind: 'text'; readonly text: string } | { readonly kind: 'action'; readonly code: string };

/** Texts and what stands between braces, with the white space gone that `{{-` and `-}}` take. */
function tokensOf(text: string): readonly Token[] | TemplateFault {
  const tokens: Token[] = [];
  let at = 0;
  let trimsLeft = false;
  for (;;) {
    const open = text.indexOf('{{', at);
    const literal = text.slice(at, open < 0 ? text.length : open);
    const trimsRight = open >= 0 && /^\{\{-\s/.test(text.slice(open, open + 4));
    const left = trimsLeft ? literal.replace(/^\s+/, '') : literal;
    tokens.push({ kind: 'text', text: trimsRight ? left.trimEnd() : left });
    if (open < 0) return tokens;
    const start = open + (trimsRight ? 3 : 2);
    const close = closeOf(text, start);
    if (close === undefined) return { message: 'A `{{` of the template is not closed.' };
    trimsLeft = /\s-$/.test(text.slice(start, close));
    const code = text.slice(start, trimsLeft ? close - 1 : close).trim();
    if (!isComment(code)) tokens.push({ kind: 'action', code });
    at = close + 2;
  }
}

function isComment(code: string): boolean {
  return code.startsWith('/*') && code.endsWith('*/');
}

/** Where the braces close: those within a text or a comment do not. */
function closeOf(text: string, start: number): number | undefined {
  const rest = /\s*\/\*/y;
  rest.lastIndex = start;
  let at = rest.test(text) ? text.indexOf('*/', start) : start;
  if (at < 0) return undefined;
  let quote = '';
  for (; at < text.length; at += 1) {
    const character = text[at] ?? '';
    if (quote === '"' && character === '\\') at += 1;
    else if (quote !== '') quote = character === quote ? '' : quote;
    else if (character === '"' || character === '`') quote = character;
    else if (text.startsWith('}}', at)) return at;
  }
  return undefined;
}
