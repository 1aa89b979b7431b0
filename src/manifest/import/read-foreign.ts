import { parseDocuments, type ParsedFile, type SourceFile } from '../document.ts';
import { nameFault, shownPath } from '../file-name.ts';
import type { Problem } from '../problem.ts';
import { decodeText, problemAt } from '../text.ts';
import type { ForeignKind } from './dialect.ts';
import type { ForeignDocument } from './foreign.ts';
import { isHelmTemplate } from './helm.ts';
import { recognise } from './recognise.ts';
import { strayOf, type Stray } from './stray.ts';

/** Larger files are refused: what tools render of a whole cluster is well below it. */
export const foreignFileBytesMax = 8 * 1024 * 1024;

export interface ForeignFiles {
  readonly documents: Map<ForeignDocument, ForeignKind>;
  readonly strays: readonly Stray[];
}

/** Every document of the files: those of a known kind, and the others with what is to be said of them. */
export function readForeign(files: readonly SourceFile[]): ForeignFiles {
  const found = { documents: new Map<ForeignDocument, ForeignKind>(), strays: [] as Stray[] };
  const charts = chartFolders(files);
  for (const file of files) {
    const stray = chartStray(file, charts);
    if (stray === undefined) readFile(file, found);
    else found.strays.push(stray);
  }
  return found;
}

function readFile(file: SourceFile, into: { documents: Map<ForeignDocument, ForeignKind>; strays: Stray[] }): void {
  const parsed = parseDocuments(file, foreignFileBytesMax);
  // A comment is not carried over; whoever wrote a credential into it should know.
  const [inComments, faults] = [parsed.problems.filter(isOfSecret), parsed.problems.filter((one) => !isOfSecret(one))];
  into.strays.push(...lostDocuments(file, faults, parsed));
  let first: ForeignDocument | undefined;
  for (const document of parsed.documents) {
    for (const found of recognise(document)) {
      if ('fate' in found) into.strays.push(found);
      else {
        into.documents.set(found.document, found.kind);
        first ??= found.document;
      }
    }
  }
  for (const { line } of inComments) {
    const message = `A comment of the file (line ${line}) holds what looks like a credential. Revoke it.`;
    first?.root.flag('import.secret_value', message);
  }
}

function isOfSecret({ code }: Problem): boolean {
  return code === 'manifest.secret_literal';
}

/** One for each document that could not be read, so that the count is of what is in the file. */
function lostDocuments(
  file: SourceFile,
  faults: readonly Problem[],
  { documents, lost }: ParsedFile,
): readonly Stray[] {
  const [first] = faults;
  if (first === undefined) return [];
  const isWhole = documents.length === 0 && lost.length <= 1;
  const count = isWhole ? documentsIn(file) : Math.max(1, lost.length);
  // JSON of other tools may hold comments, and lies in every repository.
  if (file.path.endsWith('.json') && !namesASystem(file.bytes))
    return [strayOf('ignored', 'unreadable', { ...first, message: `It names none of the systems. ${first.message}` })];
  return Array.from({ length: count }, (_, index) => {
    const own = faults.slice(index, index === count - 1 ? undefined : index + 1);
    return { ...strayOf('refused', 'unreadable', own[0] ?? first), problems: own };
  });
}

/** By the markers between them: nothing else can be told of a file that is not read. */
function documentsIn({ bytes, path }: SourceFile): number {
  if (path.endsWith('.json')) return 1;
  const parts = new TextDecoder().decode(bytes).split(/^---(?=\s|$)/mu);
  return Math.max(1, parts.filter((part) => /^[^\s#]/mu.test(part)).length);
}

function namesASystem(bytes: Uint8Array): boolean {
  return /orloj|kagent|agentic-layer/u.test(new TextDecoder().decode(bytes));
}

/** The folders that hold a chart of Helm's. */
function chartFolders(files: readonly SourceFile[]): ReadonlySet<string> {
  return new Set(files.flatMap(({ path }) => (/(?:^|\/)Chart\.yaml$/u.test(path) ? [folderOf(path)] : [])));
}

/** What Helm has to read first. */
function chartStray(file: SourceFile, charts: ReadonlySet<string>): Stray | undefined {
  const { source, problems } = decodeText(file.bytes, shownPath(file.path));
  if (problems.length > 0 || nameFault(file.path) !== undefined) return undefined;
  const isPart = isChartPart(file.path, charts);
  const isTemplate = isHelmTemplate(source.text) || (isPart === 'template' && source.text.includes('{{'));
  if (isTemplate) {
    const at = Math.max(0, source.text.indexOf('{{'));
    const message = 'The file is a template of Helm, and no manifest before Helm has filled it in.';
    const help = 'Render the chart first: `helm template NAME CHART | pawl import -`.';
    return strayOf('refused', 'Helm template', problemAt(source, [at, at + 2], { code: 'import.helm', message, help }));
  }
  if (isPart !== 'metadata') return undefined;
  const message =
    'It belongs to a chart of Helm: `helm template NAME CHART | pawl import -` imports what the chart makes.';
  return strayOf(
    'ignored',
    'Helm chart',
    problemAt(source, 0, { code: 'import.ignored', severity: 'warning', message }),
  );
}

/** Whether a file of a chart is one of its templates, or what says what to fill into them. */
function isChartPart(path: string, charts: ReadonlySet<string>): 'template' | 'metadata' | undefined {
  const name = path.slice(path.lastIndexOf('/') + 1);
  if (charts.has(folderOf(path)) && /^(?:Chart|values.*)\.ya?ml$/u.test(name)) return 'metadata';
  for (const chart of charts)
    if (path.startsWith(chart === '' ? 'templates/' : `${chart}/templates/`)) return 'template';
  return undefined;
}

function folderOf(path: string): string {
  return path.includes('/') ? path.slice(0, path.lastIndexOf('/')) : '';
}
