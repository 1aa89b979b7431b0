/**
 * What becomes of the fields of a foreign kind, by their paths: `spec.tools[].name`, `metadata.labels.*`. A path that
 * leads only to others needs no row. A row that is ignored or refused, or of type `any`, covers everything beneath it.
 */
export type FieldTable = Readonly<Record<string, FieldRow>>;

export type FieldType = 'string' | 'integer' | 'number' | 'boolean' | 'map' | 'list' | 'any';

/** What the foreign schema demands of a value; a document that breaks it is refused with `import.schema`. */
export interface FieldShape {
  readonly type: FieldType;
  /** Wherever what holds it is present. */
  readonly required?: boolean;
  readonly enum?: readonly (string | number | boolean)[];
  /** Of the whole text (RE2). */
  readonly pattern?: string;
  readonly min?: number;
  readonly max?: number;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly minItems?: number;
  readonly maxItems?: number;
}

export type FieldRow = FieldShape &
  (
    | { readonly fate: 'mapped'; readonly to: string }
    | { readonly fate: 'ignored'; readonly reason: string }
    | { readonly fate: 'refused'; readonly message: string; readonly help: string }
  );

type Shape = FieldType | FieldShape;

/** A field that goes on in pawl: `to` says where (`Agent.spec.modelRef`), or in words what it becomes. */
export function mapped(shape: Shape, to: string): FieldRow {
  return { ...shapeOf(shape), fate: 'mapped', to };
}

/** A field that is left out, with a reason that ends no sentence with a promise. */
export function ignored(shape: Shape, reason: string): FieldRow {
  return { ...shapeOf(shape), fate: 'ignored', reason };
}

/** A field whose meaning cannot be kept: the document that has it is not written. */
export function refused(shape: Shape, message: string, help: string): FieldRow {
  return { ...shapeOf(shape), fate: 'refused', message, help };
}

function shapeOf(shape: Shape): FieldShape {
  return typeof shape === 'string' ? { type: shape } : shape;
}
