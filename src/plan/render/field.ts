import { isJsonObject, type Json } from '../../manifest/json.ts';
import { neutral } from '../../manifest/neutral.ts';
import type { FieldChange } from '../change.ts';
import type { TextLine } from '../lines.ts';

export interface FieldLine {
  /** 0: the field's own line; more: beneath it. */
  readonly indent: number;
  readonly text: string;
  /** Set on lines of a text diff. */
  readonly sign?: TextLine['sign'];
}

/** How one changed field reads: `path = before -> after`, or its path with a line diff beneath. */
export function fieldLines(field: FieldChange): readonly FieldLine[] {
  const path = neutral(field.path);
  if (field.sensitive) {
    return [{ indent: 0, text: field.action === 'update' ? `${path} (sensitive) changed` : `${path} (sensitive)` }];
  }
  if (isSaidByPath(field)) return [{ indent: 0, text: path }];
  if (field.lines === undefined) return [{ indent: 0, text: `${path} = ${valueOf(field)}` }];
  const split = field.split === true ? [{ indent: 4, text: '(long lines are split at sentence ends)' }] : [];
  return [{ indent: 0, text: `${path}:` }, ...split, ...diffLines(field.lines)];
}

/** An entry of a list that is nothing but its key: `spec.roles["support"]` needs no value after it. */
function isSaidByPath({ path, action, before, after }: FieldChange): boolean {
  if (action === 'update') return false;
  const value = action === 'create' ? after : before;
  const inner = isJsonObject(value) ? Object.values(value) : [value];
  return inner.length === 1 && typeof inner[0] === 'string' && path.endsWith(`[${JSON.stringify(inner[0])}]`);
}

function valueOf({ action, before, after }: FieldChange): string {
  if (action === 'create') return valueText(after);
  if (action === 'delete') return valueText(before);
  return `${valueText(before)} -> ${valueText(after)}`;
}

const valueCharsMax = 400;

/** A value as JSON on one line, with what a terminal would act on made visible. */
export function valueText(value: Json | undefined): string {
  if (value === undefined) return '(absent)';
  const text = Array.from(neutral(JSON.stringify(value)));
  if (text.length <= valueCharsMax) return text.join('');
  return `${text.slice(0, valueCharsMax).join('')} … (${text.length - valueCharsMax} more characters in the JSON)`;
}

const contextLines = 3;
const newLinesMax = 30;

/** Changed lines with what stands around them; a text that is all new or all gone is cut after its first lines. */
function diffLines(lines: readonly TextLine[]): readonly FieldLine[] {
  const isWhole = lines.every(({ sign }) => sign === lines[0]?.sign);
  const shown = isWhole ? wholeLines(lines) : nearLines(lines);
  return shown.map((line) => {
    if (typeof line === 'number') return { indent: 4, text: hiddenText(line, isWhole ? 'more' : 'unchanged') };
    return { indent: 4, text: neutral(line.text), sign: line.sign };
  });
}

function hiddenText(count: number, which: string): string {
  return `(${count} ${which} ${count === 1 ? 'line' : 'lines'} hidden)`;
}

function wholeLines(lines: readonly TextLine[]): readonly (TextLine | number)[] {
  if (lines.length <= newLinesMax) return lines;
  return [...lines.slice(0, newLinesMax), lines.length - newLinesMax];
}

/** Lines near a change, with the number of lines left out wherever some were. */
function nearLines(lines: readonly TextLine[]): readonly (TextLine | number)[] {
  const near = new Set<number>();
  for (const [index, { sign }] of lines.entries()) {
    if (sign === ' ') continue;
    for (let at = index - contextLines; at <= index + contextLines; at += 1) near.add(at);
  }
  const shown: (TextLine | number)[] = [];
  let hiddenCount = 0;
  const flush = (): void => {
    if (hiddenCount > 0) shown.push(hiddenCount);
    hiddenCount = 0;
  };
  for (const [index, line] of lines.entries()) {
    if (!near.has(index)) {
      hiddenCount += 1;
      continue;
    }
    flush();
    shown.push(line);
  }
  flush();
  return shown;
}
