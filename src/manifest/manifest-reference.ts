import { isJsonObject, type Json, type JsonObject } from './json.ts';
import { referenceFields, type ReferenceField } from './reference-fields.ts';
import { visitSteps } from './steps.ts';
import type { Path } from './text.ts';
import { qualify } from './reference.ts';
import { addressOf, type Address, type Identity, type Kind } from './resource.ts';

/** One mention of a resource in a manifest. */
export interface ManifestReference {
  readonly kind: Kind;
  readonly address: Address;
  readonly namespace: string;
  readonly name: string;
  readonly path: Path;
  /** Who only restricts or watches uses nothing, and may name what is not shared with its namespace. */
  readonly restricts: boolean;
  /** The key of a Secret that is used. */
  readonly key?: string;
}

/** Every resource that a manifest names in the right grammar, whatever else is wrong with it. */
export function referencesOf(identity: Identity, manifest: JsonObject): ManifestReference[] {
  const found: ManifestReference[] = [];
  const spec = objectAt(manifest, 'spec');
  for (const field of referenceFields(identity.kind)) {
    visitSteps(spec, { steps: field.steps, path: ['spec'] }, (value, path) => {
      const reference = referenceAt(value, { field, path, identity });
      if (reference !== undefined) found.push(reference);
    });
  }
  return found;
}

interface Mention {
  readonly field: ReferenceField;
  readonly path: Path;
  readonly identity: Identity;
}

const grammar = /^(?:[a-z0-9-]{1,63}\/)?[a-z0-9-]{1,63}$/;

function referenceAt(value: Json, { field, path, identity }: Mention): ManifestReference | undefined {
  const { kind, restricts } = field;
  // A Secret is named together with one of its keys.
  const written = kind === 'Secret' && isJsonObject(value) ? value['name'] : value;
  if (typeof written !== 'string') return undefined;
  const memory = kind === 'Tool' && restricts ? /^memory:([^:]+)/.exec(written)?.[1] : undefined;
  const server = kind === 'Tool' && restricts ? /^mcp:([^:]+)/.exec(written)?.[1] : undefined;
  if (server !== undefined) return referenceAt(server, { field: { ...field, kind: 'McpServer' }, path, identity });
  if (memory !== undefined) return referenceAt(memory, { field: { ...field, kind: 'Memory' }, path, identity });
  if (!grammar.test(written)) return undefined;
  const [namespace = '', name = ''] = qualify(written, identity.namespace).split('/');
  const reference = { kind, address: addressOf({ kind, namespace, name }), namespace, name, restricts };
  if (kind !== 'Secret' || !isJsonObject(value)) return { ...reference, path };
  const { key } = value;
  return { ...reference, path: [...path, 'name'], ...(typeof key === 'string' ? { key } : {}) };
}

const empty: JsonObject = {};

export function objectAt(holder: JsonObject, key: string): JsonObject {
  const value = holder[key];
  return isJsonObject(value) ? value : empty;
}

export function listAt(holder: JsonObject, key: string): readonly Json[] {
  const value = holder[key];
  return Array.isArray(value) ? value : [];
}
