import { isJsonObject, type JsonObject } from './json.ts';
import { listAt, objectAt, type ManifestReference } from './manifest-reference.ts';
import { didYouMean } from './nearest.ts';
import { isSound, type Estate, type Report, type Sound } from './estate.ts';
import { permissionParts } from './permission.ts';
import { toolRules, type ToolRules } from './tool-rules.ts';
import type { Validated } from './validate.ts';

/** Warns of tools that an agent or a graph names and no role grants: every call of them would be denied. */
export function grantFindings(estate: Estate, report: Report): void {
  const rules = toolRules(estate);
  for (const manifest of [...(estate.byKind.get('Agent') ?? []), ...(estate.byKind.get('AgentSystem') ?? [])]) {
    const { references } = manifest;
    if (!references.some((reference) => isCalled(reference, manifest))) continue;
    const given = givenBy(references, estate);
    if (given === undefined) continue;
    for (const reference of references) {
      if (!isCalled(reference, manifest)) continue;
      const lacking = lackingFor(reference, { manifest, given, rules, estate });
      if (lacking === undefined) continue;
      const role = references.find(({ kind }) => kind === 'AgentRole');
      const holder = role === undefined ? undefined : estate.known.get(role.address);
      report(manifest, reference.path, ungranted(reference, lacking, holder));
    }
  }
}

/** A Tool, or a server of which an agent lists some tools. */
export function isCalled({ kind, path }: ManifestReference, { content }: Sound): boolean {
  if (kind !== 'McpServer') return kind === 'Tool';
  const entry = listAt(objectAt(content.manifest, 'spec'), 'tools')[Number(path[2])];
  return isJsonObject(entry) && listAt(entry, 'tools').length > 0;
}

function ungranted(reference: ManifestReference, lacking: string, role: Validated | undefined) {
  const { file = '', line = 0 } = role?.document.place ?? {};
  const where =
    role === undefined
      ? `an AgentRole (\`permissions: ["${lacking}"]\`), and the role to \`roles\``
      : `the permissions of ${role.address ?? ''} (${file}:${line})`;
  return {
    code: 'grant.missing',
    severity: 'warning',
    message: `No role grants \`${lacking}\`: every call of ${reference.kind === 'McpServer' ? 'a tool of ' : ''}\`${reference.name}\` would be denied.`,
    help: role === undefined ? `Add ${where}.` : `Add \`- ${lacking}\` to ${where}.`,
  } as const;
}

/** Warns of permissions for tools that are not there: most likely misspelt, and a grant in waiting otherwise. */
export function unknownToolFindings(estate: Estate, report: Report): void {
  const toolsOf = toolNames(estate);
  for (const role of estate.byKind.get('AgentRole') ?? []) {
    for (const [index, text] of listAt(objectAt(role.content.manifest, 'spec'), 'permissions').entries()) {
      if (typeof text !== 'string') continue;
      const [kind, path = '*'] = permissionParts(text, role.identity.namespace);
      if (kind !== 'tool' || path === '*' || granted.some((one) => estate.known.has(`${one}/${path}`))) continue;
      const [namespace = '', name = ''] = path.split('/');
      report(role, ['spec', 'permissions', index], {
        code: 'grant.unknown_tool',
        severity: 'warning',
        message: `The role grants a permission for the tool \`${name}\`, which is not defined.`,
        help: didYouMean(name, toolsOf(namespace)) ?? 'Correct the name, or remove the permission.',
      });
    }
  }
}

/** What a permission for a tool may name: of a server it is for the tools that an agent lists of it. */
const granted = ['Tool', 'McpServer'] as const;

/** Names of the tools and servers of a namespace, in order; gathered when something is amiss. */
function toolNames({ known }: Estate): (namespace: string) => readonly string[] {
  const names = new Map<string, readonly string[]>();
  return (namespace) => {
    const found =
      names.get(namespace) ??
      Array.from(known.values())
        .flatMap(({ identity }) =>
          granted.some((one) => one === identity?.kind) && identity?.namespace === namespace ? identity.name : [],
        )
        .sort();
    names.set(namespace, found);
    return found;
  };
}

const parsed = new WeakMap<Sound, ReadonlySet<string>>();

/** What the roles give, the names of tools qualified by the role's namespace; undefined: not all roles are right. */
function givenBy(references: readonly ManifestReference[], estate: Estate): readonly ReadonlySet<string>[] | undefined {
  const given: ReadonlySet<string>[] = [];
  for (const reference of references) {
    if (reference.kind !== 'AgentRole') continue;
    const role = estate.known.get(reference.address);
    if (role === undefined || !isSound(role)) return undefined;
    given.push(permissionsOf(role));
  }
  return given;
}

function permissionsOf(role: Sound): ReadonlySet<string> {
  let set = parsed.get(role);
  if (set === undefined) {
    const written = listAt(objectAt(role.content.manifest, 'spec'), 'permissions');
    const texts = written.filter((text) => typeof text === 'string');
    set = new Set(texts.map((text) => qualified(text, role.identity.namespace)));
    parsed.set(role, set);
  }
  return set;
}

/** A permission with the names of its tools qualified by the namespace that it was written in. */
export function qualified(permission: string, namespace: string): string {
  return permissionParts(permission, namespace).join(':');
}

interface Asking {
  readonly manifest: Sound;
  readonly given: readonly ReadonlySet<string>[];
  readonly rules: ToolRules;
  readonly estate: Pick<Estate, 'known'>;
}

/** The first permission that is needed and not given. */
function lackingFor(reference: ManifestReference, asking: Asking): string | undefined {
  for (const { texts, any } of demandsOf(reference, asking)) {
    const lacking = texts.filter(({ wanted }) => !asking.given.some((set) => gives(set, wanted)));
    if (any ? lacking.length === texts.length : lacking.length > 0) return lacking[0]?.written;
  }
  return undefined;
}

/** What a call of a tool needs: all of these. A tool that is not there, or is wrong, needs nothing that is known. */
export function demandsOf(reference: ManifestReference, asking: Omit<Asking, 'given'>): readonly Demand[] {
  const tool = asking.estate.known.get(reference.address)?.content?.manifest;
  if (tool === undefined) return [];
  const demands: Demand[] = [];
  let isOwned = false;
  for (const rule of asking.rules(reference.address, asking.manifest.address)) {
    const demand = demandOf(rule);
    if (demand === undefined) continue;
    demands.push(demand);
    isOwned ||= rule.identity.namespace === reference.namespace;
  }
  // Of another namespace, one narrows only: it cannot take the place of what the tool's owner asks for.
  if (!isOwned) demands.push(ownDemand(tool, reference));
  return demands;
}

/** Permissions of which all are needed, or any. */
export interface Demand {
  readonly any: boolean;
  readonly texts: readonly { readonly written: string; readonly wanted: string }[];
}

const demanded = new WeakMap<Sound, Demand>();

/** Read once, however many agents a rule reaches. */
function demandOf(rule: Sound): Demand | undefined {
  const known = demanded.get(rule);
  if (known !== undefined) return known;
  const spec = objectAt(rule.content.manifest, 'spec');
  const required = listAt(spec, 'required').map(String);
  if (required.length === 0) return undefined;
  const demand = {
    any: spec['match'] === 'any',
    texts: required.map((written) => ({ written, wanted: qualified(written, rule.identity.namespace) })),
  };
  demanded.set(rule, demand);
  return demand;
}

function ownDemand(tool: JsonObject, { kind, namespace, name }: ManifestReference): Demand {
  const spec = objectAt(tool, 'spec');
  const operations =
    kind === 'McpServer'
      ? [objectAt(spec, 'defaults')['operation']].map(String)
      : listAt(spec, 'operation').map(String);
  const texts = operations.map((operation) => ({
    written: `tool:${name}:${operation}`,
    wanted: `tool:${namespace}/${name}:${operation}`,
  }));
  return { any: false, texts };
}

/** Whether permissions hold one, themselves or by a `*`. */
export function gives(given: ReadonlySet<string>, wanted: string): boolean {
  if (given.has(wanted)) return true;
  const [kind = '', name = '', operation = ''] = wanted.split(':');
  if (kind === 'capability') return given.has('capability:*');
  return given.has(`tool:*:${operation}`) || given.has(`tool:${name}:*`) || given.has('tool:*:*');
}
