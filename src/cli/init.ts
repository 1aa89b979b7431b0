import { existsSync, readdirSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join, relative, resolve, sep } from 'node:path';
import { exitCodes, isPawlError } from '../errors.ts';
import type { ExitCode } from '../errors.ts';
import { shownPath } from '../manifest/file-name.ts';
import { assertActionReference, isPinned } from './action-reference.ts';
import type { CliContext } from './context.ts';
import { shellWord, unusable } from './files.ts';
import { assertNoLink } from './no-link.ts';
import { below, scaffold, type TemplateName, templates, workflowPath } from './scaffold.ts';
import { wrap } from './wrap.ts';

export interface InitOptions {
  readonly directory: string;
  readonly template: TemplateName;
  /** Where the workflow finds pawl's GitHub Action. */
  readonly action?: string;
}

/** Where the files go: pawl.yaml is read at the root of the Git repository, manifests may lie in a folder of it. */
interface Site {
  readonly root: string;
  /** From the root, '' for the root itself. */
  readonly folder: string;
  readonly isRepository: boolean;
  readonly isNew: boolean;
}

export async function initCommand(
  context: CliContext,
  { directory, template, action }: InitOptions,
): Promise<ExitCode> {
  const { terminal } = context;
  if (action !== undefined) assertActionReference(action);
  const site = siteOf(resolve(context.cwd, directory));
  const added: string[] = [];
  const kept: string[] = [];
  for (const [path, content] of Object.entries(scaffold(templates[template], site.folder, action))) {
    const written = await writeNew(site.root, path, content);
    (written ? added : kept).push(path);
    terminal.out(`${written ? 'wrote' : 'kept '}  ${shownPath(path)}`);
  }
  if (kept.includes('pawl.yaml')) sayPaths(context, site, templates[template].folders);
  if (kept.includes('.gitignore') && !(await readFile(join(site.root, '.gitignore'), 'utf8')).includes('.pawl'))
    terminal.note('\nAdd .pawl/ to .gitignore: the embedded database lies there.');
  if (site.folder !== '') terminal.note(`\nPaths are from the root of the repository, ${shownPath(site.root)}.`);
  const place = site.folder === '' ? directory : relative(context.cwd, site.root);
  sayNext(context, { site, place, added, run: templates[template].run });
  sayAction(context, { action, isWritten: added.includes(workflowPath) });
  if (site.isRepository) terminal.note('\npawl.yaml names the branch main; change it there where yours is another.');
  return exitCodes.success;
}

function siteOf(target: string): Site {
  const isNew = !existsSync(target) || namesIn(target).length === 0;
  for (let folder = target; ; folder = dirname(folder)) {
    if (existsSync(join(folder, '.git'))) {
      return { root: folder, folder: relative(folder, target).split(sep).join('/'), isRepository: true, isNew: false };
    }
    if (dirname(folder) === folder) return { root: target, folder: '', isRepository: false, isNew };
  }
}

function namesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch (error) {
    throw unusable('write', shownPath(folder), error);
  }
}

/** What is there already is not edited: the one line that it needs is said. */
function sayPaths({ terminal }: CliContext, { folder }: Site, folders: readonly string[]): void {
  const paths = folders.map((name) => shownPath(below(folder, name))).join(', ');
  terminal.note(`\npawl.yaml was there and is kept. One of its environments must have these paths: ${paths}`);
}

interface Next {
  readonly site: Site;
  /** What leads from here to the root. */
  readonly place: string;
  readonly added: readonly string[];
  readonly run: string;
}

/** The three commands from here to a run, as they can be typed where this one was. */
function sayNext({ terminal }: CliContext, { site, place, added, run }: Next): void {
  // What else lies in the folder is not pawl's to commit.
  const tops = [...new Set(added.map((path) => path.replace(/\/.*/, '')))].map(shellWord).join(' ');
  const commit = `git add ${site.isNew ? '-A' : tops} && git commit -m "Start with pawl"`;
  const lines = [
    ...(place === '' || place === '.' ? [] : [`cd ${shellWord(place)}`]),
    ...(added.length === 0 ? [] : [site.isRepository ? commit : `git init -b main && ${commit}`]),
    'pawl apply --ack bootstrap',
    `pawl run ${run}`,
  ];
  terminal.note('\nNext:');
  for (const line of lines) terminal.note(`  ${line}`);
}

/** A workflow whose action nobody named fails on the first pull request. */
function sayAction(
  { terminal }: CliContext,
  { action, isWritten }: { action: string | undefined; isWritten: boolean },
) {
  const said = sentenceOf(action, isWritten);
  if (said !== undefined) terminal.note(`\n${wrap(said, Math.min(terminal.width, 100))}`);
}

function sentenceOf(action: string | undefined, isWritten: boolean): string | undefined {
  if (action === undefined) {
    if (!isWritten) return undefined;
    return `Before the first pull request, replace OWNER/pawl@000… in ${workflowPath} by the repository and the commit that your pawl is from, or that workflow fails.`;
  }
  if (!isWritten) return `${workflowPath} was there and is kept; --action changed nothing in it.`;
  return isPinned(action)
    ? undefined
    : `${action} is a name that can be moved: a commit's forty digits after the @ cannot.`;
}

/** False where a file is already there: it is left as it is. */
async function writeNew(root: string, path: string, content: string): Promise<boolean> {
  const file = join(root, path);
  try {
    await assertNoLink(root, dirname(path), 'start in another folder');
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, content, { flag: 'wx' });
    return true;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return false;
    throw isPawlError(error) ? error : unusable('write', shownPath(file), error);
  }
}
