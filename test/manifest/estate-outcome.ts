import { excerptLine } from '../../src/manifest/excerpt.ts';
import { overlay } from '../../src/manifest/overlay.ts';
import type { Problem } from '../../src/manifest/problem.ts';
import type { Resolution } from '../../src/manifest/resolution.ts';
import { resolve } from '../../src/manifest/resolve.ts';
import type { Resource } from '../../src/manifest/resource.ts';
import { parseScript } from '../../src/manifest/script.ts';
import { parseSettings } from '../../src/manifest/settings.ts';
import { beside, estate, scriptText, settingsText } from './estate-corpus.ts';
import { bytesOf, validateText } from './manifests.ts';

/** Every text that an author writes, by path: manifests and their patches, prompts, the lock file, settings, a script. */
export const estateTexts: ReadonlyMap<string, string> = new Map([
  ...Object.entries(estate),
  ...Object.entries(beside),
  ['pawl.yaml', settingsText],
  ['replies.script.yaml', scriptText],
]);

const kept = new Map(Object.entries(estate).map(([path, text]) => [path, validateText(text, path)]));
const files = new Map(Object.entries(beside).map(([path, text]) => [path, bytesOf(text)]));

let resolution: Resolution | undefined;

/** The estate as it is: what a file changes is resolved as it is by a controller, at a third of the cost of everything. */
function unchanged(): Resolution {
  if (resolution !== undefined) return resolution;
  const manifests = [...kept.values()].flatMap((file) => file.manifests);
  const paths = ['base', 'overlay'];
  resolution = resolve(overlay(manifests, { paths }).manifests, files, { paths }).resolution;
  if (resolution === undefined) throw new Error('something is wrong with the estate before anything is done to it');
  return resolution;
}

export interface Outcome {
  readonly problems: readonly Problem[];
  readonly resources: readonly Resource[];
  /** Everything of the file that a command may show. */
  readonly shown: string;
}

/** What becomes of the estate when one of its files is another text. */
export function outcomeOf(path: string, text: string): Outcome {
  const { problems, resources } = joined(path, text);
  const excerpts = problems.filter(({ file }) => file === path).map((problem) => excerptLine(text, problem) ?? '');
  return { problems, resources, shown: JSON.stringify([problems, excerpts]) };
}

function joined(path: string, text: string): Omit<Outcome, 'shown'> {
  if (path.endsWith('.script.yaml')) return { ...parseScript({ path, bytes: bytesOf(text) }), resources: [] };
  if (path === 'pawl.yaml') {
    const { settings, problems } = parseSettings({ path, bytes: bytesOf(text) });
    const [environment] = settings?.environments ?? [];
    if (environment === undefined) return { problems, resources: [] };
    const { paths: _paths, ...bounds } = environment;
    const resolved = resolve(
      [...kept.values()].flatMap(({ manifests }) => manifests.filter(({ patch }) => patch === undefined)),
      files,
      { ...bounds, paths: environment.paths },
    );
    return { problems: [...problems, ...resolved.problems], resources: [...resolved.resources.values()] };
  }
  const isManifest = kept.has(path);
  const changed = isManifest ? validateText(text, path) : undefined;
  const all = [...kept].map(([of, file]) => (of === path && changed !== undefined ? changed : file));
  const lost = all.flatMap((file) => file.lost);
  const overlaid = overlay(
    all.flatMap(({ manifests }) => manifests),
    { paths: ['base', 'overlay'], lost },
  );
  const around = isManifest ? files : new Map([...files, [path, bytesOf(text)]]);
  const resolved = resolve(overlaid.manifests, around, { paths: ['base', 'overlay'], lost, before: unchanged() });
  const unread = changed?.manifests.length === 0 ? changed.problems : [];
  return {
    problems: [...unread, ...overlaid.problems, ...resolved.problems],
    resources: [...resolved.resources.values()],
  };
}
