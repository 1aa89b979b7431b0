import { type JsonObject, isJsonObject } from '../json.ts';
import { mergePatch } from '../merge-patch.ts';
import { patchAnnotation } from '../patch.ts';
import { type Address, addressOf, type Identity, type Kind } from '../resource.ts';
import type { Emitted } from './conversion.ts';

/** A resource of the overlay, and why it is there. */
interface Difference {
  readonly manifest: Emitted;
  readonly remarks: readonly string[];
}

/**
 * What differs in the environment that is tried offline: patches of what was imported, resources beside it, and those
 * that are left out. What was imported stays as it is.
 */
export class ScriptedOverlay {
  /** As the environment has them, with the patches. */
  readonly #resources: Map<Address, Emitted>;
  readonly #differences = new Map<Address, Difference>();
  readonly #leftOut = new Map<Kind, string>();
  readonly #names = new Map<Kind, Set<string>>();

  constructor(resources: readonly Emitted[]) {
    this.#resources = new Map(resources.map((resource) => [addressOf(resource), resource]));
  }

  /** Those of a kind, as the environment has them so far. */
  ofKind(kind: Kind): readonly Emitted[] {
    return this.resources.filter((resource) => resource.kind === kind);
  }

  get resources(): readonly Emitted[] {
    return [...this.#resources.values()];
  }

  /** What is to be written: patches, and whole resources. */
  get differences(): readonly Difference[] {
    return [...this.#differences.values()];
  }

  /** Kinds that the environment has none of, with the reason. */
  get leftOut(): ReadonlyMap<Kind, string> {
    return this.#leftOut;
  }

  /** Merges fields into a resource, `null` takes one away. */
  patch(resource: Identity, spec: JsonObject, remark: string): void {
    const address = addressOf(resource);
    const before = this.#resources.get(address);
    if (before === undefined) return;
    const after = mergePatch(before.spec, spec);
    if (!isJsonObject(after)) return;
    this.#resources.set(address, { ...before, spec: after });
    const known = this.#differences.get(address);
    // Of a resource that the overlay brings itself there is nothing to patch.
    const isOwn = known !== undefined && known.manifest.annotations[patchAnnotation] === undefined;
    const manifest = isOwn
      ? { ...known.manifest, spec: after }
      : {
          ...before,
          labels: {},
          annotations: { [patchAnnotation]: 'merge' },
          spec: { ...known?.manifest.spec, ...spec },
        };
    this.#differences.set(address, { manifest, remarks: [...(known?.remarks ?? []), remark] });
  }

  /** Adds a resource that nothing imported has the name of. */
  add(resource: Identity & Pick<Emitted, 'spec'> & Partial<Pick<Emitted, 'annotations'>>, remark: string): void {
    const manifest: Emitted = { labels: {}, annotations: {}, from: [], remarks: [], ...resource };
    this.#resources.set(addressOf(resource), manifest);
    this.#differences.set(addressOf(resource), { manifest, remarks: [remark] });
  }

  leaveOut(kind: Kind, reason: string): void {
    const gone = this.ofKind(kind);
    if (gone.length === 0) return;
    this.#leftOut.set(kind, reason);
    for (const resource of gone) this.#resources.delete(addressOf(resource));
  }

  /** The name, or with a number where a resource of the kind has it already, of whatever namespace. */
  freeName(kind: Kind, wanted: string): string {
    const taken = this.#names.get(kind) ?? new Set(this.ofKind(kind).map(({ name }) => name));
    this.#names.set(kind, taken);
    const plain = wanted
      .toLowerCase()
      .replaceAll(/[^a-z0-9]+/g, '-')
      .replaceAll(/^-+|-+$/g, '')
      .slice(0, 58)
      .replace(/-+$/, '');
    for (let count = 1; ; count += 1) {
      const name = count === 1 ? plain : `${plain}-${count}`;
      if (taken.has(name)) continue;
      taken.add(name);
      return name;
    }
  }
}
