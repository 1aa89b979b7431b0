import { existsSync } from 'node:fs';
import { dirname, join, relative, sep } from 'node:path';
import { settingsPath } from '../manifest/file-name.ts';
import { type Scripted, scriptedEnvironment } from '../manifest/import/scripted.ts';
import type { Written } from '../manifest/import/written.ts';
import { isJsonList, isJsonObject, type Json } from '../manifest/json.ts';
import { repositoryAbove } from './repository-above.ts';
import { ignoreText, plain, settingsHead } from './settings-text.ts';

/** Where an import writes, and what is there. */
export interface ImportSite {
  readonly out: string;
  /** The folder of the pawl.yaml that is in force there; undefined: there is none yet. */
  readonly root: string | undefined;
  /** The root of the Git repository that the folder lies in, where it is not the folder itself. */
  readonly repositoryAbove: string | undefined;
}

export interface ImportFile {
  readonly path: string;
  readonly text: string;
}

export function siteOf(out: string): ImportSite {
  return { out, root: settingsAbove(out), repositoryAbove: repositoryAbove(out) };
}

/** The nearest folder upward with a pawl.yaml, within the repository. */
function settingsAbove(out: string): string | undefined {
  for (let folder = out; ; folder = dirname(folder)) {
    if (existsSync(join(folder, settingsPath))) return folder;
    if (existsSync(join(folder, '.git')) || dirname(folder) === folder) return undefined;
  }
}

/**
 * The folders that an environment has to name, from the folder of its pawl.yaml: those at the top, or what lies in one
 * of which some is left out.
 */
export function environmentPaths(
  paths: readonly string[],
  { out, root }: ImportSite,
  leftOut: readonly string[] = [],
): readonly string[] {
  const folders = paths.filter((path) => path.includes('/')).map((path) => path.split('/').slice(0, -1));
  const isGone = (parts: readonly string[]) => leftOut.includes(parts.at(-1) ?? '');
  const broken = new Set(folders.filter(isGone).map(([top]) => top));
  const kept = folders.filter((parts) => !isGone(parts));
  const named = kept.map((parts) => parts.slice(0, broken.has(parts[0]) ? undefined : 1).join('/'));
  const prefix = root === undefined ? '' : relative(root, out).split(sep).join('/');
  return [...new Set(named)].sort().map((path) => (prefix === '' ? path : `${prefix}/${path}`));
}

/**
 * What makes the manifests a repository: a pawl.yaml where none is in force. Its environment is applied by hand,
 * because nobody has looked yet at what the import made of the manifests.
 */
export function repositoryFiles(
  written: readonly Written[],
  site: ImportSite,
  scripted?: Pick<Scripted, 'overlay' | 'leftOut'>,
): readonly ImportFile[] {
  if (site.root !== undefined || written.length === 0) return [];
  const files = written.map(({ path }) => path);
  const paths = environmentPaths(files, site);
  const namespaces = [...new Set(written.map(({ resource }) => resource.namespace))].sort().map(plain).join(', ');
  const text = `${settingsHead}${groupsText(written)}environments:
  - name: production
    branch: main
    paths: [${paths.map(plain).join(', ')}]
    namespaces: [${namespaces}]
    # A person runs \`pawl apply\`, until somebody has looked at what was imported. With \`auto\`, what is merged is live.
    apply: manual
${scripted?.overlay === undefined ? '' : scriptedText([...environmentPaths(files, site, scripted.leftOut), scripted.overlay], namespaces)}`;
  const ignore = existsSync(join(site.out, '.gitignore')) ? [] : [{ path: '.gitignore', text: ignoreText }];
  return [{ path: settingsPath, text }, ...ignore];
}

/** Groups that the manifests ask to decide: who is in them only the reader knows. */
function groupsText(written: readonly Written[]): string {
  const groups = [...new Set(written.flatMap(({ resource }) => groupsAsked(resource.spec)))].sort();
  if (groups.length === 0) return '';
  const lines = groups.map((name) => `  ${plain(name)}: { description: "Nobody yet: say who decides." }\n`);
  return `# Who reviews what the manifests ask people about. Name logins, teams or claims of an identity provider.\ngroups:\n${lines.join('')}`;
}

function groupsAsked(value: Json): readonly string[] {
  if (isJsonList(value)) return value.flatMap(groupsAsked);
  if (!isJsonObject(value)) return [];
  return Object.entries(value).flatMap(([key, member]) => {
    const groups = key === 'approvers' && isJsonObject(member) ? member['groups'] : undefined;
    return isJsonList(groups) ? groups.filter((name) => typeof name === 'string') : groupsAsked(member);
  });
}

function scriptedText(paths: readonly string[], namespaces: string): string {
  return `  # The same with models and tools that ask nobody, to try it offline and without keys.
  - name: ${scriptedEnvironment}
    branch: main
    paths: [${paths.map(plain).join(', ')}]
    namespaces: [${namespaces}]
    apply: manual
`;
}
