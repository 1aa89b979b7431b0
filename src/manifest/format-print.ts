import { CST } from 'yaml';

const step = 2;

/**
 * Writes a parsed file again: two spaces a level, sequences indented, one space where one is needed, at most one blank
 * line. What a scalar says is copied from its source, so nothing is wrapped, escaped or folded in another way.
 */
export class Printer {
  /** Lines that are done: one text that grows would be copied for each of them. */
  readonly #done: string[] = [];
  #line = '';
  #isLineStart = true;
  #blankLines = 0;
  /** Spaces of the source since the last word of the line. */
  #gap = '';
  /** Whether the next word of the line is set apart, whatever the source has. */
  #apart = false;
  /** Whether it follows closely, whatever the source has. */
  #close = false;
  /** Where the collections around the next word were indented, and where they are now, outermost first. */
  readonly #levels: { readonly from: number; readonly to: number }[] = [];

  get text(): string {
    return this.#done.join('') + (this.#isLineStart ? '' : `${this.#line}\n`);
  }

  /** A token at the top of a file: a document, or what stands between documents. */
  top(token: CST.Token): void {
    if (token.type === 'document') {
      this.#tokens(token.start, 0);
      if (token.value !== undefined) this.#value(token.value, -step);
      this.#tokens(token.end ?? [], 0);
    } else if (token.type === 'directive' || token.type === 'doc-end') {
      this.#startLine();
      this.#put(token.source, 0);
      if (token.type === 'doc-end') this.#tokens(token.end ?? [], 0);
    } else if ('source' in token) {
      this.#tokens([token as CST.SourceToken], 0);
    }
  }

  /** Text that stays as it is. */
  verbatim(text: string): void {
    this.#startLine();
    this.#write(text);
    this.#blankLines = 0;
  }

  #write(text: string): void {
    const end = text.lastIndexOf('\n') + 1;
    if (end > 0) this.#done.push(text.slice(0, end));
    this.#line = text.slice(end);
    this.#isLineStart = this.#line === '';
  }

  #value(token: CST.Token, parent: number): void {
    const indent = parent + step;
    switch (token.type) {
      case 'block-map':
        return this.#map(token, indent);
      case 'block-seq':
        return this.#sequence(token, indent);
      case 'block-scalar':
        return this.#blockScalar(token, parent);
      case 'flow-collection':
        return this.#flow(token, indent);
      case 'alias':
      case 'scalar':
      case 'single-quoted-scalar':
      case 'double-quoted-scalar':
        this.#put(indented(quoted(token), indent), indent);
        return this.#tokens(token.end ?? [], indent);
      default:
        throw new TypeError(`a ${token.type} is no value`);
    }
  }

  #map(map: CST.BlockMap, indent: number): void {
    this.#levels.push({ from: map.indent, to: indent });
    for (const [index, item] of map.items.entries()) {
      if (index > 0) this.#startLine();
      if (item.key || item.sep) this.#tokens(item.start, indent);
      else this.#trailing(item.start, indent);
      if (item.key) this.#value(item.key, indent - step);
      this.#separator(item, indent);
      if (item.value !== undefined) this.#value(item.value, indent);
    }
    this.#levels.pop();
  }

  #sequence(sequence: CST.BlockSequence, indent: number): void {
    this.#levels.push({ from: sequence.indent, to: indent });
    for (const [index, item] of sequence.items.entries()) {
      if (index > 0) this.#startLine();
      if (item.start.some(({ type }) => type === 'seq-item-ind')) this.#tokens(item.start, indent);
      else this.#trailing(item.start, indent);
      if (item.value !== undefined) this.#value(item.value, indent);
    }
    this.#levels.pop();
  }

  /** Lines between a key and what it holds are comments on that. */
  #separator({ key, sep = [], value }: CST.CollectionItem, indent: number): void {
    const colon = sep.findIndex(({ type }) => type === 'map-value-ind') + 1;
    this.#tokens(sep.slice(0, colon), indent, colonAfter(key));
    const from = this.#levels.at(-1)?.from ?? 0;
    const isBelow = value !== undefined || sep.every((token) => token.type !== 'comment' || token.indent > from);
    if (isBelow) this.#tokens(sep.slice(colon), indent + step);
    else this.#trailing(sep.slice(colon), indent);
  }

  /** Comments after the last entry: how far they were indented says of what they speak. */
  #trailing(tokens: readonly CST.SourceToken[], indent: number): void {
    for (const token of tokens) {
      const level = this.#levels.findLast(({ from }) => from <= token.indent);
      this.#tokens([token], token.type === 'comment' ? (level?.to ?? 0) : indent);
    }
  }

  /** The first line keeps its header and comment; the lines of the text keep what they have beyond their indent. */
  #blockScalar(token: CST.BlockScalar, parent: number): void {
    const header = token.props.find((prop) => prop.type === 'block-scalar-header');
    const style = header !== undefined && 'source' in header ? header.source : '|';
    this.#tokens(token.props as CST.SourceToken[], parent + step);
    const explicit = /[1-9]/.exec(style)?.[0];
    const before = contentIndent(token);
    const after = ' '.repeat(
      explicit === undefined ? Math.max(parent, 0) + step : Math.max(parent, 0) + Number(explicit),
    );
    const lines = token.source.split('\n').map((line) => (line.length <= before ? '' : after + line.slice(before)));
    this.#startLine();
    const body = lines.join('\n');
    const kept = style.includes('+') ? body : body.replace(/\n+$/, '\n');
    this.#write(kept.trim() === '' && !style.includes('+') ? '' : kept);
    this.#blankLines = kept === body ? 0 : 1;
  }

  #flow({ start, items, end }: CST.FlowCollection, indent: number): void {
    const isMap = start.type === 'flow-map-start';
    const isEmpty = !items.some(({ key, sep, value }) => key || sep || value);
    this.#put(start.source, indent);
    this.#apart = isMap && !isEmpty;
    this.#close = !this.#apart;
    const inner = indent + step;
    for (const item of items) {
      this.#tokens(item.start, inner);
      if (item.key) this.#value(item.key, inner - step);
      this.#tokens(item.sep ?? [], inner, colonAfter(item.key));
      if (item.value !== undefined) this.#value(item.value, inner - step);
    }
    const closing = end.findIndex(({ type }) => type === 'flow-map-end' || type === 'flow-seq-end');
    this.#tokens(end.slice(0, closing), inner);
    this.#gap = '';
    this.#apart = isMap && !isEmpty;
    this.#put(end[closing]?.source ?? '', indent);
    this.#tokens(end.slice(closing + 1), indent);
  }

  #tokens(tokens: readonly CST.SourceToken[], indent: number, beforeColon: 'none' | 'source' = 'source'): void {
    for (const { type, source } of tokens) {
      switch (type) {
        case 'space':
          this.#gap = source;
          break;
        case 'newline':
          this.#endLine();
          break;
        case 'comment':
          this.#comment(source, indent);
          break;
        case 'doc-start':
          this.#startLine();
          this.#blankLines = 0;
          this.#put(source, 0);
          this.#apart = true;
          break;
        case 'map-value-ind':
        case 'comma':
          if (beforeColon === 'none' || type === 'comma') this.#gap = '';
          this.#apart = false;
          this.#put(source, indent);
          this.#apart = true;
          break;
        default:
          this.#put(source, indent);
          this.#apart = true;
      }
    }
  }

  #comment(source: string, indent: number): void {
    const gap = this.#gap;
    this.#apart = true;
    // Comments at the ends of lines are often aligned by hand.
    if (!this.#isLineStart && gap.length > 1) this.#line += ' '.repeat(gap.length - 1);
    this.#put(source.trimEnd(), indent);
  }

  #put(text: string, indent: number): void {
    if (this.#isLineStart) {
      const last = this.#done.at(-1);
      if (this.#blankLines > 0 && last !== undefined && last !== '---\n') this.#done.push('\n');
      this.#line = ' '.repeat(Math.max(0, indent)) + text;
    } else {
      this.#line += (this.#apart || (this.#gap !== '' && !this.#close) ? ' ' : '') + text;
    }
    this.#isLineStart = false;
    this.#blankLines = 0;
    this.#gap = '';
    this.#apart = false;
    this.#close = false;
  }

  #endLine(): void {
    if (this.#isLineStart) this.#blankLines += 1;
    else this.#startLine();
    this.#gap = '';
    this.#apart = false;
    this.#close = false;
  }

  #startLine(): void {
    if (this.#isLineStart) return;
    this.#done.push(`${this.#line.trimEnd()}\n`);
    this.#line = '';
    this.#isLineStart = true;
    this.#blankLines = 0;
    this.#gap = '';
    this.#apart = false;
    this.#close = false;
  }
}

/** `*name:` would be another name. */
function colonAfter(key: CST.Token | null | undefined): 'none' | 'source' {
  return key?.type === 'alias' ? 'source' : 'none';
}

/** Line breaks of flow scalars are folded together with the spaces after them. */
function indented(source: string, indent: number): string {
  if (!source.includes('\n')) return source;
  return source.replace(/\n[ \t]*(?=([^\n]?))/g, (_all, next: string) =>
    next === '' ? '\n' : `\n${' '.repeat(Math.max(0, indent))}`,
  );
}

/** Double quotes where they need no escape. */
function quoted(token: CST.FlowScalar): string {
  const { type, source } = token;
  if (type !== 'single-quoted-scalar' || /["\\\n\u0000-\u001f\u007f-\u009f\u2028\u2029]/.test(source)) return source;
  return `"${source.slice(1, -1).replaceAll("''", "'")}"`;
}

/** How far the text of a block scalar is indented: beyond that, spaces are its own. */
function contentIndent(token: CST.BlockScalar): number {
  const first = token.source.split('\n').find((line) => line.trim() !== '');
  if (first === undefined) return Number.POSITIVE_INFINITY;
  const value = CST.resolveAsScalar(token)?.value ?? '';
  const own = value.split('\n').find((line) => line.trim() !== '') ?? '';
  return indentOf(first) - indentOf(own);
}

function indentOf(line: string): number {
  return line.length - line.replace(/^ +/, '').length;
}
