import { exitCodes, TerminalError } from '../errors.ts';
import { lockPath, settingsPath } from '../manifest/file-name.ts';
import { defaultFileLimits, type FileLimits, fileTooLarge } from '../manifest/limits.ts';
import { type Lost, lostWhole } from '../manifest/lost.ts';
import { overlay } from '../manifest/overlay.ts';
import { overridePath } from '../manifest/override-layer.ts';
import { overrideManifest } from '../manifest/override.ts';
import { compareProblems, type Problem } from '../manifest/problem.ts';
import { filesNeeded, resolve } from '../manifest/resolve.ts';
import type { EnvironmentSettings, Snapshot } from '../manifest/resource.ts';
import { parseSettings, type Settings } from '../manifest/settings.ts';
import type { Validated } from '../manifest/validate.ts';
import {
  entryProblems,
  isHidden,
  missingPaths,
  type Reading,
  readManifests,
  readTexts,
  shownCommit,
} from './environment-files.ts';
import { entryProblem, fileProblem } from './entry-problem.ts';
import { environmentPaths } from './environment-paths.ts';
import { coverOf } from './git-text.ts';
import type { FileDocuments } from './file-documents.ts';
import { type Listing, listExtras, listPaths } from './listing.ts';
import type { Repository } from './reader.ts';
import { nextRoot } from './root-state.ts';
import { SnapshotCache, type SnapshotState } from './snapshot-cache.ts';

export { SnapshotCache } from './snapshot-cache.ts';

export interface SnapshotOptions {
  readonly cache?: SnapshotCache;
  readonly limits?: FileLimits;
}

/**
 * All resources of an environment at a commit. Sizes are checked before content is read; whatever cannot be read is
 * an error or a problem: there is no snapshot with less in it than the commit holds.
 */
export async function snapshot(
  repository: Repository,
  { commit, environment }: { readonly commit: string; readonly environment: EnvironmentSettings },
  options: SnapshotOptions = {},
): Promise<Snapshot> {
  const { cache = new SnapshotCache(), limits = defaultFileLimits } = options;
  const tree = await repository.tree(commit);
  const same = repository.kind === 'working-copy' ? undefined : cache.stateAt(repository, environment, tree);
  if (same !== undefined) {
    // One tree, one snapshot: a merge or a revert brings a new commit, and content that was there before.
    cache.keepState(repository, same);
    return { ...same.snapshot, commit };
  }
  const before = cache.stateOf(repository, environment);
  const reading: Reading = {
    repository,
    environment,
    paths: environmentPaths(environment.paths),
    limits,
    cache,
    before,
  };
  const state = await takeSnapshot(reading, commit, tree);
  cache.keepState(repository, state);
  return state.snapshot;
}

/** What pawl.yaml at the root of the commit says. */
export async function settingsAt(
  repository: Repository,
  commit: string,
): Promise<{ readonly settings?: Settings; readonly problems: readonly Problem[] }> {
  const entries = await repository.entries(commit, [settingsPath]);
  const entry = entries.find(({ path }) => path === settingsPath);
  if (entry === undefined) return { problems: [noSettings()] };
  if (entry.kind !== 'file') return { problems: [entryProblem(entry)] };
  const { fileBytesMax } = defaultFileLimits;
  if (entry.size > fileBytesMax) return { problems: [fileTooLarge(settingsPath, entry.size, fileBytesMax)] };
  const bytes = (await repository.read([entry.id], fileBytesMax)).get(entry.id) ?? new Uint8Array();
  return settingsOf(bytes);
}

/** By content: it is read of every commit, because it may be missing, and most commits leave it as it is. */
const settingsRead = new Map<string, ReturnType<typeof parseSettings>>();
const settingsKept = 16;

function settingsOf(bytes: Uint8Array): ReturnType<typeof parseSettings> {
  const content = Buffer.from(bytes).toString('latin1');
  const known = settingsRead.get(content);
  if (known !== undefined) return known;
  const settings = parseSettings({ path: settingsPath, bytes });
  const [oldest] = settingsRead.keys();
  if (oldest !== undefined && settingsRead.size >= settingsKept) settingsRead.delete(oldest);
  settingsRead.set(content, settings);
  return settings;
}

async function takeSnapshot(reading: Reading, commit: string, tree: string): Promise<SnapshotState> {
  const { repository, environment, paths, before } = reading;
  const listed = await listPaths(repository, commit, { paths, before: before?.listing });
  const documents = await readManifests(reading, listed);
  const absent = missingPaths(listed, reading);
  const gathered = withOverrides(gather(documents), environment);
  const problems = [...(environment.problems ?? []), ...absent, ...gathered.problems];
  // What a missing path or the target of a link would declare, nobody can tell.
  const lost = absent.length > 0 || hasLinks(listed) ? [lostWhole, ...gathered.lost] : gathered.lost;
  const { validated, hasPatches } = gathered;
  const layers = [...paths, ...(environment.overrides ?? []).map(overridePath)];
  const overlaid = hasPatches ? overlay(validated, { paths: layers, lost }) : { manifests: validated, problems: [] };
  problems.push(...overlaid.problems);
  const needed = new Set([...(hasPatches ? filesNeeded(overlaid.manifests) : gathered.needs), lockPath]);
  const inside = coverOf(paths);
  const listing = await listExtras(repository, listed, new Set([...needed].filter((path) => !inside(path))));
  const texts = await readTexts(reading, listing, needed);
  const resolved = resolve(overlaid.manifests, texts.bytes, {
    ...environment,
    paths,
    lost,
    before: before?.resolution,
  });
  problems.push(...entryProblems(listing, needed));
  const all = withoutGuesses(
    problems.length === 0 ? resolved.problems : [...problems, ...resolved.problems].sort(compareProblems),
  );
  if (validated.length === 0 && !all.some(({ severity }) => severity === 'error')) throw empty(environment, commit);
  const root = nextRoot(before?.root, resolved.resources);
  const taken: Snapshot = { environment, commit, tree, resources: resolved.resources, root: root.root, problems: all };
  return { snapshot: taken, listing, documents, texts, root, resolution: resolved.resolution };
}

interface Gathered {
  readonly validated: readonly Validated[];
  readonly problems: readonly Problem[];
  readonly lost: readonly Lost[];
  readonly needs: ReadonlySet<string>;
  readonly hasPatches: boolean;
}

function gather(documents: ReadonlyMap<string, FileDocuments>): Gathered {
  const validated: Validated[] = [];
  const problems: Problem[] = [];
  const lost: Lost[] = [];
  const needs = new Set<string>();
  let hasPatches = false;
  for (const file of documents.values()) {
    for (const document of file.documents) validated.push(document);
    for (const problem of file.problems) problems.push(problem);
    for (const one of file.lost) lost.push(one);
    for (const path of file.needs) needs.add(path);
    hasPatches ||= file.hasPatches;
  }
  return { validated, problems, lost, needs, hasPatches };
}

/** A hand's change is a patch like any other, of a path after all paths. */
function withOverrides(gathered: Gathered, { overrides = [] }: EnvironmentSettings): Gathered {
  if (overrides.length === 0) return gathered;
  const patches = overrides.flatMap((layer) => overrideManifest(layer) ?? []);
  return { ...gathered, validated: [...gathered.validated, ...patches], hasPatches: true };
}

function hasLinks({ entries }: Listing): boolean {
  for (const { kind, path } of entries.values()) if (kind !== 'file' && !isHidden(path)) return true;
  return false;
}

/** While a manifest is in error, what it declares is not known: calling that unused would send its author astray. */
function withoutGuesses(problems: readonly Problem[]): readonly Problem[] {
  if (!problems.some(({ severity }) => severity === 'error')) return problems;
  return problems.filter(({ code }) => !guesses.has(code));
}

const guesses: ReadonlySet<string> = new Set(['manifest.unused', 'policy.targets_nothing', 'grant.unknown_tool']);

function noSettings(): Problem {
  return fileProblem(settingsPath, {
    code: 'settings.missing',
    message: 'There is no pawl.yaml at the root of the repository.',
    help: 'Run `pawl init`, and commit the file.',
  });
}

function empty(environment: EnvironmentSettings, commit: string): TerminalError {
  const where = environment.paths.join(', ');
  const message = `${shownCommit(commit)} holds no manifest of the environment ${environment.name} under ${where}; nothing is deleted for that.`;
  return new TerminalError(message, {
    code: 'source.empty',
    help: 'Correct the paths in pawl.yaml, or remove the environment from it.',
    exit: exitCodes.findings,
  });
}
