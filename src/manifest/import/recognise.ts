import type { Document } from '../document.ts';
import { isJsonList, isJsonObject, own, type Json } from '../json.ts';
import { didYouMean } from '../nearest.ts';
import { problemIn } from '../position.ts';
import { shownText } from '../shown.ts';
import type { Finding, Path } from '../text.ts';
import type { Dialect, ForeignKind } from './dialect.ts';
import { dialects } from './dialects.ts';
import { ForeignDocument, groupOf } from './foreign.ts';
import { strayOf, type Stray } from './stray.ts';

export interface Recognised {
  readonly document: ForeignDocument;
  readonly kind: ForeignKind;
}

/** What a document of a file is: one of a known kind, several of them in a `List`, or none. */
export function recognise(document: Document): readonly (Recognised | Stray)[] {
  return recogniseAt(document, document.value, []);
}

/** A list of lists is no list that any tool writes. */
const listsMax = 3;

function recogniseAt(document: Document, value: Json, base: Path): readonly (Recognised | Stray)[] {
  if (base.length < 2 * listsMax) {
    const items = itemsOf(value);
    if (items.length > 0) return items.flatMap((item, index) => recogniseAt(document, item, [...base, 'items', index]));
  }
  const stray = (fate: Stray['fate'], finding: Finding, path: Path = ['kind']): readonly Stray[] => {
    const severity = fate === 'ignored' ? 'warning' : 'error';
    return [strayOf(fate, kindIn(value), problemIn(document, [...base, ...path], { ...finding, severity }))];
  };
  const ignored = (message: string) => stray('ignored', { code: 'import.ignored', message }, []);
  const apiVersion = textAt(value, 'apiVersion');
  const kind = textAt(value, 'kind');
  if (apiVersion === 'pawl/v1') return ignored('It is a manifest of pawl already.');
  if (isKustomization(document, kind, apiVersion))
    return ignored('Kustomize reads it: `kustomize build . | pawl import -` imports what it makes.');
  if (apiVersion === undefined || kind === undefined) {
    const missing = halfWritten({ apiVersion, kind, value });
    return missing === undefined
      ? ignored('It is no manifest: it has no `apiVersion` and `kind`.')
      : stray('refused', missing, []);
  }
  const candidates = candidatesOf(apiVersion, kind);
  if (candidates.length === 0) {
    const unknown = unknownKind(apiVersion, kind);
    const named = shownText(`${apiVersion} ${kind}`);
    return unknown === undefined
      ? ignored(`\`${named}\` is no manifest of a system that can be imported.`)
      : stray('refused', unknown);
  }
  const foreign = foreignAt(document, { apiVersion, kind, value, base });
  const fitting = fittingOf(candidates, foreign);
  if (fitting !== undefined) return [{ document: foreign, kind: fitting }];
  return stray('refused', undecided(candidates, foreign));
}

/** A document that has the fields of several systems, or of none: which fields would tell is said. */
function undecided(candidates: readonly Candidate[], foreign: ForeignDocument): Finding {
  const { kind, apiVersion } = foreign;
  const systems = candidates.map(({ dialect }) => dialect.title).join(' and ');
  const found = candidates.flatMap((one) => (one.kind.marks ?? []).filter((mark) => foreign.spec.get(mark).exists));
  const why =
    found.length === 0
      ? 'the document has no field that only one of them has'
      : `the document has fields of both: ${found.map((mark) => `\`spec.${mark}\``).join(', ')}`;
  const marks = candidates.map(
    (one) => `${one.dialect.title} has ${(one.kind.marks ?? []).map((mark) => `\`${mark}\``).join(', ')}`,
  );
  return {
    code: 'import.shape',
    message: `\`${kind}\` of \`${apiVersion}\` means different things in ${systems}, and ${why}.`,
    help: `Write the fields of one of them in \`spec\`: ${marks.join('; ')}.`,
  };
}

/** What a `List` holds, or an `AgentList` and its like. */
function itemsOf(value: Json): readonly Json[] {
  if (!isJsonObject(value) || textAt(value, 'kind')?.endsWith('List') !== true) return [];
  const items = own(value, 'items');
  return isJsonList(items) ? items : [];
}

function isKustomization({ source }: Document, kind: string | undefined, apiVersion: string | undefined): boolean {
  if (kind === 'Kustomization' && (apiVersion ?? 'kustomize.config.k8s.io/').startsWith('kustomize.config.k8s.io/'))
    return true;
  return kind === undefined && /(?:^|\/)kustomization\.ya?ml$/u.test(source.file);
}

interface Candidate {
  readonly dialect: Dialect;
  readonly kind: ForeignKind;
}

function candidatesOf(apiVersion: string, kind: string): readonly Candidate[] {
  return dialects.flatMap((dialect) =>
    dialect.kinds
      .filter((one) => one.kind === kind && one.apiVersions.includes(apiVersion))
      .map((one) => ({ dialect, kind: one })),
  );
}

/** The one kind that the document is of. What Kubernetes itself has stands back where a system makes more of it. */
function fittingOf(candidates: readonly Candidate[], document: ForeignDocument): ForeignKind | undefined {
  const [only] = candidates;
  if (candidates.length === 1) return only?.kind;
  const fitting = candidates.filter(({ kind }) => fits(kind, document));
  const systems = fitting.filter(({ dialect }) => dialect.name !== 'kubernetes');
  const [found, another] = systems.length === 0 ? fitting : systems;
  return another === undefined ? found?.kind : undefined;
}

function fits({ marks, fits: says }: ForeignKind, document: ForeignDocument): boolean {
  if (marks !== undefined) return marks.some((mark) => document.spec.get(mark).exists);
  return says?.(document) ?? true;
}

/** A manifest that lacks half of what tells what it is; undefined: it is none. */
function halfWritten(written: {
  apiVersion: string | undefined;
  kind: string | undefined;
  value: Json;
}): Finding | undefined {
  const { apiVersion, kind, value } = written;
  if (apiVersion !== undefined && systemGroups().has(groupOf(apiVersion)))
    return { code: 'import.schema', message: '`kind` is missing, or no text.' };
  const isMeant = kind !== undefined && isJsonObject(value) && own(value, 'metadata') !== undefined;
  if (!isMeant || apiVersion !== undefined || !systems().some((one) => one.kind === kind)) return undefined;
  return { code: 'import.schema', message: '`apiVersion` is missing, or no text: it tells which system it is of.' };
}

/** Of a group that is known; undefined: of one that is not. */
function unknownKind(apiVersion: string, kind: string): Finding | undefined {
  const group = groupOf(apiVersion);
  const shown = shownText(kind);
  if (!systemGroups().has(group)) {
    if (!/orloj|kagent|agentic-layer/u.test(apiVersion)) return undefined;
    const help = didYouMean(apiVersion, versionsOf());
    return { code: 'import.kind', message: `The apiVersion \`${shownText(apiVersion)}\` is not known.`, help };
  }
  const here = systems()
    .filter((one) => one.apiVersions.includes(apiVersion))
    .map((one) => one.kind);
  if (here.length === 0) {
    const help = `Known are: ${versionsOf()
      .filter((one) => groupOf(one) === group)
      .join(', ')}.`;
    return { code: 'import.kind', message: `The version \`${shownText(apiVersion)}\` is not known.`, help };
  }
  const same = here.find((one) => one.toLowerCase() === kind.toLowerCase());
  if (same !== undefined)
    return {
      code: 'import.schema',
      message: `\`${shown}\` is no kind of ${apiVersion}.`,
      help: `It is written \`${same}\` there.`,
    };
  const elsewhere = systems().find(
    (one) => one.kind === kind && one.apiVersions.some((version) => groupOf(version) === group),
  );
  const help =
    elsewhere === undefined ? didYouMean(kind, here) : `It is a kind of ${elsewhere.apiVersions.join(' and ')}.`;
  return { code: 'import.kind', message: `\`${shown}\` is no kind of ${apiVersion}.`, help };
}

/** Kinds of the systems themselves; those of Kubernetes are too many to know. */
function systems(): readonly ForeignKind[] {
  return dialects.filter(({ name }) => name !== 'kubernetes').flatMap(({ kinds }) => kinds);
}

function versionsOf(): readonly string[] {
  return [...new Set(systems().flatMap(({ apiVersions }) => apiVersions))].filter((version) => version.includes('.'));
}

function systemGroups(): ReadonlySet<string> {
  return new Set(versionsOf().map(groupOf));
}

function foreignAt(
  document: Document,
  { apiVersion, kind, value, base }: { apiVersion: string; kind: string; value: Json; base: Path },
): ForeignDocument {
  const metadata = isJsonObject(value) ? own(value, 'metadata') : undefined;
  const namespace = textAt(metadata, 'namespace') ?? 'default';
  const name = textAt(metadata, 'name') ?? 'unnamed';
  return new ForeignDocument(document, { apiVersion, kind, namespace, name, base });
}

function kindIn(value: Json): string {
  const [apiVersion, kind] = [textAt(value, 'apiVersion'), textAt(value, 'kind')];
  return kind === undefined ? 'no kind' : shownText(`${apiVersion ?? ''} ${kind}`.trim());
}

function textAt(value: Json | undefined, key: string): string | undefined {
  const found = isJsonObject(value) ? own(value, key) : undefined;
  return typeof found === 'string' ? found : undefined;
}
