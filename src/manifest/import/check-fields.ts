import { RE2JS } from 're2js';
import { isJsonList, isJsonObject } from '../json.ts';
import { didYouMean } from '../nearest.ts';
import { shownText } from '../shown.ts';
import type { FieldRow, FieldShape, FieldTable } from './field-table.ts';
import { fieldTreeOf, type FieldTree } from './field-tree.ts';
import type { ForeignDocument, ForeignNode } from './foreign.ts';

/**
 * Compares a document with the table of its kind: what the foreign schema would refuse is refused with `import.schema`,
 * and what the table ignores or refuses is noted at its place.
 */
export function checkFields(document: ForeignDocument, table: FieldTable): void {
  checkNode(document.root, fieldTreeOf(table));
}

/** Mapped values that no conversion read: the importer would drop them silently, so they refuse the document. */
export function refuseUnread(document: ForeignDocument, table: FieldTable): void {
  const visit = (node: ForeignNode, tree: FieldTree): void => {
    const { row } = tree;
    if (!node.exists || (row !== undefined && row.fate !== 'mapped')) return;
    if (row !== undefined && tree.children.size === 0) {
      if (document.wasRead(node.path)) return;
      const message = `\`${node.field}\` is known, and was not carried over.`;
      return node.refuse({ code: 'import.unread', message, help: 'This is a defect of pawl: report it.' });
    }
    for (const [child, below] of childrenOf(node, tree)) if (below !== undefined) visit(child, below);
  };
  visit(document.root, fieldTreeOf(table));
}

function checkNode(node: ForeignNode, tree: FieldTree): void {
  const { row } = tree;
  if (!node.exists) return;
  if (row !== undefined) {
    const fault = shapeFault(node, row);
    if (fault !== undefined) return node.refuse({ code: 'import.schema', ...fault });
    if (row.fate === 'ignored') return node.ignore(row.reason);
    if (row.fate === 'refused') return node.refuse({ message: row.message, help: row.help });
    if (row.type === 'any' || tree.children.size === 0) return;
  } else if (!fitsChildren(node, tree)) {
    const wanted = tree.children.has('[]') ? 'a list' : 'a map';
    return node.refuse({ code: 'import.schema', message: `\`${node.field}\` must be ${wanted}.` });
  }
  for (const [child, below] of childrenOf(node, tree)) {
    if (below === undefined) unknown(child, tree);
    else checkNode(child, below);
  }
  for (const [name, below] of tree.children) {
    if (below.row?.required === true && !node.get(name).exists) {
      const message = `\`${node.get(name).field}\` is missing, and required.`;
      node.refuse({ code: 'import.schema', message });
    }
  }
}

function childrenOf(node: ForeignNode, tree: FieldTree): (readonly [ForeignNode, FieldTree | undefined])[] {
  if (isJsonList(node.value)) return node.items().map((item) => [item, tree.children.get('[]')] as const);
  return node.entries().map(([key, child]) => [child, tree.children.get(key) ?? tree.children.get('*')] as const);
}

function fitsChildren({ value }: ForeignNode, { children }: FieldTree): boolean {
  return children.has('[]') ? isJsonList(value) : isJsonObject(value);
}

function unknown(node: ForeignNode, { children }: FieldTree): void {
  const name = String(node.path.at(-1));
  const help = didYouMean(name, [...children.keys()]);
  const message = `\`${shownText(node.field)}\` is not a field of ${node.document.kind} in ${node.document.apiVersion}.`;
  node.refuse({ code: 'import.schema', message, ...(help === undefined ? {} : { help }) });
}

/** What the foreign schema would say of a value. */
function shapeFault(node: ForeignNode, row: FieldRow): { message: string; help?: string } | undefined {
  const { value } = node;
  if (!hasType(value, row.type)) return { message: `\`${node.field}\` must be ${typeWords[row.type]}.` };
  if (row.enum !== undefined && !row.enum.some((one) => one === value)) {
    const help = typeof value === 'string' ? didYouMean(value, row.enum.map(String)) : undefined;
    const message = `\`${node.field}\` must be one of ${row.enum.map((one) => `\`${one}\``).join(', ')}.`;
    return { message, ...(help === undefined ? {} : { help }) };
  }
  const size = sizeFault(value, row);
  if (size !== undefined) return { message: `\`${node.field}\` ${size}.` };
  if (row.pattern !== undefined && typeof value === 'string' && !RE2JS.compile(row.pattern).matches(value))
    return { message: `\`${node.field}\` does not match \`${row.pattern}\`.` };
  return undefined;
}

function sizeFault(value: unknown, shape: FieldShape): string | undefined {
  if (typeof value === 'number') {
    if (shape.min !== undefined && value < shape.min) return `must be at least ${shape.min}`;
    if (shape.max !== undefined && value > shape.max) return `must be at most ${shape.max}`;
  }
  if (typeof value === 'string') {
    if (shape.minLength !== undefined && value.length < shape.minLength) return 'must not be empty';
    if (shape.maxLength !== undefined && value.length > shape.maxLength)
      return `must have at most ${shape.maxLength} characters`;
  }
  if (Array.isArray(value)) {
    if (shape.minItems !== undefined && value.length < shape.minItems)
      return `must have at least ${shape.minItems} entries`;
    if (shape.maxItems !== undefined && value.length > shape.maxItems)
      return `must have at most ${shape.maxItems} entries`;
  }
  return undefined;
}

const typeWords = {
  string: 'a text',
  integer: 'a whole number',
  number: 'a number',
  boolean: 'true or false',
  map: 'a map',
  list: 'a list',
  any: 'anything',
} as const;

function hasType(value: unknown, type: keyof typeof typeWords): boolean {
  switch (type) {
    case 'integer':
      return Number.isInteger(value);
    case 'map':
      return isJsonObject(value);
    case 'list':
      return Array.isArray(value);
    case 'any':
      return true;
    default:
      return typeof value === type;
  }
}
