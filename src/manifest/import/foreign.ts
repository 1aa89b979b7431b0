import type { Document } from '../document.ts';
import { isJsonList, isJsonObject, own, type Json } from '../json.ts';
import { problemIn } from '../position.ts';
import type { Problem } from '../problem.ts';
import type { Place } from '../resource.ts';
import type { Path } from '../text.ts';

/**
 * What was said of a place in a foreign document. `refused`: the document is not written. `dropped`: the entry is left
 * out, the document is written without it. `ignored`: nothing is lost in pawl by leaving it out. `flagged`: it is kept,
 * and the reader should know how.
 */
export interface Note {
  readonly fate: 'refused' | 'dropped' | 'ignored' | 'flagged';
  readonly code: string;
  readonly path: Path;
  readonly message: string;
  readonly help?: string;
}

/** What a note says, before it has a place. */
export interface NoteText {
  readonly code?: string;
  readonly message: string;
  readonly help?: string;
}

/** What tells a document from others. */
export interface ForeignHead {
  readonly apiVersion: string;
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
  readonly base?: Path;
}

/** One document of another system, with what was read of it and said about it. */
export class ForeignDocument {
  readonly document: Document;
  readonly apiVersion: string;
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
  readonly #notes: Note[] = [];
  /** What was said where, by code, place and sentence. */
  readonly #said = new Set<string>();
  #isRefused = false;
  /** Where it stands in the file: a `List` holds several. */
  readonly base: Path;
  readonly value: Json;
  readonly #read = new Set<string>();
  #place: Place | undefined;
  #annotations: Readonly<Record<string, string>> | undefined;

  constructor(document: Document, head: ForeignHead) {
    this.document = document;
    this.base = head.base ?? [];
    this.value = valueAt(document.value, this.base);
    this.apiVersion = head.apiVersion;
    this.kind = head.kind;
    this.namespace = head.namespace;
    this.name = head.name;
    for (const path of [['apiVersion'], ['kind'], ['metadata', 'name'], ['metadata', 'namespace']]) this.markRead(path);
  }

  get root(): ForeignNode {
    return new ForeignNode(this, [], this.value);
  }

  get spec(): ForeignNode {
    return this.root.get('spec');
  }

  get labels(): Readonly<Record<string, string>> {
    return this.root.at('metadata', 'labels').textMap();
  }

  get annotations(): Readonly<Record<string, string>> {
    this.#annotations ??= this.#readAnnotations();
    return this.#annotations;
  }

  #readAnnotations(): Readonly<Record<string, string>> {
    const annotations: Record<string, string> = {};
    for (const [key, node] of this.root.at('metadata', 'annotations').entries()) {
      const text = node.text();
      // The former may hold the whole manifest, values of secrets included; the latter would act in pawl.
      if (key.startsWith('kubectl.kubernetes.io/')) node.ignore('A tool wrote it for itself.');
      else if (key.startsWith('pawl/')) node.drop({ message: 'Annotations of pawl are given in manifests of pawl.' });
      else if (text !== undefined) annotations[key] = text;
    }
    return annotations;
  }

  get isRefused(): boolean {
    return this.#isRefused;
  }

  get notes(): readonly Note[] {
    return this.#notes;
  }

  note(note: Note): void {
    this.#notes.push(note);
    this.#said.add(saidKey(note));
    this.#isRefused ||= note.fate === 'refused';
  }

  /** Whether the same was said at the same place. */
  isSaid(note: Pick<Note, 'code' | 'path' | 'message'>): boolean {
    return this.#said.has(saidKey(note));
  }

  /** As people name it: `Agent support/writer (kagent.dev/v1alpha2)`. */
  get title(): string {
    return `${this.kind} ${this.namespace}/${this.name} (${this.apiVersion})`;
  }

  /** Of its API, whatever the version; empty for the core of Kubernetes. */
  get group(): string {
    return groupOf(this.apiVersion);
  }

  get place(): Place {
    if (this.base.length === 0) return this.document.place;
    if (this.#place === undefined) {
      const { file, line, column } = problemIn(this.document, this.base, { code: '', message: '' });
      this.#place = { file, line, column };
    }
    return this.#place;
  }

  markRead(path: Path): void {
    this.#read.add(pointer(path));
  }

  /** Whether the value at the path, or something that holds it, was read. */
  wasRead(path: Path): boolean {
    for (let length = path.length; length >= 0; length -= 1)
      if (this.#read.has(pointer(path.slice(0, length)))) return true;
    return false;
  }

  /** A note as a problem with its place in the file. */
  problemOf(note: Note): Problem {
    const { code, message, help } = note;
    const severity = note.fate === 'refused' || note.fate === 'dropped' ? 'error' : 'warning';
    return problemIn(this.document, [...this.base, ...note.path], { code, message, help, severity });
  }
}

function saidKey({ code, path, message }: Pick<Note, 'code' | 'path' | 'message'>): string {
  return [code, pointer(path), message].join('\0');
}

export function groupOf(apiVersion: string): string {
  return apiVersion.includes('/') ? apiVersion.replace(/\/.*$/s, '') : '';
}

/** As the field tables spell a path, for messages. */
export function fieldOf(path: Path): string {
  return path
    .map((part) => (typeof part === 'number' ? `[${part}]` : `.${part}`))
    .join('')
    .slice(1);
}

function valueAt(value: Json, path: Path): Json {
  let at: Json | undefined = value;
  for (const part of path) {
    if (typeof part === 'number') at = isJsonList(at) ? at[part] : undefined;
    else at = isJsonObject(at) ? own(at, part) : undefined;
  }
  return at ?? null;
}

function pointer(path: Path): string {
  return path.map((part) => `/${String(part).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');
}

/** A value of a foreign document at its place; what is not there is a node without a value. */
export class ForeignNode {
  readonly document: ForeignDocument;
  readonly path: Path;
  readonly value: Json | undefined;

  constructor(document: ForeignDocument, path: Path, value: Json | undefined) {
    this.document = document;
    this.path = path;
    this.value = value;
  }

  /** Whether something is written here; `null` is nothing, as in Kubernetes. */
  get exists(): boolean {
    return this.value !== undefined && this.value !== null;
  }

  /** As the field tables spell it, for messages. */
  get field(): string {
    return fieldOf(this.path);
  }

  get(key: string): ForeignNode {
    const value = isJsonObject(this.value) ? own(this.value, key) : undefined;
    return new ForeignNode(this.document, [...this.path, key], value);
  }

  at(...keys: readonly string[]): ForeignNode {
    return keys.reduce<ForeignNode>((node, key) => node.get(key), this);
  }

  items(): readonly ForeignNode[] {
    if (!isJsonList(this.value)) return [];
    return this.value.map((value, index) => new ForeignNode(this.document, [...this.path, index], value));
  }

  entries(): readonly (readonly [string, ForeignNode])[] {
    if (!isJsonObject(this.value)) return [];
    return Object.keys(this.value).map((key) => [key, this.get(key)] as const);
  }

  /** The text that stands here; reading it is how a mapped field is carried over. */
  text(): string | undefined {
    const value = this.json();
    return typeof value === 'string' ? value : undefined;
  }

  number(): number | undefined {
    const value = this.json();
    return typeof value === 'number' ? value : undefined;
  }

  boolean(): boolean | undefined {
    const value = this.json();
    return typeof value === 'boolean' ? value : undefined;
  }

  texts(): readonly string[] {
    return this.items().flatMap((item) => item.text() ?? []);
  }

  textMap(): Readonly<Record<string, string>> {
    return Object.fromEntries(
      this.entries().flatMap(([key, node]) => {
        const text = node.text();
        return text === undefined ? [] : [[key, text] as const];
      }),
    );
  }

  /** Everything that stands here, all of it counted as read; undefined for nothing and for `null`. */
  json(): Json | undefined {
    this.document.markRead(this.path);
    return this.value ?? undefined;
  }

  /** Nothing is lost by leaving this out, for the reason. */
  ignore(reason: string): void {
    this.#note('ignored', { code: 'import.ignored', message: reason });
  }

  /** The entry is left out and the document written without it: only what grants or offers something may go so. */
  drop(text: NoteText): void {
    this.#note('dropped', text);
  }

  /** The meaning cannot be kept: the document is not written. */
  refuse(text: NoteText): void {
    this.#note('refused', text);
  }

  /** It is kept in another way than it was written, and the reader should know. */
  flag(code: string, message: string): void {
    this.#note('flagged', { code, message });
  }

  #note(fate: Note['fate'], { code = 'import.unmappable', message, help }: NoteText): void {
    // Who says something of a list or a map has not carried over what is in it.
    if (fate !== 'flagged' || typeof this.value !== 'object') this.document.markRead(this.path);
    const { path } = this;
    this.document.note({ fate, code, path, message, ...(help === undefined ? {} : { help }) });
  }
}
