import { isJsonObject, type JsonObject } from './json.ts';
import type { Finding } from './text.ts';

/** `"true"`: no plan deletes the resource while live says so. */
export const protectAnnotation = 'pawl/protect';

/** Anything else than these two could be meant either way. */
export function protectFinding(value: string): Finding | undefined {
  if (value === 'true' || value === 'false') return undefined;
  return {
    code: 'manifest.protect',
    message: `\`${protectAnnotation}\` is neither "true" nor "false".`,
    help: 'Write `pawl/protect: "true"`, or remove the annotation.',
  };
}

export function isProtected(manifest: JsonObject | undefined): boolean {
  const metadata = manifest?.['metadata'];
  const annotations = isJsonObject(metadata) ? metadata['annotations'] : undefined;
  return isJsonObject(annotations) && Object.hasOwn(annotations, protectAnnotation)
    ? annotations[protectAnnotation] === 'true'
    : false;
}
