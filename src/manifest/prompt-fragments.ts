import type { Files, PlacedFinding, Sound } from './estate.ts';
import { promptBytesMax } from './limits.ts';
import { didYouMean } from './nearest.ts';
import type { Problem } from './problem.ts';
import { libraryOf, type Library, type LibraryText } from './prompt-library.ts';
import type { FragmentPart, PromptPart } from './prompt-template.ts';
import { qualify } from './reference.ts';
import { referenceFinding, type Targets } from './resolve-reference.ts';
import { addressOf, type Address } from './resource.ts';
import type { Finding } from './text.ts';

/** How often a fragment may take in a fragment. */
const depthMax = 8;

/** What a fragment stands for. `broken`: what is wrong is said where it is wrong. */
export type Taken =
  | { readonly kind: 'text'; readonly library: Library; readonly text: LibraryText; readonly bytes: number }
  | { readonly kind: 'finding'; readonly finding: Finding }
  | { readonly kind: 'broken'; readonly library: Library | undefined };

type Named = Pick<FragmentPart, 'library' | 'key'>;

/** The texts of all libraries of an environment, and what they take in from each other. */
export class Fragments {
  readonly #targets: Targets;
  readonly #libraries = new Map<Address, Library>();
  readonly #nodes = new Map<LibraryText, Node>();
  readonly #taken = new Map<string, Taken>();
  /** Of the texts in files, and of what texts take in. */
  readonly problems: Problem[] = [];
  /** Libraries that a library takes something from. */
  readonly used = new Set<Address>();

  constructor(targets: Targets, files: Files) {
    this.#targets = targets;
    for (const manifest of targets.sound) {
      if (manifest.identity.kind === 'PromptLibrary') this.#libraries.set(manifest.address, libraryOf(manifest, files));
    }
    for (const address of [...this.#libraries.keys()].sort()) this.#measureLibrary(address);
  }

  library(address: Address): Library | undefined {
    return this.#libraries.get(address);
  }

  get findings(): readonly (PlacedFinding & { readonly manifest: Sound })[] {
    return Array.from(this.#libraries.values(), ({ manifest, findings }) =>
      findings.map((found) => ({ ...found, manifest })),
    ).flat();
  }

  /** What a fragment that a manifest names stands for: the same for all manifests of a namespace. */
  take(named: Named, from: Sound): Taken {
    const key = `${from.identity.namespace} ${named.library} ${named.key}`;
    const known = this.#taken.get(key);
    if (known !== undefined) return known;
    const taken = this.#take(named, from);
    this.#taken.set(key, taken);
    return taken;
  }

  #take(named: Named, from: Sound): Taken {
    const found = this.#find(named, from);
    if (found.kind !== 'text') return found;
    const node = this.#nodes.get(found.text);
    if (node?.measure === undefined) return { kind: 'broken', library: found.library };
    return { ...found, bytes: node.measure.bytes };
  }

  /** Whatever is to be known of a fragment but its size. */
  #find({ library: written, key }: Named, from: Sound): Taken {
    const path = qualify(written, from.identity.namespace);
    const [namespace = '', name = ''] = path.split('/');
    const address = addressOf({ kind: 'PromptLibrary', namespace, name });
    const reference = { kind: 'PromptLibrary', address, namespace, name, path: [], restricts: false } as const;
    const finding = referenceFinding(reference, from, this.#targets);
    if (finding !== undefined) return { kind: 'finding', finding };
    const library = this.#libraries.get(address);
    if (library === undefined) return { kind: 'broken', library };
    if (!library.texts.has(key)) return { kind: 'finding', finding: noKey(key, library) };
    const text = library.texts.get(key);
    return text === undefined ? { kind: 'broken', library } : { kind: 'text', library, text, bytes: 0 };
  }

  #measureLibrary(address: Address): void {
    const library = this.#libraries.get(address);
    if (library === undefined) return;
    this.problems.push(...library.problems);
    // In one order, whatever the order of keys: which fragment closes a circle depends on where one starts.
    for (const key of [...library.texts.keys()].sort()) {
      const text = library.texts.get(key);
      if (text !== undefined && !this.#nodes.has(text)) this.#measure({ library, key, text });
    }
  }

  /** Without recursion: a chain of fragments may be as long as there are texts. */
  #measure(start: Start): void {
    const stack = [this.#open(start)];
    for (let node = stack.at(-1); node !== undefined; node = stack.at(-1)) {
      const part = node.text.fragment[node.next];
      node.next += 1;
      if (part === undefined) {
        node.done = true;
        stack.pop();
      } else if (part.kind === 'fragment') {
        const child = this.#child(part, node, stack);
        if (child === undefined) continue;
        if (!child.done) {
          // Looked at again when the child is measured.
          node.next -= 1;
          stack.push(child);
        } else this.#add(node, part, child);
      } else if (part.kind === 'text') this.#grow(node, part, { bytes: Buffer.byteLength(part.text), depth: 0 });
    }
  }

  #open({ library, key, text }: Start): Node {
    const node: Node = { library, key, text, next: 0, done: false, measure: { bytes: 0, depth: 1 } };
    this.#nodes.set(text, node);
    return node;
  }

  /** The text that a fragment of a library's text takes in; undefined: there is none, which is said. */
  #child(part: FragmentPart, node: Node, stack: readonly Node[]): Node | undefined {
    const found = this.#find(part, node.library.manifest);
    if (found.kind !== 'text') {
      if (found.kind === 'finding') this.#report(node, part, found.finding);
      node.measure = undefined;
      return undefined;
    }
    this.used.add(found.library.manifest.address);
    const known = this.#nodes.get(found.text);
    if (known === undefined) return this.#open({ library: found.library, key: part.key, text: found.text });
    if (known.done) return known;
    this.#report(node, part, circle(stack.slice(stack.indexOf(known))));
    node.measure = undefined;
    return undefined;
  }

  #add(node: Node, part: FragmentPart, child: Node): void {
    if (child.measure === undefined) {
      node.measure = undefined;
      return;
    }
    this.#grow(node, part, child.measure);
  }

  #grow(node: Node, part: PromptPart, by: Measure): void {
    if (node.measure === undefined) return;
    const bytes = node.measure.bytes + by.bytes;
    const depth = Math.max(node.measure.depth, by.depth + 1);
    node.measure = bytes > promptBytesMax || depth > depthMax ? undefined : { bytes, depth };
    if (node.measure !== undefined) return;
    if (part.kind === 'fragment') this.#report(node, part, depth > depthMax ? tooDeep() : tooLong());
    else this.problems.push(node.text.problemOn({ start: 0, end: 0 }, tooLong()));
  }

  #report(node: Node, part: FragmentPart, finding: Finding): void {
    this.problems.push(node.text.problemOn(part, { ...finding, address: node.library.manifest.address }));
  }
}

interface Start {
  readonly library: Library;
  readonly key: string;
  readonly text: LibraryText;
}

interface Node extends Start {
  next: number;
  done: boolean;
  /** With everything taken in; undefined: it cannot be used. */
  measure: Measure | undefined;
}

interface Measure {
  readonly bytes: number;
  readonly depth: number;
}

function noKey(key: string, { manifest, texts }: Library): Finding {
  const keys = [...texts.keys()];
  const some = keys.slice(0, 20).join(', ');
  return {
    code: 'reference.prompt_key',
    message: `${manifest.address} has no text \`${key}\`.`,
    help: didYouMean(key, keys) ?? `It has: ${some}${keys.length > 20 ? ', …' : ''}.`,
  };
}

function circle(nodes: readonly Node[]): Finding {
  const names = nodes.map(
    ({ library, key }) => `${library.manifest.identity.namespace}/${library.manifest.identity.name}/${key}`,
  );
  const shown = names.length > 10 ? [...names.slice(0, 9), '…'] : names;
  return {
    code: 'prompt.cycle',
    message: `The text takes itself in: ${[...shown, names[0]].join(' → ')}.`,
    help: 'Take what both need out into a text of its own.',
  };
}

function tooDeep(): Finding {
  const message = `Fragments are nested more than ${depthMax} deep here.`;
  return { code: 'prompt.depth', message, help: 'Write some of them out.' };
}

export function tooLong(): Finding {
  const message = `The prompt has more than ${promptBytesMax} bytes with its fragments taken in.`;
  return { code: 'limits.prompt_bytes', message, help: 'Shorten it, or take in less.' };
}
