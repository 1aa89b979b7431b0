import { shownPath } from '../manifest/file-name.ts';
import { grouped } from '../manifest/grouped.ts';
import type { Said } from '../manifest/import/report.ts';
import { type Scripted, scriptedEnvironment } from '../manifest/import/scripted.ts';
import { shellWord } from './files.ts';
import type { ImportResult } from './import-result.ts';
import { environmentPaths, type ImportSite } from './import-site.ts';
import { plural } from './plural.ts';
import type { Colors } from './terminal.ts';
import { hanging } from './wrap.ts';

export interface ImportLayout {
  readonly site: ImportSite;
  /** Nothing was written. */
  readonly isDry: boolean;
  /** The environment that is tried offline; production must not name its folder. */
  readonly scripted: Pick<Scripted, 'overlay' | 'leftOut'> | undefined;
  readonly width: number;
  readonly colors: Colors;
}

/** More of one section than this is in the JSON alone. */
const shownMax = 40;
const placesMax = 3;

/** What became of the manifests, for people: what hinders first, what to do last. */
export function renderImport(result: ImportResult, layout: ImportLayout): string {
  const sections = [
    section('Refused: these documents are not written', once(result.refusals), layout),
    section('Left out of what is written', once(result.losses), layout),
    section('To look at', once(result.flags), layout),
    section('Remarks in the written files', remarks(result.defaults), layout),
    section('Judged risky: look at it before the first apply', risks(result), layout),
    section(
      'Needs parts of pawl that this build lacks',
      result.lacks.map((part) => `  ${part}`),
      layout,
    ),
    section('Not needed', leftAlone(result), layout),
    section('Secrets to set, where pawl runs', secrets(result), layout),
    section(`Differs in the environment ${scriptedEnvironment}`, remarks(result.scripted), layout),
    section(layout.isDry ? 'Would be written' : 'Written', files(result, layout), layout),
    section('Next', next(result, layout), layout),
  ];
  return [hanging(verdict(result), layout.width), ...sections.filter((one) => one !== '')].join('\n\n');
}

function verdict({ documents, mapped, ignored, refused }: ImportResult): string {
  if (documents === 0) return 'There is no YAML or JSON document here.';
  const parts = [`${mapped} carried over`, `${ignored} not needed`, `${refused} refused`];
  return `${plural(documents, 'document')}: ${parts.join(', ')}.`;
}

function section(title: string, lines: readonly string[], { width, colors }: ImportLayout): string {
  if (lines.length === 0) return '';
  const shown = lines.slice(0, shownMax).map((line) => hanging(line, width));
  const more = lines.length > shownMax ? [`  … and ${lines.length - shownMax} more: add -o json`] : [];
  return [colors.bold(hanging(title, width)), ...shown, ...more].join('\n');
}

function placeOf({ file, line, column }: Said): string {
  return `${shownPath(file)}:${line}:${column}`;
}

/** What is said of many places is said once, with the first of them. */
function once(said: readonly Said[]): readonly string[] {
  return Array.from(grouped(said, textOf), ([text, all]) => `  ${places(all)} ${text}`);
}

function textOf({ code, message, help }: Said): string {
  return help === undefined ? `${code}: ${message}` : `${code}: ${message} ${help}`;
}

function places(all: readonly Said[]): string {
  const shown = all.slice(0, placesMax).map(placeOf).join(', ');
  return all.length > placesMax ? `${shown} and ${all.length - placesMax} more` : shown;
}

/** What is said of several resources is said once, with the first of them. */
function remarks(said: ImportResult['defaults']): readonly string[] {
  return Array.from(
    grouped(said, ({ text }) => text),
    ([text, all]) => {
      const more = all.length === 1 ? '' : ` and ${all.length - 1} more`;
      return `  ${all[0]?.address ?? ''}${more}: ${text}`;
    },
  );
}

function risks({ risks: found }: ImportResult): readonly string[] {
  return found.flatMap(({ class: kind, title, details }) => [
    `  ${kind} ${title}`,
    ...details.slice(0, placesMax).map((detail) => `    ${detail}`),
    ...(details.length > placesMax ? [`    … and ${details.length - placesMax} more`] : []),
  ]);
}

function leftAlone({ leftAlone: all }: ImportResult): readonly string[] {
  return Array.from(
    grouped(all, ({ message }) => message),
    ([message, group]) => {
      const kinds = [...new Set(group.map(({ kind }) => kind))].join(', ');
      return `  ${places(group)} ${kinds}: ${message}`;
    },
  );
}

function secrets({ secrets: wanted }: ImportResult): readonly string[] {
  return wanted.map(
    ({ namespace, name, key, variable }) => `  ${variable}  the key \`${key}\` of Secret ${namespace}/${name}`,
  );
}

function files({ written, out }: ImportResult, { width }: ImportLayout): readonly string[] {
  if (written.length === 0) return [];
  const folders = new Map<string, number>();
  for (const path of written) {
    const folder = path.includes('/') ? `${path.slice(0, path.lastIndexOf('/'))}/` : path;
    folders.set(folder, (folders.get(folder) ?? 0) + 1);
  }
  const counts = Array.from(folders, ([folder, count]) => (folder.endsWith('/') ? `${folder} ${count}` : folder));
  return [hanging(`  ${shownPath(out)}/  ${plural(written.length, 'file')}: ${counts.join(', ')}`, width)];
}

/** The commands from here to a plan, as they can be typed where this one was. */
function next({ written, out }: ImportResult, { site, isDry, scripted }: ImportLayout): readonly string[] {
  if (written.length === 0) return [];
  if (isDry) return ['  Leave --report away to write them.'];
  const enter = out === '.' ? [] : [`  cd ${shellWord(out)}`];
  if (site.root !== undefined) {
    const { paths, more } = pathsToName(written, site, scripted);
    return [
      `  Name in the pawl.yaml of ${shownPath(site.root)}, under paths: ${paths}`,
      ...more,
      ...enter,
      '  pawl validate',
      '  pawl plan',
    ];
  }
  if (site.repositoryAbove !== undefined) {
    const root = shownPath(site.repositoryAbove);
    return [
      ...enter,
      '  pawl validate',
      `  Move pawl.yaml to ${root} and begin its paths there: plans read it at the root of a repository.`,
    ];
  }
  return [
    ...enter,
    '  pawl validate',
    '  git init -b main && git add -A && git commit -m "Import agents"',
    // Two environments are told apart by name.
    scripted?.overlay === undefined ? '  pawl plan' : '  pawl plan --env production',
    ...(scripted?.overlay === undefined
      ? []
      : [`  pawl run <system> --local --env ${scriptedEnvironment}   tries one offline`]),
  ];
}

/** What environments name: the overlay only one of its own, after the others. */
function pathsToName(written: readonly string[], site: ImportSite, scripted: ImportLayout['scripted']) {
  const isOverlay = (path: string) => path.split('/')[0] === scripted?.overlay;
  const [own, others] = [written.filter(isOverlay), written.filter((path) => !isOverlay(path))];
  const paths = environmentPaths(others, site).join(', ');
  if (own.length === 0) return { paths, more: [] };
  const offline = [...environmentPaths(others, site, scripted?.leftOut), ...environmentPaths(own, site)].join(', ');
  return { paths, more: [`  In an environment of its own, to try it offline, in this order: ${offline}`] };
}
