import type { FieldRow, FieldTable } from './field-table.ts';

/** A field table as a tree: what may stand beneath a path is one step away. */
export interface FieldTree {
  row?: FieldRow;
  /** By name; `*` is any key of a map, `[]` any entry of a list. */
  readonly children: Map<string, FieldTree>;
}

/** `spec.tools[].name` is `spec`, `tools`, `[]`, `name`. */
export function fieldSteps(path: string): readonly string[] {
  return path.replaceAll('[]', '.[]').split('.');
}

export function fieldTreeOf(table: FieldTable): FieldTree {
  const known = trees.get(table);
  if (known !== undefined) return known;
  const root: FieldTree = { children: new Map() };
  for (const [path, row] of Object.entries(table)) {
    let tree = root;
    for (const step of fieldSteps(path)) {
      const next = tree.children.get(step) ?? { children: new Map() };
      tree.children.set(step, next);
      tree = next;
    }
    tree.row = row;
  }
  trees.set(table, root);
  return root;
}

const trees = new WeakMap<FieldTable, FieldTree>();
