import type { Kind } from '../resource.ts';
import type { Conversion } from './conversion.ts';
import type { FieldTable } from './field-table.ts';
import type { ForeignDocument } from './foreign.ts';

/** The systems whose manifests are read. */
export type DialectName = 'orloj' | 'kagent' | 'kagent-reference' | 'agent-runtime-operator' | 'kubernetes';

/** A system whose manifests are read, as one table of its kinds. */
export interface Dialect {
  readonly name: DialectName;
  /** As its documentation calls it. */
  readonly title: string;
  readonly kinds: readonly ForeignKind[];
}

/** One kind of a foreign system, in the versions that share its fields. */
export interface ForeignKind {
  readonly kind: string;
  readonly apiVersions: readonly string[];
  /** Every field that the system's own schema knows, and what becomes of it. */
  readonly fields: FieldTable;
  /** What the system's schema says beyond single fields: notes are left at the fields that are wrong (`import.schema`). */
  readonly rules?: (document: ForeignDocument) => void;
  /** Whether a document has this shape, where another kind has the same apiVersion and kind. */
  readonly fits?: (document: ForeignDocument) => boolean;
  /** The same by fields of `spec`, of which only this shape has any; messages name them. */
  readonly marks?: readonly string[];
  readonly fate: Fate;
}

export type Fate =
  | {
      readonly fate: 'mapped';
      /** The kind that takes its name; its names are given out among all that become this kind. */
      readonly becomes: Kind;
      readonly convert: (document: ForeignDocument, conversion: Conversion) => void;
    }
  /** Read where others refer to it; by itself it becomes nothing. */
  | { readonly fate: 'referenced'; readonly reason: string }
  | { readonly fate: 'ignored'; readonly reason: string }
  | { readonly fate: 'refused'; readonly message: string; readonly help: string };
