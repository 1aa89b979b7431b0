import { copyOf } from './canonical.ts';
import type { Document, SourceFile } from './document.ts';
import { repositoryPath } from './file-need.ts';
import { isJsonObject, type Json } from './json.ts';
import { defaultFileLimits } from './limits.ts';
import { settingsProblems } from './meaning-settings.ts';
import { ownershipOf, ownershipProblems } from './ownership.ts';
import { placeIn } from './place.ts';
import { problemIn } from './position.ts';
import { compareProblems, type Problem } from './problem.ts';
import type { EnvironmentSettings } from './resource.ts';
import { rulesOf } from './rules-of.ts';
import { parseSingle } from './script.ts';
import { checkShape } from './shape.ts';
import { shownText } from './shown.ts';
import type { Path } from './text.ts';
import type { PawlSettings } from './types.gen.ts';
import { unsupportedSettings } from './unsupported.ts';
import { apiVersionProblem } from './validate.ts';

/** What `pawl.yaml` says. */
export interface Settings {
  readonly environments: readonly EnvironmentSettings[];
}

/** `pawl.yaml`, checked like a manifest: everything wrong at once, and nothing of it used while something is. */
export function parseSettings(file: SourceFile): { settings?: Settings; problems: readonly Problem[] } {
  const { document, problems } = parseSingle(file, defaultFileLimits.fileBytesMax);
  if (document === undefined) return { problems };
  const version = isJsonObject(document.value) ? apiVersionProblem(document.value, document) : undefined;
  if (version !== undefined) return { problems: [version] };
  const value = copyOf(document.value);
  const found = checkShape('pawl', value, document);
  if (found.length > 0 || !isSettings(value)) return { problems: found };
  const wrong = [
    ...environmentProblems(value, document),
    ...ownershipProblems(value, document),
    ...settingsProblems(value, document),
  ].sort(compareProblems);
  if (wrong.length > 0) return { problems: wrong };
  const unsupported = unsupportedSettings(document, value.environments.length);
  const ownership = ownershipOf(value, document);
  const groups = Object.keys(value.groups ?? {});
  const environments = value.environments.map((environment, index) => {
    const blocking = unsupported[index] ?? [];
    return {
      ...environment,
      pathPlaces: environment.paths.map((_path, at) => placeIn(document, ['environments', index, 'paths', at])),
      ...(ownership.length === 0 ? {} : { ownership }),
      groups,
      rules: rulesOf(value, environment),
      ...alertPlacesOf(environment, ['environments', index, 'alerts'], document),
      ...(blocking.length === 0 ? {} : { problems: blocking }),
    };
  });
  return { settings: { environments }, problems: [...new Set(unsupported.flat())].sort(compareProblems) };
}

function alertPlacesOf(
  { alerts }: PawlSettings['environments'][number],
  path: Path,
  document: Document,
): Pick<EnvironmentSettings, 'alertPlaces'> {
  if (alerts === undefined) return {};
  return { alertPlaces: alerts.map((receiver, at) => ({ receiver, place: placeIn(document, [...path, at]) })) };
}

/** `checkShape` found nothing: the value has the type that is generated from the same schema. */
function isSettings(value: Json): value is Json & PawlSettings {
  return isJsonObject(value) && Array.isArray(value['environments']);
}

function environmentProblems(settings: PawlSettings, document: Document): Problem[] {
  const problems: Problem[] = [];
  const names = new Set<string>();
  for (const [index, environment] of settings.environments.entries()) {
    const at = ['environments', index];
    if (names.has(environment.name)) {
      const message = `Two environments are named \`${environment.name}\`.`;
      problems.push(
        problemIn(document, [...at, 'name'], { code: 'settings.duplicate', message, help: 'Rename one of them.' }),
      );
    }
    names.add(environment.name);
    for (const [position, path] of environment.paths.entries()) {
      problems.push(...pathProblems(path, [...at, 'paths', position], document));
    }
  }
  for (const [index, { path }] of (settings.ownership ?? []).entries()) {
    problems.push(...pathProblems(path, ['ownership', index, 'path'], document));
  }
  return problems;
}

function pathProblems(path: string, at: Path, document: Document): Problem[] {
  if (path === '.' || (repositoryPath(path, '') !== undefined && !path.split('/').includes('..'))) return [];
  const message = `The path \`${shownText(path)}\` leads out of the repository, or into Git's own folder.`;
  return [problemIn(document, at, { code: 'settings.path', message, help: 'Use a path inside it, without `..`.' })];
}
