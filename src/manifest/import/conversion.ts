import type { JsonObject } from '../json.ts';
import { type Address, addressOf, type Identity } from '../resource.ts';
import type { ForeignDocument, ForeignNode } from './foreign.ts';
import { foreignKey, type ForeignEstate } from './foreign-estate.ts';

/** A resource of pawl's that came out of foreign documents. */
export interface Emitted extends Identity {
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  readonly spec: JsonObject;
  /** The documents that it came out of, the first of them first. */
  readonly from: ForeignDocument[];
  /** Sentences that stand above it in the file as comments. */
  readonly remarks: string[];
  /** Whether it goes with the first of its documents that is refused; absent: with the last. */
  readonly needsAll?: boolean;
}

export type NewResource = Identity & {
  readonly spec: JsonObject;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly remarks?: readonly string[];
  /** Other documents without which it has no meaning. */
  readonly alsoFrom?: readonly ForeignDocument[];
};

/** One key of a Secret whose value somebody must set; values are never carried over. */
export interface SecretToSet {
  readonly namespace: string;
  readonly name: string;
  readonly key: string;
  /** The environment variable that the written Secret reads. */
  readonly variable: string;
}

/** Where a reference was written: what it names may turn out not to be there. */
export interface Mention {
  readonly from: ForeignDocument;
  readonly node: ForeignNode;
  readonly address: string;
}

/** What conversions share: the names that others get, and what was made. */
export class Conversion {
  readonly estate: ForeignEstate;
  readonly emitted = new Map<string, Emitted>();
  readonly mentions: Mention[] = [];
  /** What no document declares, as it was written. */
  readonly written = new Map<Address, string>();
  readonly #secrets = new Map<string, SecretToSet>();

  constructor(estate: ForeignEstate) {
    this.estate = estate;
  }

  get secrets(): readonly SecretToSet[] {
    return [...this.#secrets.values()];
  }

  /** What the document becomes: its identity in pawl. */
  identityOf(document: ForeignDocument): Identity {
    return this.estate.identityOf(document);
  }

  /** Hands in a resource of pawl's that is made beside the document's own; one address is made once. */
  emit(document: ForeignDocument, resource: NewResource): Emitted {
    const address = addressOf(resource);
    if (this.emitted.has(address)) throw new TypeError(`${address} was made twice`);
    const { kind, namespace, name, spec, labels = {}, annotations = {}, remarks = [], alsoFrom = [] } = resource;
    const emitted: Emitted = {
      kind,
      namespace,
      name,
      spec,
      labels,
      annotations,
      from: [document, ...alsoFrom],
      remarks: [...remarks],
      ...(alsoFrom.length === 0 ? {} : { needsAll: true }),
    };
    this.emitted.set(address, emitted);
    return emitted;
  }

  /** What the document itself becomes: a resource of its identity, with its labels and annotations. */
  become(document: ForeignDocument, spec: JsonObject, remarks: readonly string[] = []): Emitted {
    const { labels, annotations } = document;
    return this.emit(document, { ...this.identityOf(document), labels, annotations, spec, remarks });
  }

  /** The name that a free-standing resource made by the importer gets: `wanted`, or with a number where it is taken. */
  freeName(kind: Identity['kind'], namespace: string, wanted: string): string {
    return this.estate.freeName(kind, namespace, wanted);
  }

  /**
   * A reference to another foreign document, as pawl writes it (`name`, or `namespace/name` from elsewhere). What is
   * missing is found at the end, when it is known what could be written: an entry of a list is then left out with
   * `import.reference` at this node, and a document that cannot do without it is left out with `import.depends`.
   */
  refer(node: ForeignNode, to: ForeignTarget): string {
    const namespace = to.namespace ?? node.document.namespace;
    const found = to.kinds.flatMap(
      (kind) => this.estate.find(foreignKey(kind, namespace, to.name), node.document) ?? [],
    );
    const own = this.estate.namespaceOf(namespace);
    const identity = (found[0] && this.estate.namedAs(found[0])) ?? {
      namespace: own,
      name: this.estate.undeclaredName(to.as, own, to.name),
    };
    if (found[0] === undefined) this.written.set(addressOf({ ...identity, kind: to.as }), to.name);
    return this.mention(node, { ...identity, kind: to.as });
  }

  /** The same for a resource that the importer itself makes. */
  mention(node: ForeignNode, identity: Identity): string {
    this.mentions.push({ from: node.document, node, address: addressOf(identity) });
    const here = this.estate.namespaceOf(node.document.namespace);
    return identity.namespace === here ? identity.name : `${identity.namespace}/${identity.name}`;
  }

  /**
   * A key of a Secret that the document reads: declared once as `source: env`, listed as to be set. Returns what
   * `secretRef` fields hold.
   */
  secretKey(
    node: ForeignNode,
    secret: { readonly namespace?: string; readonly name: string; readonly key: string },
  ): {
    readonly name: string;
    readonly key: string;
  } {
    const namespace = this.estate.namespaceOf(secret.namespace ?? node.document.namespace);
    const name = this.estate.secretName(namespace, secret.name);
    const address = addressOf({ kind: 'Secret', namespace, name });
    const id = `${address}/${secret.key}`;
    const variable = this.#secrets.get(id)?.variable ?? this.#freeVariable([namespace, name, secret.key]);
    this.#secrets.set(id, { namespace, name, key: secret.key, variable });
    const made = this.emitted.get(address);
    const keys = { ...(made?.spec['keys'] as JsonObject | undefined), [secret.key]: variable };
    const spec = { source: 'env', keys };
    const from = [...new Set([...(made?.from ?? []), node.document])];
    this.emitted.set(address, {
      kind: 'Secret',
      namespace,
      name,
      labels: made?.labels ?? {},
      annotations: made?.annotations ?? {},
      spec,
      from,
      remarks: made?.remarks ?? [],
    });
    return { name: this.mention(node, { kind: 'Secret', namespace, name }), key: secret.key };
  }

  /** One variable holds one value: Secrets of one name in two namespaces are told apart by these, others by a number. */
  #freeVariable([namespace = '', ...parts]: readonly string[]): string {
    const taken = new Set([...reserved, ...this.secrets.map(({ variable }) => variable)]);
    const wanted = [variableOf(parts), variableOf([namespace, ...parts])];
    for (let count = 2; ; count += 1) {
      const free = wanted.find((variable) => !taken.has(variable));
      if (free !== undefined) return free;
      wanted.push(variableOf([namespace, ...parts, String(count)]));
    }
  }
}

export interface ForeignTarget {
  /** Foreign kinds that the name may mean, the first one found wins. */
  readonly kinds: readonly string[];
  readonly namespace?: string | undefined;
  readonly name: string;
  /** The kind that it becomes in pawl. */
  readonly as: Identity['kind'];
}

/**
 * `PAWL_SECRET_OPENAI_API_KEY_VALUE` for the key `value` of `openai-api-key`: workers read variables that begin so
 * without anybody's listing them.
 */
function variableOf(parts: readonly string[]): string {
  return `PAWL_SECRET_${parts.join('_')}`.toUpperCase().replaceAll(/[^A-Z0-9]+/g, '_');
}

/** They hold names and keys of pawl's own. */
const reserved: ReadonlySet<string> = new Set(['PAWL_SECRET_KEY', 'PAWL_SECRET_KEY_FILE']);
