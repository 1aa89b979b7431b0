import type { ForeignDocument } from '../foreign.ts';

/** What a reference of Orloj names: `name`, or `namespace/name`. */
export interface OrlojName {
  readonly namespace?: string;
  readonly name: string;
}

export function orlojName(text: string): OrlojName {
  const [first = '', ...rest] = text.trim().split('/');
  return rest.length === 0 ? { name: first } : { namespace: first, name: rest.join('/') };
}

/** Orloj compares names of tools, agents and models without regard to case. */
export function sameName(one: string, other: string): boolean {
  return nameKey(one) === nameKey(other);
}

export function nameKey(text: string): string {
  return text.trim().toLowerCase();
}

/** Whether a document is of a kind of Orloj. */
export function isOrloj({ apiVersion, kind }: ForeignDocument, wanted: string): boolean {
  return kind === wanted && apiVersion.startsWith('orloj.dev/');
}
