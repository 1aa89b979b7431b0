import type { Files, PlacedFinding, Sound } from './estate.ts';
import { fileFinding } from './file-finding.ts';
import type { Json } from './json.ts';
import { objectAt } from './manifest-reference.ts';
import type { Problem } from './problem.ts';
import { promptInFile, promptInPlace, type Prompt } from './prompt.ts';
import type { PromptPart } from './prompt-template.ts';

/** A PromptLibrary with its files read in. */
export interface Library {
  readonly manifest: Sound;
  /** By key; undefined: there is such a text, and it cannot be used. */
  readonly texts: ReadonlyMap<string, LibraryText | undefined>;
  /** In the manifest. */
  readonly findings: readonly PlacedFinding[];
  /** In the files. */
  readonly problems: readonly Problem[];
}

export interface LibraryText extends Prompt {
  /** As a fragment of another text: the line breaks at its end are its file's, not the prompt's. */
  readonly fragment: readonly PromptPart[];
}

// A library is made again only when a file of it is other bytes.
const made = new WeakMap<Sound, { readonly bytes: readonly (Uint8Array | undefined)[]; readonly library: Library }>();

/** The texts of a library, each by itself: what they take in is resolved with the other libraries. */
export function libraryOf(manifest: Sound, files: Files): Library {
  const needs = manifest.content.files;
  const bytes = needs.map(({ path }) => (path === undefined ? undefined : files.get(path)));
  const known = made.get(manifest);
  if (known?.bytes.every((file, index) => file === bytes[index])) return known.library;
  const library = read(manifest, bytes);
  made.set(manifest, { bytes, library });
  return library;
}

function read(manifest: Sound, bytes: readonly (Uint8Array | undefined)[]): Library {
  const texts = new Map<string, LibraryText | undefined>();
  const findings: PlacedFinding[] = [];
  const problems: Problem[] = [];
  for (const [key, written] of Object.entries(objectAt(objectAt(manifest.content.manifest, 'spec'), 'prompts'))) {
    const text = inPlace(written);
    if (text !== undefined) {
      const path = ['spec', 'prompts', key, ...(typeof written === 'string' ? [] : ['text'])];
      texts.set(key, textOf(promptInPlace(text, { document: manifest.document, path })));
      continue;
    }
    texts.set(key, undefined);
    const index = manifest.content.files.findIndex(({ at }) => at[2] === key);
    const need = manifest.content.files[index];
    if (need === undefined) continue;
    const content = bytes[index];
    const fault = fileFinding(need, content);
    if (fault !== undefined) findings.push({ path: need.at, finding: fault });
    if (fault !== undefined || content === undefined) continue;
    const prompt = promptInFile({ path: need.path ?? '', bytes: content }, manifest.address);
    problems.push(...prompt.problems);
    texts.set(key, textOf(prompt));
  }
  return { manifest, texts, findings, problems };
}

function inPlace(written: Json | undefined): string | undefined {
  if (typeof written === 'string') return written;
  const text = objectAt({ written: written ?? null }, 'written')['text'];
  return typeof text === 'string' ? text : undefined;
}

function textOf(prompt: Prompt): LibraryText | undefined {
  if (prompt.problems.some(({ severity }) => severity === 'error')) return undefined;
  return { ...prompt, fragment: withoutLastBreaks(prompt.parts) };
}

function withoutLastBreaks(parts: readonly PromptPart[]): readonly PromptPart[] {
  const last = parts.at(-1);
  if (last?.kind !== 'text' || !last.text.endsWith('\n')) return parts;
  let end = last.text.length;
  while (last.text[end - 1] === '\n') end -= 1;
  const kept = last.text.slice(0, end);
  return kept === '' ? parts.slice(0, -1) : [...parts.slice(0, -1), { kind: 'text', text: kept }];
}
