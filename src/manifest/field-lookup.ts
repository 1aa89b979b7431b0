import { docName, documented, type FieldDoc } from './field-doc.ts';
import { nearest } from './nearest.ts';
import { kinds } from './resource.ts';

/** A field that was asked for by its path, or how far the path leads. */
export type FieldLookup =
  | { readonly kind: 'found'; readonly doc: FieldDoc }
  /** The first word is no kind. */
  | { readonly kind: 'no-kind' }
  | {
      readonly kind: 'no-field';
      readonly within: FieldDoc;
      readonly step: string;
      /** Paths that may have been meant, the likeliest first. */
      readonly meant: readonly string[];
    };

/**
 * Finds `Agent`, `agent.spec.tools[].toolRef`, `AgentSystem.spec.graph.reply.edges[0].to` or
 * `pawl.yaml.environments[].guards`. Brackets may be left out, and a map's member may have any name.
 */
export function lookupField(query: string): FieldLookup {
  const { title, steps } = parseQuery(query);
  let doc = title === undefined ? undefined : documented(title);
  if (doc === undefined) return { kind: 'no-kind' };
  for (const step of steps) {
    const next = childOf(doc, step);
    if (next === undefined) return { kind: 'no-field', within: doc, step, meant: meantBy(doc, step) };
    doc = next;
  }
  return { kind: 'found', doc };
}

/** The kind that a word names, in any case and also in the plural. */
export function kindNamed(word: string): string | undefined {
  const lower = word.toLowerCase();
  if (settingsNames.includes(lower)) return 'PawlSettings';
  if (lower === 'script') return 'Script';
  if (lower === 'lock' || lower === 'pawl.lock.yaml') return 'Lock';
  return kinds.find((kind) =>
    [lower, lower.replace(/s$/, ''), lower.replace(/ies$/, 'y')].includes(kind.toLowerCase()),
  );
}

const settingsNames = ['pawl.yaml', 'pawlsettings', 'settings', 'pawl'];

/** Every word that `lookupField` takes for a kind. */
export const kindWords: readonly string[] = [...kinds, 'PawlSettings', 'pawl.yaml', 'Script', 'pawl.lock.yaml'];

const stepsMax = 32;

function parseQuery(query: string): { readonly title: string | undefined; readonly steps: readonly string[] } {
  const file = /^pawl(\.lock)?\.yaml(?=$|[.[])/i.exec(query)?.[0];
  const rest = file === undefined ? query : query.slice(file.length);
  const words = [...rest.matchAll(/\[[^\]]*\]|[^.[\]]+/g)].map(([word]) => (word.startsWith('[') ? '[]' : word));
  const [first = '', ...others] = file === undefined ? words : [file, ...words];
  return { title: kindNamed(first), steps: others.slice(0, stepsMax) };
}

/** Through lists and maps without a word for their entries, as long as the name is that of a field. */
function childOf(doc: FieldDoc, step: string): FieldDoc | undefined {
  const named = fieldNamed(doc, step);
  if (named !== undefined) return named;
  const [entry, member] = [inner(doc, '[]'), inner(doc, '*')];
  if (step === '[]' || step === '*') return entry ?? member;
  if (entry !== undefined) return childOf(entry, step);
  return member === undefined ? undefined : (fieldNamed(member, step) ?? member);
}

function fieldNamed({ fields }: FieldDoc, name: string): FieldDoc | undefined {
  const named = fields.filter(({ path }) => path.at(-1) !== '[]' && path.at(-1) !== '*');
  return (
    named.find(({ path }) => path.at(-1) === name) ??
    named.find(({ path }) => path.at(-1)?.toLowerCase() === name.toLowerCase())
  );
}

function inner({ fields }: FieldDoc, step: '[]' | '*'): FieldDoc | undefined {
  return fields.find(({ path }) => path.at(-1) === step);
}

/** The nearest name here; else where in the kind a field of that name is. */
function meantBy(doc: FieldDoc, step: string): string[] {
  const here = namedFields(doc);
  const near = nearest(step, here.keys());
  const meant = near === undefined ? undefined : here.get(near);
  if (meant !== undefined) return [docName(meant)];
  const root = documented(doc.title);
  const elsewhere =
    root === undefined ? [] : allWithin(root).filter(({ path }) => path.at(-1)?.toLowerCase() === step.toLowerCase());
  return elsewhere.slice(0, meantMax).map(docName);
}

const meantMax = 3;

/** The fields of a map, or of the entries of a list or map. */
export function namedFields(doc: FieldDoc): ReadonlyMap<string, FieldDoc> {
  const entry = inner(doc, '[]') ?? inner(doc, '*');
  const named = doc.fields.filter((field) => field !== entry);
  if (named.length === 0 && entry !== undefined) return namedFields(entry);
  return new Map(named.map((field) => [field.path.at(-1) ?? '', field]));
}

function allWithin(doc: FieldDoc): FieldDoc[] {
  return doc.fields.flatMap((field) => [field, ...allWithin(field)]);
}
