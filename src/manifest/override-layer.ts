import type { JsonObject } from './json.ts';

/** A change by hand over what Git says: a patch of a path that comes after all paths of the environment. */
export interface OverrideLayer {
  readonly id: string;
  /** Of the resource that it changes. */
  readonly address: string;
  /** RFC 7386 merge patch of the manifest's `spec`. */
  readonly spec: JsonObject;
}

/** Where an override is said to be written: no file of a repository that holds manifests is named so. */
export function overridePath({ id }: Pick<OverrideLayer, 'id'>): string {
  return `override ${id}`;
}

export function isOverridePath(file: string): boolean {
  return /^override [0-9a-f]{8}$/.test(file);
}

export function layerOf({ id, address, spec }: OverrideLayer): OverrideLayer {
  return { id, address, spec };
}
