import { documented, type FieldDoc, type Propagation } from '../../manifest/field-doc.ts';
import { compareText } from '../../manifest/problem.ts';
import type { Kind } from '../../manifest/resource.ts';
import type { FieldChange } from '../change.ts';

/** When the changed fields of a resource reach runs that have started: what their schema says of each, once. */
export function propagationOf(kind: Kind, fields: readonly FieldChange[]): readonly Propagation[] {
  const doc = documented(kind);
  const found = new Set<Propagation>();
  for (const { path } of fields) {
    const propagation = doc && deepest(doc, stepsOf(path)).propagation;
    if (propagation !== undefined) found.add(propagation);
  }
  return [...found].sort(compareText);
}

/** The most exact thing that is documented of a path; keys of maps and entries of lists stand for all of them. */
function deepest(doc: FieldDoc, steps: readonly string[]): FieldDoc {
  const [step, ...rest] = steps;
  if (step === undefined) return doc;
  const below = doc.fields.find(({ path }) => path.at(-1) === step) ?? doc.fields.find(isAny);
  return below === undefined ? doc : deepest(below, rest);
}

function isAny({ path }: FieldDoc): boolean {
  const last = path.at(-1);
  return last === '*' || last === '[]';
}

/** `spec.tools["search"].x` as its steps: names, and entries by key or index. */
function stepsOf(path: string): readonly string[] {
  return Array.from(path.matchAll(/\["(?:[^"\\]|\\.)*"\]|\[\d+\]|[^.[\]]+/g), ([step]) => step);
}
