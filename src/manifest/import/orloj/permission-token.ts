import type { Identity } from '../../resource.ts';
import type { Conversion } from '../conversion.ts';
import type { ForeignDocument } from '../foreign.ts';
import type { ForeignEstate } from '../foreign-estate.ts';
import { isOrloj } from './orloj-name.ts';

/** A permission as Orloj compares it: free text, without regard to case, hyphens and slashes. */
export function permissionToken(text: string): string {
  return text
    .trim()
    .toLowerCase()
    .replaceAll(' ', '')
    .replaceAll(/[-/\\]/g, '_');
}

/** What an agent with roles needs to call a tool of which no ToolPermission says anything else. */
export function toolToken(tool: string, action = 'invoke'): string {
  return permissionToken(`tool:${tokenPart(tool)}:${tokenPart(action) || 'invoke'}`);
}

export function capabilityToken(capability: string): string {
  return permissionToken(`capability:${tokenPart(capability)}`);
}

function tokenPart(text: string): string {
  return text
    .trim()
    .toLowerCase()
    .replaceAll(/[ /\\-]/g, '_')
    .replaceAll(/^[_:]+|[_:]+$/g, '');
}

/**
 * The permissions of pawl that stand for tokens. `tool:<name>:invoke` is `tool:<name>:*` where the namespace has that
 * tool; whatever else is a capability of its own, so that two tokens never become one permission.
 */
export class PermissionNames {
  readonly #toolsByToken = new Map<string, Identity[]>();
  readonly #capabilities = new Map<string, string>();
  readonly #taken = new Set<string>();

  constructor(estate: ForeignEstate) {
    for (const document of estate.documents.keys()) {
      if (!isOrloj(document, 'Tool')) continue;
      const key = keyOf(document.namespace, toolToken(document.name));
      this.#toolsByToken.set(key, [...(this.#toolsByToken.get(key) ?? []), estate.identityOf(document)]);
    }
  }

  /** What a rule of the namespace asks for. */
  required(token: string, namespace: string): string {
    return this.given(token, namespace)[0] ?? '';
  }

  /** What a role of the namespace gives: tools whose names differ only in what Orloj does not look at share a token. */
  given(token: string, namespace: string): readonly string[] {
    const tools = this.#toolsByToken.get(keyOf(namespace, token)) ?? [];
    return tools.length === 0 ? [this.#capability(token)] : tools.map(({ name }) => `tool:${name}:*`);
  }

  #capability(token: string): string {
    const known = this.#capabilities.get(token);
    if (known !== undefined) return known;
    const name = plainCapability(token.startsWith('capability:') ? token.slice('capability:'.length) : token);
    let free = name;
    for (let count = 2; this.#taken.has(free); count += 1) free = `${name}-${count}`;
    this.#taken.add(free);
    const permission = `capability:${free}`;
    this.#capabilities.set(token, permission);
    return permission;
  }
}

const capabilityMax = 150;

function plainCapability(text: string): string {
  const plain = text
    .replaceAll(':', '.')
    .replaceAll(/[^a-z0-9.]+/g, '-')
    .slice(0, capabilityMax)
    .replaceAll(/^[-.]+|[-.]+$/g, '');
  return plain === '' ? 'unnamed' : plain;
}

function keyOf(namespace: string, token: string): string {
  return `${namespace}\0${token}`;
}

const names = new WeakMap<ForeignEstate, PermissionNames>();

export function permissionNames({ estate }: Pick<Conversion, 'estate'>): PermissionNames {
  const known = names.get(estate) ?? new PermissionNames(estate);
  names.set(estate, known);
  return known;
}

/** The permissions of pawl that a role of Orloj becomes. */
export function permissionsOf(role: ForeignDocument, conversion: Pick<Conversion, 'estate'>): readonly string[] {
  const written = role.spec.get('permissions').items();
  const tokens = written.flatMap(({ value }) => (typeof value === 'string' ? permissionToken(value) : []));
  const known = permissionNames(conversion);
  const given = tokens.filter((token) => token !== '').flatMap((token) => known.given(token, role.namespace));
  return [...new Set(given)].sort();
}
