import { enforcedFields } from './enforced-fields.ts';
import { isJsonList, isJsonObject, own, type Json } from './json.ts';
import { missingParts } from './missing-parts.ts';
import { pathText } from './schema-field.ts';
import type { Path } from './text.ts';

/** Something written that this build cannot honour. */
export interface Unsupported {
  readonly path: Path;
  /** The part of pawl that it waits for. */
  readonly part: string;
  /** Where the field is honoured and only this value of it is not. */
  readonly value?: string;
}

/** Everything written in a document of a kind (or in `PawlSettings`) that this build cannot honour, in its order. */
export function unsupportedIn(title: string, document: Json): Unsupported[] {
  const part = missingKindPart(title);
  if (part !== undefined) return [{ path: ['kind'], part, value: title }];
  const found: Unsupported[] = [];
  collect(document, { path: [], row: rowsOf(title) }, found);
  return found;
}

/** The part of pawl that a kind waits for. */
export function missingKindPart(kind: string): string | undefined {
  return own(missingParts, kind);
}

/** The part of pawl that a field, or one value of it, waits for. */
export function missingFieldPart(title: string, path: Path, value?: string): string | undefined {
  let row: Row | undefined = rowsOf(title);
  for (const step of path) {
    const list: Row | undefined = /^[0-9]+$/.test(String(step)) ? row.under.get('[]') : undefined;
    row = row.under.get(String(step)) ?? list ?? row.under.get('*');
    if (row === undefined) return undefined;
    if (row.part !== undefined) return row.part;
  }
  return value === undefined ? undefined : row.values.get(value);
}

/** What this build does with a field. */
export type Support =
  | { readonly kind: 'enforced' }
  /** The parts that some of its values wait for, by value. */
  | { readonly kind: 'partly'; readonly values: Readonly<Record<string, string>> }
  | { readonly kind: 'missing'; readonly part: string }
  /** In no table: a mistake of ours, which a test finds. */
  | { readonly kind: 'unlisted' };

/** Whether this build does what a field says. */
export function supportOf(title: string, path: Path): Support {
  const part = missingKindPart(title) ?? missingFieldPart(title, path);
  if (part !== undefined) return { kind: 'missing', part };
  const prefix = `${title}.${pathText(path.map(String))}=`;
  const values = Object.entries(missingParts).filter(([key]) => key.startsWith(prefix));
  if (values.length === 0)
    return isEnforced(title, pathText(path.map(String))) ? { kind: 'enforced' } : { kind: 'unlisted' };
  return { kind: 'partly', values: Object.fromEntries(values.map(([key, part]) => [key.slice(prefix.length), part])) };
}

/** The field, what it is in, or something in it is in the table of what is enforced. */
function isEnforced(title: string, path: string): boolean {
  const rows = [...(own(enforcedFields, title) ?? []), ...(own(enforcedFields, '*') ?? [])];
  return rows.some((row) => {
    const [field = ''] = row.split('=');
    return path === '' || isWithin(path, field) || isWithin(field, path);
  });
}

function isWithin(inner: string, outer: string): boolean {
  return inner === outer || inner.startsWith(`${outer}.`) || inner.startsWith(`${outer}[]`);
}

/** What this build does with a field, as a sentence. */
export function supportWords(support: Support): string {
  switch (support.kind) {
    case 'enforced':
      return 'Enforced.';
    case 'missing':
      return `Checked, and refused by plan and apply until this part is built: ${support.part}.`;
    case 'unlisted':
      return 'Not known.';
    case 'partly': {
      const values = Object.entries(support.values).map(([value, part]) => `\`${value}\` (${part})`);
      return `Enforced, apart from values that plan and apply refuse until their parts are built: ${values.join(', ')}.`;
    }
  }
}

/** The rows of the table as a tree, so that a document is walked only where there may be something. */
interface Row {
  part: string | undefined;
  readonly values: Map<string, string>;
  /** By name of a field, `*` for each member of a map, `[]` for each entry of a list. */
  readonly under: Map<string, Row>;
}

const trees = new Map<string, Row>();

function rowsOf(title: string): Row {
  const known = trees.get(title);
  if (known !== undefined) return known;
  const tree = emptyRow();
  for (const [key, part] of Object.entries(missingParts)) addRow(tree, title, [key, part]);
  trees.set(title, tree);
  return tree;
}

function addRow(tree: Row, title: string, [key, part]: readonly [string, string]): void {
  const [path = '', value] = key.split('=');
  const [kind, ...steps] = path.replaceAll('[]', '.[]').split('.');
  if (kind !== title && kind !== '*') return;
  let row = tree;
  for (const step of steps) {
    const next = row.under.get(step) ?? emptyRow();
    row.under.set(step, next);
    row = next;
  }
  if (value === undefined) row.part = part;
  else row.values.set(value, part);
}

function emptyRow(): Row {
  return { part: undefined, values: new Map(), under: new Map() };
}

function collect(value: Json, at: { readonly path: Path; readonly row: Row }, found: Unsupported[]): void {
  const { path, row } = at;
  if (row.part !== undefined) {
    found.push({ path, part: row.part });
    return;
  }
  const text = typeof value === 'object' ? undefined : String(value);
  const part = text === undefined ? undefined : row.values.get(text);
  if (text !== undefined && part !== undefined) found.push({ path, part, value: text });
  if (row.under.size === 0) return;
  if (isJsonList(value)) {
    const entry = row.under.get('[]');
    if (entry === undefined) return;
    for (const [index, member] of value.entries()) collect(member, { path: [...path, index], row: entry }, found);
  } else if (isJsonObject(value)) {
    for (const [name, member] of Object.entries(value)) {
      const next = row.under.get(name) ?? row.under.get('*');
      if (next !== undefined) collect(member, { path: [...path, name], row: next }, found);
    }
  }
}
