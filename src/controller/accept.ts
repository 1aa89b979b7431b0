import { exitCodes, TerminalError } from '../errors.ts';
import { appendDocument, editDocument, removeDocument, writeDocument } from '../manifest/edit.ts';
import { isManifestPath } from '../manifest/file-name.ts';
import { defaultFileLimits, textFileBytesMax } from '../manifest/limits.ts';
import { makingOf } from '../manifest/origin.ts';
import type { Address, EnvironmentSettings, Resource, Snapshot } from '../manifest/resource.ts';
import { treePath } from '../manifest/tree-path.ts';
import { acceptanceOf, manifestOf } from '../plan/acceptance.ts';
import type { Change } from '../plan/change.ts';
import { EditedCopy, type EditedFiles } from '../source/edited-copy.ts';
import type { Repository } from '../source/repository.ts';
import { SnapshotCache, snapshot } from '../source/snapshot.ts';

export interface AcceptRequest {
  readonly settings: EnvironmentSettings;
  /** From the revision's value to the one that is live. */
  readonly drift: readonly Change[];
  /** Also where the manifest is not what the revision says: then what it says beyond is undone. */
  readonly overManifest: boolean;
  /** The commit whose files are meant; absent: those of the working copy. */
  readonly commit?: string;
}

export interface Accepted {
  /** Files that are to be written, with what they hold now; undefined: there is none. */
  readonly files: ReadonlyMap<string, { readonly before: string | undefined; readonly after: string | undefined }>;
  readonly outcomes: readonly AcceptOutcome[];
}

export interface AcceptOutcome {
  readonly address: Address;
  /** `already`: the manifest says it as it is. */
  readonly kind: 'accepted' | 'already' | 'refused';
  /** Of a refusal, and what to do instead. */
  readonly because?: string;
  readonly files: readonly string[];
}

/**
 * What has to be written into a working copy so that its manifests say what is live. Nothing is written here. Every
 * edit is resolved as a commit of it would be: what does not come out as exactly the live value, or changes another
 * resource too, is left out and said.
 */
export async function accept(files: Repository, request: AcceptRequest): Promise<Accepted> {
  const { settings, drift } = request;
  const commit = request.commit ?? (await files.resolve('HEAD'));
  const cache = new SnapshotCache();
  const take = (edited: EditedFiles): Promise<Snapshot> =>
    snapshot(new EditedCopy(files, edited), { commit, environment: settings }, { cache });
  let current: Working = { files, commit, edited: new Map(), taken: await take(new Map()) };
  const outcomes: AcceptOutcome[] = [];
  for (const change of drift) {
    const step = await acceptOne(current, { change, request, take });
    outcomes.push(step.outcome);
    current = step.working;
  }
  return { files: await fileChanges({ files, commit }, current.edited), outcomes };
}

/** Where files are read. */
export interface FilesAt {
  readonly files: Repository;
  readonly commit: string;
}

interface Working extends FilesAt {
  readonly edited: EditedFiles;
  readonly taken: Snapshot;
}

interface Accepting {
  readonly change: Change;
  readonly request: AcceptRequest;
  readonly take: (edited: EditedFiles) => Promise<Snapshot>;
}

interface Step {
  readonly working: Working;
  readonly outcome: AcceptOutcome;
}

async function acceptOne(working: Working, accepting: Accepting): Promise<Step> {
  const { change } = accepting;
  const { address } = change;
  const keep = (outcome: Omit<AcceptOutcome, 'address' | 'files'>): Step => {
    return { working, outcome: { address, files: [], ...outcome } };
  };
  const resource = working.taken.resources.get(address);
  if (resource?.digest === change.afterDigest) return keep({ kind: 'already' });
  const hidden = change.fields.filter(({ sensitive }) => sensitive).map(({ path }) => path);
  if (hidden.length > 0) {
    return keep({ kind: 'refused', because: `${hidden.join(', ')} is sensitive: no tool writes its value into Git` });
  }
  if (resource?.digest !== change.beforeDigest && !accepting.request.overManifest) {
    return keep({
      kind: 'refused',
      because:
        'the manifest is not what the revision says; accept at the commit that is live, or pass --over-manifest to give up what the manifest says',
    });
  }
  let because = 'no edit of the manifest comes out as exactly what is live';
  for (const wholeLists of [false, true]) {
    const edited = await editsFor(working, { resource, change, wholeLists });
    if (typeof edited === 'string') return keep({ kind: 'refused', because: edited });
    const all = new Map([...working.edited, ...edited]);
    const taken = await accepting.take(all);
    const fault = faultOf(working.taken, taken, change);
    if (fault === undefined) {
      const outcome = { address, kind: 'accepted', files: [...edited.keys()] } as const;
      return { working: { ...working, edited: all, taken }, outcome };
    }
    because = fault;
  }
  return keep({ kind: 'refused', because });
}

/** Why an edit may not be made; undefined: it comes out as live, and nothing else comes out otherwise than before. */
function faultOf(before: Snapshot, after: Snapshot, change: Change): string | undefined {
  const known = new Set(before.problems.map(({ code, file, message }) => `${code} ${file} ${message}`));
  const fresh = after.problems.find(
    ({ severity, code, file, message }) => severity === 'error' && !known.has(`${code} ${file} ${message}`),
  );
  if (fresh !== undefined) return `${fresh.file}:${fresh.line} would be wrong: ${fresh.message}`;
  if (after.resources.get(change.address)?.digest !== change.afterDigest) {
    return 'no edit of the manifest comes out as exactly what is live';
  }
  for (const [address, resource] of after.resources) {
    if (address === change.address || before.resources.get(address)?.digest === resource.digest) continue;
    return `the same edit would change ${address} too`;
  }
  return undefined;
}

interface Editing {
  readonly resource: Resource | undefined;
  readonly change: Change;
  readonly wholeLists: boolean;
}

/** The files to write for one resource, or why there is no way. */
async function editsFor(working: Working, editing: Editing): Promise<EditedFiles | string> {
  const { resource, change } = editing;
  if (change.after === undefined) return resource === undefined ? new Map() : withoutManifest(working, resource);
  if (resource === undefined) return withManifest(working, change);
  const acceptance = acceptanceOf(resource, change.after, editing);
  if (acceptance.kind === 'refused') return acceptance.because;
  const edited = new Map<string, string | undefined>(acceptance.texts);
  const { document, edits } = acceptance;
  if (edits.length === 0) return edited;
  const path = document.source.file;
  const text = await textOf(working, path);
  const after = text === undefined ? undefined : editDocument({ path, text }, document.index, edits);
  if (after === undefined) return `${path} cannot be edited without a risk to what else it says`;
  return edited.set(path, after);
}

/** The document and its patches go; a file that held nothing else goes with it. */
async function withoutManifest(working: Working, resource: Resource): Promise<EditedFiles | string> {
  const document = makingOf(resource)?.manifest.document;
  if (document === undefined) return 'it comes from no manifest of the working copy';
  const edited = new Map<string, string | undefined>();
  // From the last document of a file to its first: those before stay where they are.
  const layers = [...(document.layers ?? [document])].sort((a, b) => b.index - a.index);
  for (const { source, index } of layers) {
    const text = edited.get(source.file) ?? (await textOf(working, source.file));
    const after = text === undefined ? undefined : removeDocument({ path: source.file, text }, index);
    if (after === undefined) return `${source.file} cannot be edited without a risk to what else it says`;
    edited.set(source.file, after === '' ? undefined : after);
  }
  return edited;
}

/** A new file in the environment's last path, or a document more where that path is a file. */
async function withManifest(working: Working, change: Change): Promise<EditedFiles | string> {
  const { commit, taken: before } = working;
  const settings = before.environment;
  const value = manifestOf(change.kind, change.after ?? {});
  const last = treePath(settings.paths.at(-1) ?? '.');
  if (isManifestPath(last)) {
    const text = await textOf(working, last);
    const after = appendDocument({ path: last, text: text ?? '' }, value);
    return after === undefined ? `${last} holds one document and no more` : new Map([[last, after]]);
  }
  const folder = last === '' ? '' : `${last}/`;
  const name = `${change.kind.toLowerCase()}-${change.namespace}-${change.name}`;
  const path = `${folder}${name}.yaml`;
  const taken = await working.files.entries(commit, [path]);
  if (taken.length > 0 || working.edited.has(path)) return `${path} is there already and says something else`;
  return new Map([[path, writeDocument(path, value)]]);
}

async function textOf(
  working: Pick<Working, 'files' | 'commit' | 'edited'>,
  path: string,
): Promise<string | undefined> {
  if (working.edited.has(path)) return working.edited.get(path);
  return await textAt(working, path);
}

/** What a file holds; undefined: there is none. Throws where a link or a folder stands there. */
export async function textAt({ files, commit }: FilesAt, path: string): Promise<string | undefined> {
  const [entry] = await files.entries(commit, [path]);
  if (entry === undefined) return undefined;
  if (entry.kind !== 'file' || entry.path !== path) throw notWritable(path);
  const bytesMax = Math.max(defaultFileLimits.fileBytesMax, textFileBytesMax);
  const bytes = (await files.read([entry.id], bytesMax)).get(entry.id) ?? new Uint8Array();
  return new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes);
}

function notWritable(path: string): TerminalError {
  return new TerminalError(`${path} is a link or a folder; nothing is written through it.`, {
    code: 'drift.not_written',
    help: 'Put a file there, or write the live value into the manifest by hand.',
    exit: exitCodes.findings,
  });
}

/** Those of the edited files that come out otherwise than they are. */
export async function fileChanges(at: FilesAt, edited: EditedFiles): Promise<Accepted['files']> {
  const found = new Map<string, { before: string | undefined; after: string | undefined }>();
  for (const [path, after] of edited) {
    const before = await textAt(at, path);
    if (before !== after) found.set(path, { before, after });
  }
  return found;
}
