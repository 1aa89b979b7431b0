import type { JsonObject } from './json.ts';
import { objectAt } from './manifest-reference.ts';
import { shownText } from './shown.ts';
import type { Finding } from './text.ts';

/** The annotation by which a resource lets other namespaces refer to it. */
export const shareAnnotation = 'pawl/share';

/** Defaults, the first to say something to be followed. */
type Defaulting = readonly { readonly content: { readonly manifest: JsonObject } }[];

/** Whether resources of a namespace may refer to the resource: its annotation says so, or Defaults that reach it do. */
export function isSharedWith(namespace: string, manifest: JsonObject, reaching: Defaulting): boolean {
  const written = objectAt(objectAt(manifest, 'metadata'), 'annotations')[shareAnnotation];
  if (typeof written === 'string') return namespacesOf(written).some((name) => name === '*' || name === namespace);
  for (const defaults of reaching) {
    const share = objectAt(defaults.content.manifest, 'spec')['share'];
    if (typeof share === 'boolean') return share;
  }
  return false;
}

/** What is wrong with the annotation's value. */
export function shareFinding(written: string): Finding | undefined {
  const wrong = namespacesOf(written).find((name) => name !== '*' && !label.test(name));
  if (wrong === undefined) return undefined;
  return {
    code: 'reference.share',
    message: `\`${shownText(wrong)}\` in \`${shareAnnotation}\` is no namespace.`,
    help: 'Write `*` for all namespaces, or their names, separated by commas.',
  };
}

const label = /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/;

/** `*` is all of them; `true` and `false` are other ways to write all and none. */
function namespacesOf(written: string): readonly string[] {
  if (written === 'true') return ['*'];
  return written === 'false' ? [] : written.split(/[,\s]+/).filter((name) => name !== '');
}
