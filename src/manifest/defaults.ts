import type { Estate, Report, Sound } from './estate.ts';
import { isJsonObject, own, type Json, type JsonObject } from './json.ts';
import { objectAt } from './manifest-reference.ts';
import { isBefore } from './overlay.ts';
import { qualify } from './reference.ts';
import type { Address, Kind } from './resource.ts';

/** The Defaults that reach a namespace: its own first, then the environment's. */
export type Reaching = readonly Sound[];

/** The Defaults that reach each namespace; two of one scope are an error. */
export function defaultsOf(estate: Estate, report: Report): (namespace: string) => Reaching {
  const found = [...(estate.byKind.get('Defaults') ?? [])];
  if (found.length === 0) return () => none;
  found.sort((a, b) => (isBefore(a, b) ? -1 : 1));
  const byScope = new Map<string, Sound>();
  for (const manifest of found) {
    const scope = scopeOf(manifest);
    const other = byScope.get(scope);
    if (other === undefined) byScope.set(scope, manifest);
    else report(manifest, ['metadata', 'name'], twice(manifest, other));
  }
  const known = new Map<string, Reaching>();
  return (namespace) => {
    let reaching = known.get(namespace);
    if (reaching === undefined) {
      reaching = [`namespace ${namespace}`, environment].flatMap((scope) => byScope.get(scope) ?? []);
      known.set(namespace, reaching);
    }
    return reaching;
  };
}

/** Whether Defaults that cannot be read, or are wrong by themselves, may say what no other says. */
export function mayDefaultMore({ known, lost }: Estate): boolean {
  if (lost.some(({ kinds }) => kinds === undefined || kinds.has('Defaults'))) return true;
  for (const manifest of known.values()) {
    if (manifest.identity?.kind === 'Defaults' && manifest.content === undefined) return true;
  }
  return false;
}

export interface Filled {
  readonly manifest: JsonObject;
  /** JSON pointers of fields that Defaults gave, and which. */
  readonly given: ReadonlyMap<string, Address>;
}

/** A manifest with what its author did not write taken from the Defaults that reach it. */
export function fillDefaults(manifest: Sound, body: JsonObject, reaching: Reaching): Filled {
  const fields = fieldsOf[manifest.identity.kind];
  if (fields === undefined || reaching.length === 0) return { manifest: body, given: nothing };
  const given = new Map<string, Address>();
  let filled = body;
  for (const { from, to } of fields) {
    if (isWritten(manifest, to)) continue;
    for (const defaults of reaching) {
      const value = valueAt(defaults.content.manifest, ['spec', ...from]);
      if (value === undefined) continue;
      filled = withValue(filled, ['spec', ...to], seenFrom(value, { to, defaults, manifest }));
      given.set(`/spec/${to.join('/')}`, defaults.address);
      break;
    }
  }
  return { manifest: filled, given };
}

const none: Reaching = [];
const nothing: ReadonlyMap<string, Address> = new Map();
const environment = 'environment';

function scopeOf({ content, identity }: Sound): string {
  return objectAt(content.manifest, 'spec')['scope'] === environment ? environment : `namespace ${identity.namespace}`;
}

function twice(manifest: Sound, other: Sound) {
  const { file, line } = other.document.place;
  const scope = scopeOf(manifest);
  const message = `${manifest.address} and ${other.address} (${file}:${line}) are both the Defaults of the ${scope}.`;
  return { code: 'defaults.duplicate', message, help: 'Join the two, or change the `scope` of one.' };
}

interface Field {
  /** In the Defaults' spec. */
  readonly from: readonly string[];
  /** In the spec that it fills. */
  readonly to: readonly string[];
}

const limit = (name: string): Field => ({ from: ['limits', name], to: ['limits', name] });

const fieldsOf: Readonly<Partial<Record<Kind, readonly Field[]>>> = {
  Agent: [
    { from: ['modelRef'], to: ['modelRef'] },
    { from: ['runtime'], to: ['runtime'] },
    ...['maxSteps', 'maxToolCalls', 'maxTokens', 'maxCost', 'maxDelegationDepth'].map(limit),
    { from: ['timeouts', 'agent'], to: ['limits', 'timeout'] },
  ],
  AgentSystem: [limit('maxTurns'), { from: ['timeouts', 'system'], to: ['limits', 'timeout'] }],
  Tool: [{ from: ['timeouts', 'tool'], to: ['timeout'] }],
};

/** What the author wrote, before anything was filled in. Who names several models has said which one, and who runs elsewhere none. */
function isWritten({ document }: Sound, to: readonly string[]): boolean {
  const written = (path: readonly string[]): boolean => valueAt(document.value, ['spec', ...path]) !== undefined;
  const isElsewhere = typeof valueAt(document.value, ['spec', 'runtime']) === 'object';
  return written(to) || (to[0] === 'modelRef' && (written(['modelRefs']) || isElsewhere));
}

/** A name without a namespace is one of the Defaults' own namespace. */
function seenFrom(
  value: Json,
  at: { readonly to: readonly string[]; readonly defaults: Sound; readonly manifest: Sound },
) {
  const { namespace } = at.defaults.identity;
  if (at.to[0] !== 'modelRef' || typeof value !== 'string' || namespace === at.manifest.identity.namespace)
    return value;
  return qualify(value, namespace);
}

function valueAt(value: Json, path: readonly string[]): Json | undefined {
  let at: Json | undefined = value;
  for (const key of path) at = isJsonObject(at) ? own(at, key) : undefined;
  return at;
}

function withValue(holder: JsonObject, [key, ...rest]: readonly string[], value: Json): JsonObject {
  if (key === undefined) return holder;
  return { ...holder, [key]: rest.length === 0 ? value : withValue(objectAt(holder, key), rest, value) };
}
