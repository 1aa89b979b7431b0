import type { Identity, Kind } from '../resource.ts';
import type { ForeignDocument } from './foreign.ts';

const nameMax = 63;

/** What the estate needs of a kind: whether its documents get a name in pawl, and among which. */
interface Naming {
  readonly fate: { readonly fate: string; readonly becomes?: Kind };
}

/** What a foreign reference is found by; kinds of different groups with one name are told apart by their group. */
export function foreignKey(kind: string, namespace: string, name: string): string {
  return `${kind}\0${namespace}\0${name}`;
}

/** All foreign documents that were read, and the names they get in pawl. */
export class ForeignEstate {
  readonly documents: ReadonlyMap<ForeignDocument, Naming>;
  readonly #byKey = new Map<string, ForeignDocument[]>();
  readonly #identities = new Map<ForeignDocument, Identity>();
  readonly #taken = new Set<string>();
  readonly #namespaces = new Map<string, string>();
  /** Names of what no document declares, by what was written. */
  readonly #undeclared = new Map<string, string>();

  constructor(documents: ReadonlyMap<ForeignDocument, Naming>) {
    this.documents = documents;
    for (const [document, kind] of documents) {
      this.#add(document);
      const { becomes } = kind.fate;
      if (becomes === undefined) continue;
      const namespace = this.namespaceOf(document.namespace);
      // What a SealedSecret makes is the Secret of its name.
      const name =
        becomes === 'Secret'
          ? this.secretName(namespace, document.name)
          : this.freeName(becomes, namespace, document.name);
      this.#identities.set(document, { kind: becomes, namespace, name });
      if (namespace !== document.namespace)
        document.root.at('metadata', 'namespace').flag('import.renamed', `The namespace is \`${namespace}\` in pawl.`);
      if (name !== document.name)
        document.root
          .at('metadata', 'name')
          .flag(
            'import.renamed',
            `The name is \`${name}\` in pawl: names there are DNS labels of at most 63 characters.`,
          );
    }
  }

  #add(document: ForeignDocument): void {
    const key = foreignKey(document.kind, document.namespace, document.name);
    const same = this.#byKey.get(key);
    if (same === undefined) this.#byKey.set(key, [document]);
    else same.push(document);
  }

  /** What has the key, of the system of the document that asks or of Kubernetes: no system knows another's. */
  find(key: string, from: ForeignDocument): ForeignDocument | undefined {
    const found = this.#byKey.get(key) ?? [];
    return found.find(({ group }) => group === from.group) ?? found.find(({ group }) => group === '');
  }

  /** The identity of what the document becomes; undefined where it becomes nothing of its own. */
  namedAs(document: ForeignDocument): Identity | undefined {
    return this.#identities.get(document);
  }

  identityOf(document: ForeignDocument): Identity {
    const identity = this.namedAs(document);
    if (identity === undefined) throw new TypeError(`${document.title} becomes nothing of its own`);
    return identity;
  }

  /** Two namespaces stay two, were their names one as DNS labels: what is granted in one holds in no other. */
  namespaceOf(namespace: string): string {
    const known = this.#namespaces.get(namespace);
    if (known !== undefined) return known;
    const taken = new Set(this.#namespaces.values());
    const plain = free(this.plainName(namespace), (name) => taken.has(name));
    this.#namespaces.set(namespace, plain);
    return plain;
  }

  /**
   * The name in pawl of what a document names and none declares. It is never that of another document whose name is
   * spelt alike: a reference to `web-search` must not grant `web_search`.
   */
  undeclaredName(kind: Kind, namespace: string, written: string): string {
    const key = `${kind}\0${namespace}\0${written}`;
    const name = this.#undeclared.get(key) ?? this.freeName(kind, namespace, written);
    this.#undeclared.set(key, name);
    return name;
  }

  /** The name as a DNS label: what cannot stand in one becomes a hyphen. */
  plainName(name: string): string {
    const plain = name
      .toLowerCase()
      .replaceAll(/[^a-z0-9]+/g, '-')
      .slice(0, nameMax)
      .replaceAll(/^-+|-+$/g, '');
    return plain === '' ? 'unnamed' : plain;
  }

  /** Secrets stay two where their names are one as labels: else one value would be read where another is meant. */
  secretName(namespace: string, written: string): string {
    return this.undeclaredName('Secret', namespace, written);
  }

  freeName(kind: Kind, namespace: string, wanted: string): string {
    const keyOf = (name: string) => `${kind}\0${namespace}\0${name}`;
    const name = free(this.plainName(wanted), (one) => this.#taken.has(keyOf(one)));
    this.#taken.add(keyOf(name));
    return name;
  }
}

/** The label, or with a number where it is taken. */
function free(plain: string, isTaken: (name: string) => boolean): string {
  for (let count = 1; ; count += 1) {
    const suffix = count === 1 ? '' : `-${count}`;
    const name = `${plain.slice(0, nameMax - suffix.length).replace(/-+$/, '')}${suffix}`;
    if (!isTaken(name)) return name;
  }
}
