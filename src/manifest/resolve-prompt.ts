import type { Files, PlacedFinding, Sound } from './estate.ts';
import { fileFinding } from './file-finding.ts';
import type { JsonObject } from './json.ts';
import { promptBytesMax } from './limits.ts';
import { objectAt } from './manifest-reference.ts';
import { didYouMean } from './nearest.ts';
import type { Problem } from './problem.ts';
import { promptInFile, promptInPlace, type Prompt } from './prompt.ts';
import { type Fragments, tooLong } from './prompt-fragments.ts';
import type { Library } from './prompt-library.ts';
import { type FragmentPart, type PromptPart, writePrompt } from './prompt-template.ts';
import type { Finding } from './text.ts';

/** The prompt of an agent with its fragments taken in, and its placeholders left for the values of a run. */
export interface AgentPrompt {
  /** Whether nothing in it is wrong. */
  readonly usable: boolean;
  /** An agent that does not run in pawl may have none. */
  readonly text: string | undefined;
  /** In the manifest. */
  readonly findings: readonly PlacedFinding[];
  /** In the manifest too, or in the prompt's file. */
  readonly problems: readonly Problem[];
  /** What the prompt itself names; these may come to mean something else when a library changes. */
  readonly fragments: readonly Pick<FragmentPart, 'library' | 'key'>[];
  /** Every library that has a text in the prompt. */
  readonly libraries: ReadonlySet<Library>;
}

/** Reads an agent's prompt from where its manifest says that it is. */
export function agentPrompt(manifest: Sound, files: Files, fragments: Fragments): AgentPrompt {
  return new Reading(manifest, fragments).read(files);
}

class Reading {
  readonly #manifest: Sound;
  readonly #spec: JsonObject;
  readonly #fragments: Fragments;
  readonly #findings: PlacedFinding[] = [];
  readonly #problems: Problem[] = [];
  readonly #named: Pick<FragmentPart, 'library' | 'key'>[] = [];
  readonly #libraries = new Set<Library>();
  /** Inputs that the prompt shows. */
  readonly #shown = new Set<string>();
  /** What texts of libraries show and the agent does not declare. */
  readonly #undeclared = new Set<string>();
  #bytes = 0;
  #broken = false;

  constructor(manifest: Sound, fragments: Fragments) {
    this.#manifest = manifest;
    this.#spec = objectAt(manifest.content.manifest, 'spec');
    this.#fragments = fragments;
  }

  read(files: Files): AgentPrompt {
    const parts = this.#parts(files);
    if (!this.#broken) this.#reportUnused();
    return {
      usable: !this.#broken,
      text: parts === undefined ? undefined : writePrompt(parts),
      findings: this.#findings,
      problems: this.#problems,
      fragments: this.#named,
      libraries: this.#libraries,
    };
  }

  #parts(files: Files): readonly PromptPart[] | undefined {
    const { prompt, promptRef } = this.#spec;
    if (typeof prompt === 'string') {
      const { document } = this.#manifest;
      return this.#expand(promptInPlace(prompt, { document, path: ['spec', 'prompt'] }));
    }
    if (promptRef !== undefined) return this.#reference(objectAt(this.#spec, 'promptRef'));
    const [need] = this.#manifest.content.files;
    if (need === undefined) return undefined;
    const bytes = need.path === undefined ? undefined : files.get(need.path);
    const fault = fileFinding(need, bytes);
    if (fault !== undefined) this.#findings.push({ path: need.at, finding: fault });
    this.#broken = fault !== undefined || bytes === undefined;
    if (fault !== undefined || bytes === undefined) return undefined;
    const read = promptInFile({ path: need.path ?? '', bytes }, this.#manifest.address);
    this.#problems.push(...read.problems);
    this.#broken = read.problems.some(({ severity }) => severity === 'error');
    return this.#broken ? undefined : this.#expand(read);
  }

  /** What is wrong with a text of a library is said at the reference: the text is right for other agents. */
  #reference({ library, key }: JsonObject): readonly PromptPart[] | undefined {
    if (typeof library !== 'string' || typeof key !== 'string') return undefined;
    const named = { library, key };
    this.#named.push(named);
    const taken = this.#fragments.take(named, this.#manifest);
    const say = (finding: Finding): void => {
      this.#broken = true;
      // A library that is missing or not shared is said where all references are.
      if (finding.code !== 'reference.missing' && finding.code !== 'reference.not_shared')
        this.#findings.push({ path: ['spec', 'promptRef', 'key'], finding });
    };
    if (taken.kind === 'finding') say(taken.finding);
    this.#broken ||= taken.kind !== 'text';
    if (taken.kind !== 'text') return undefined;
    const parts: PromptPart[] = [];
    this.#copy(taken.text.parts, { from: taken.library, into: parts, say });
    return parts;
  }

  #expand(prompt: Prompt): readonly PromptPart[] {
    const parts: PromptPart[] = [];
    for (const part of prompt.parts) {
      const say = (finding: Finding): void => {
        this.#broken = true;
        if (part.kind !== 'text')
          this.#problems.push(prompt.problemOn(part, { ...finding, address: this.#manifest.address }));
      };
      if (part.kind === 'text') {
        this.#grow(Buffer.byteLength(part.text), () => {
          this.#broken = true;
          this.#problems.push(
            prompt.problemOn({ start: 0, end: 0 }, { ...tooLong(), address: this.#manifest.address }),
          );
        });
        parts.push(part);
      } else if (part.kind === 'input') {
        this.#show(part.name, undefined, say);
        parts.push(part);
      } else {
        const { library, key } = part;
        this.#named.push({ library, key });
        const taken = this.#fragments.take(part, this.#manifest);
        if (taken.kind === 'broken') {
          this.#broken = true;
          if (taken.library !== undefined) this.#libraries.add(taken.library);
        }
        if (taken.kind === 'finding') say(taken.finding);
        if (taken.kind === 'text' && this.#grow(taken.bytes, () => say(tooLong())))
          this.#copy(taken.text.fragment, { from: taken.library, into: parts, say });
      }
    }
    return parts;
  }

  /** The pieces of a library's text, which was measured: its depth and its size have their limits. */
  #copy(
    text: readonly PromptPart[],
    copy: { readonly from: Library; readonly into: PromptPart[]; readonly say: (finding: Finding) => void },
  ): void {
    this.#libraries.add(copy.from);
    for (const part of text) {
      if (part.kind === 'input') this.#show(part.name, copy.from, copy.say);
      if (part.kind !== 'fragment') {
        copy.into.push(part);
        continue;
      }
      const taken = this.#fragments.take(part, copy.from.manifest);
      if (taken.kind === 'text') this.#copy(taken.text.fragment, { ...copy, from: taken.library });
      else this.#broken = true;
    }
  }

  #grow(bytes: number, tooMuch: () => void): boolean {
    const before = this.#bytes;
    this.#bytes += bytes;
    if (this.#bytes <= promptBytesMax) return true;
    // Said once: what follows is too much as well.
    if (before <= promptBytesMax) tooMuch();
    return false;
  }

  #show(name: string, from: Library | undefined, say: (finding: Finding) => void): void {
    if (this.#shown.has(name)) return;
    const inputs = objectAt(this.#spec, 'inputs');
    if (Object.hasOwn(inputs, name)) {
      this.#shown.add(name);
      return;
    }
    if (from !== undefined && this.#undeclared.has(name)) return;
    if (from !== undefined) this.#undeclared.add(name);
    const where = from === undefined ? 'The prompt' : `A text of ${from.manifest.address}`;
    const near = didYouMean(name, Object.keys(inputs));
    say({
      code: 'prompt.undeclared',
      message: `${where} shows \`{{ ${name} }}\`, and the agent declares no input of this name.`,
      help: near ?? `Declare \`${name}\` under \`inputs\`, or write \`\\{{\` for the characters themselves.`,
    });
  }

  #reportUnused(): void {
    for (const name of Object.keys(objectAt(this.#spec, 'inputs'))) {
      if (this.#shown.has(name)) continue;
      const message = `The prompt never shows the input \`${name}\`.`;
      const help = `Write \`{{ ${name} }}\` where its value belongs, or remove the input.`;
      const finding: Finding = { part: 'key', code: 'prompt.unused_input', severity: 'warning', message, help };
      this.#findings.push({ path: ['spec', 'inputs', name], finding });
    }
  }
}
