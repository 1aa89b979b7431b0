import { grantsOf, type Grant } from './grant.ts';
import { isJsonObject, type Json } from './json.ts';
import { objectAt } from './manifest-reference.ts';
import { makingOf, originsOf, type Origin } from './origin.ts';
import { compareText, type Problem } from './problem.ts';
import type { Address, Kind, Resource, Snapshot } from './resource.ts';
import { pathText } from './schema-field.ts';
import type { Sound } from './estate.ts';
import { unsupportedIn } from './support.ts';
import { type Members, membersOf } from './workforce.ts';

/** Everything that the files say of one resource. */
export interface Description {
  readonly address: Address;
  readonly file: string;
  readonly line: number;
  readonly digest: string;
  /** How the agent or tool is shown to people. */
  readonly displayName: string | undefined;
  readonly owner: string | undefined;
  readonly description: string | undefined;
  readonly fields: readonly DescribedField[];
  /** What it refers to: by name, through a prompt's fragments, or because Defaults gave it. */
  readonly uses: readonly Address[];
  readonly usedBy: readonly Address[];
  readonly grants: readonly Grant[];
  /** Of an agent: as a model reads it, but for the values of its placeholders. */
  readonly prompt: string | undefined;
  /** Of a workforce: the agents and tools that its entries reach. */
  readonly members?: Members;
  readonly problems: readonly Problem[];
  /** What is written and waits for a part of pawl that this build lacks. */
  readonly lacking: readonly { readonly field: string; readonly part: string }[];
}

export interface DescribedField {
  /** Below `spec`, with dots. */
  readonly field: string;
  readonly pointer: string;
  readonly value: Json;
  readonly origin: Origin;
}

/** Describes a resource of a snapshot. */
export function describe(resource: Resource, snapshot: Snapshot): Description {
  const sounds = soundsOf(snapshot);
  const own = makingOf(resource);
  const spec = objectAt(resource.manifest, 'spec');
  return {
    address: resource.address,
    file: resource.place.file,
    line: resource.place.line,
    digest: resource.digest,
    displayName: textOf(spec['displayName']),
    owner: textOf(spec['owner']),
    description: textOf(spec['description']),
    fields: fieldsOf(resource),
    uses: usesOf(resource),
    usedBy: [...snapshot.resources.values()]
      .filter((other) => other.address !== resource.address && usesOf(other).includes(resource.address))
      .map(({ address }) => address),
    grants: own === undefined ? [] : grantsOf(own.manifest, { known: sounds, byKind: byKindOf(sounds) }),
    prompt: resource.kind === 'Agent' ? textOf(spec['prompt']) : undefined,
    ...(resource.kind === 'Workforce'
      ? { members: membersOf(resource, (address) => snapshot.resources.get(address)) }
      : {}),
    problems: snapshot.problems.filter(({ address }) => address === resource.address),
    lacking:
      own === undefined
        ? []
        : unsupportedIn(resource.kind, own.manifest.document.value).map(({ path, part, value }) => ({
            field: `${pathText(path.map(String))}${value === undefined || path[0] === 'kind' ? '' : `=${value}`}`,
            part,
          })),
  };
}

function soundsOf({ resources }: Snapshot): ReadonlyMap<Address, Sound> {
  const sounds = new Map<Address, Sound>();
  for (const resource of resources.values()) {
    const making = makingOf(resource);
    if (making !== undefined) sounds.set(resource.address, making.manifest);
  }
  return sounds;
}

function byKindOf(sounds: ReadonlyMap<Address, Sound>): ReadonlyMap<Kind, readonly Sound[]> {
  const byKind = new Map<Kind, Sound[]>();
  for (const manifest of sounds.values())
    byKind.set(manifest.identity.kind, [...(byKind.get(manifest.identity.kind) ?? []), manifest]);
  return byKind;
}

function usesOf(resource: Resource): readonly Address[] {
  const making = makingOf(resource);
  if (making === undefined) return [];
  const uses = new Set<Address>([...making.libraries, ...making.given.values()]);
  uses.delete(resource.address);
  for (const { address } of making.manifest.references) uses.add(address);
  return [...uses].sort(compareText);
}

/** Values that are texts for machines are one value: nobody reads a JSON Schema leaf by leaf. */
const whole: ReadonlySet<string> = new Set(['schema', 'inputSchema', 'outputSchema', 'entries', 'script', 'body']);
const depthMax = 4;

function fieldsOf(resource: Resource): readonly DescribedField[] {
  const fields = new Map<string, DescribedField>();
  for (const [pointer, origin] of originsOf(resource)) {
    const path = pointer.split('/').slice(1);
    if (path[0] !== 'spec' || isShownElsewhere(path)) continue;
    const end = path.findIndex((step) => whole.has(step));
    const kept = path.slice(0, Math.min(end < 0 ? path.length : end + 1, depthMax));
    const at = `/${kept.join('/')}`;
    const known = fields.get(at);
    // Of a value that is only partly the author's, that much is the author's.
    if (known !== undefined && (known.origin === origin || origin === 'built-in')) continue;
    const names = kept.slice(1).map(unescaped);
    const value = valueAt(resource.manifest, kept.map(unescaped));
    fields.set(at, { field: names.join('.'), pointer: at, value: value ?? null, origin });
  }
  return [...fields.values()].sort((a, b) => compareText(a.field, b.field));
}

function isShownElsewhere(path: readonly string[]): boolean {
  return path.length === 2 && ['displayName', 'owner', 'description', 'prompt'].includes(path[1] ?? '');
}

function unescaped(step: string): string {
  return step.replaceAll('~1', '/').replaceAll('~0', '~');
}

function valueAt(value: Json, path: readonly string[]): Json | undefined {
  let at: Json | undefined = value;
  for (const step of path) {
    if (Array.isArray(at)) at = (at as readonly Json[])[Number(step)];
    else at = isJsonObject(at) ? at[step] : undefined;
  }
  return at;
}

function textOf(value: Json | undefined): string | undefined {
  return typeof value === 'string' ? value : undefined;
}
