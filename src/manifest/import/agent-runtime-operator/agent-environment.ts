import type { ForeignDocument, ForeignNode } from '../foreign.ts';
import { type ForeignEstate, foreignKey } from '../foreign-estate.ts';
import { flagCredentials, isCredential } from '../credential.ts';

/** What a variable of an agent holds: a text, a key of a Secret, or a credential that stands in the file. */
export type Variable =
  | { readonly kind: 'text'; readonly text: string; readonly node: ForeignNode }
  | { readonly kind: 'secret'; readonly name: string; readonly key: string; readonly node: ForeignNode }
  | { readonly kind: 'literal' | 'unknown'; readonly node: ForeignNode };

/** The environment of an agent: what is asked for counts, and the rest is said to be left out. */
export class AgentEnvironment {
  readonly #document: ForeignDocument;
  readonly #estate: ForeignEstate;
  readonly #used = new Set<string>();

  constructor(document: ForeignDocument, estate: ForeignEstate) {
    this.#document = document;
    this.#estate = estate;
    flagCredentials(document.spec.get('env'));
  }

  /** The first of the names that is set; `env` goes before `envFrom`, and in a list the last one counts. */
  find(...names: readonly string[]): Variable | undefined {
    for (const name of names) {
      const found = this.#inEnv(name) ?? this.#inEnvFrom(name);
      if (found !== undefined) return found;
    }
    return undefined;
  }

  /** A variable that the operator sets itself, which `env` overrides and `envFrom` does not. */
  override(name: string): Variable | undefined {
    return this.#inEnv(name);
  }

  /** Secrets that are read in whole and are in none of the files: any key may be among theirs. */
  get unseenSecrets(): readonly ForeignNode[] {
    return this.#document.spec
      .get('envFrom')
      .items()
      .filter((from) => from.at('secretRef', 'name').exists && this.#secretOf(from) === undefined);
  }

  use(node: ForeignNode): void {
    this.#used.add(JSON.stringify(node.path));
  }

  /** Says of everything that was not asked for that nobody here reads it. */
  ignoreRest(): void {
    const { spec } = this.#document;
    for (const entry of [...spec.get('env').items(), ...spec.get('envFrom').items()]) {
      if (!this.#used.has(JSON.stringify(entry.path)))
        entry.ignore("It is for the template that runs the agent; pawl's own loop reads no environment.");
      entry.json();
    }
  }

  #inEnv(name: string): Variable | undefined {
    const entry = this.#document.spec
      .get('env')
      .items()
      .findLast((one) => one.get('name').text() === name);
    if (entry === undefined) return undefined;
    this.use(entry);
    const { value } = entry.get('value');
    if (typeof value === 'string')
      return isCredential(name, value)
        ? { kind: 'literal', node: entry.get('value') }
        : { kind: 'text', text: value, node: entry.get('value') };
    const secret = entry.at('valueFrom', 'secretKeyRef');
    if (secret.exists)
      return {
        kind: 'secret',
        name: secret.get('name').text() ?? '',
        key: secret.get('key').text() ?? '',
        node: secret,
      };
    const map = entry.at('valueFrom', 'configMapKeyRef');
    const text = this.#inConfigMap(map.get('name').text(), map.get('key').text());
    return text === undefined ? { kind: 'unknown', node: entry } : { kind: 'text', text, node: map };
  }

  #inEnvFrom(name: string): Variable | undefined {
    for (const from of this.#document.spec.get('envFrom').items().toReversed()) {
      const prefix = from.get('prefix').text() ?? '';
      if (!name.startsWith(prefix)) continue;
      const key = name.slice(prefix.length);
      const text = this.#inConfigMap(from.at('configMapRef', 'name').text(), key);
      const secret = this.#secretOf(from);
      const isThere = ['data', 'stringData'].some((field) => secret?.root.at(field, key).exists === true);
      if (text === undefined && !isThere) continue;
      this.use(from);
      if (text !== undefined) return { kind: 'text', text, node: from };
      return { kind: 'secret', name: from.at('secretRef', 'name').text() ?? '', key, node: from };
    }
    return undefined;
  }

  #secretOf(from: ForeignNode): ForeignDocument | undefined {
    const name = from.at('secretRef', 'name').text() ?? '';
    return this.#estate.find(foreignKey('Secret', this.#document.namespace, name), this.#document);
  }

  #inConfigMap(name: string | undefined, key: string | undefined): string | undefined {
    if (name === undefined || key === undefined) return undefined;
    const map = this.#estate.find(foreignKey('ConfigMap', this.#document.namespace, name), this.#document);
    return map?.root.at('data', key).text();
  }
}
