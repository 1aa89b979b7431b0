import type { Document, SourceFile } from './document.ts';
import { problemWithin } from './position.ts';
import type { Problem } from './problem.ts';
import { parsePrompt, type PromptPart } from './prompt-template.ts';
import { secretKind, secretOffset } from './secret-literal.ts';
import { shownText } from './shown.ts';
import { decodeText, problemAt, type Finding, type Path } from './text.ts';

/** A prompt, or a text of a library, and where it was written. */
export interface Prompt {
  readonly parts: readonly PromptPart[];
  /** What is wrong with it by itself. */
  readonly problems: readonly Problem[];
  /** Something wrong with a stretch of it, in the file where that stands. */
  readonly problemOn: (stretch: Stretch, finding: Finding) => Problem;
}

export interface Stretch {
  readonly start: number;
  readonly end: number;
}

/** A prompt in a field of a manifest. Secrets in manifests are looked for in the whole document. */
export function promptInPlace(text: string, at: { readonly document: Document; readonly path: Path }): Prompt {
  const problemOn = ({ start, end }: Stretch, finding: Finding): Problem => {
    const stretch = text.slice(start, end);
    const within = { text: stretch, offset: 0, occurrence: occurrencesBefore(text, stretch, start) };
    return problemWithin(at.document, at.path, { ...finding, within });
  };
  return promptOf(text, problemOn);
}

/** A prompt in a file of its own. */
export function promptInFile(file: SourceFile, address: string): Prompt {
  const { source, problems } = decodeText(file.bytes, shownText(file.path));
  const problemOn = ({ start, end }: Stretch, finding: Finding): Problem =>
    problemAt(source, [start, end], { ...finding, address });
  if (problems.length > 0) return { parts: [], problems, problemOn };
  const prompt = promptOf(source.text, problemOn);
  const secret = secretKind(source.text);
  if (secret === undefined) return prompt;
  const start = secretOffset(source.text);
  const message = `The prompt holds what looks like ${secret}.`;
  const help = 'Revoke it, and remove it from the prompt.';
  const leaked = problemAt(source, start, { code: 'manifest.secret_literal', message, help, address });
  return { ...prompt, problems: [...prompt.problems, leaked] };
}

function promptOf(text: string, problemOn: Prompt['problemOn']): Prompt {
  const { parts, faults } = parsePrompt(text);
  const problems = faults.map((fault) =>
    problemOn(fault, { code: 'prompt.syntax', message: fault.message, help: fault.help }),
  );
  const found = hidden.exec(text);
  if (found !== null)
    problems.push(problemOn({ start: found.index, end: found.index + found[0].length }, unseen(found[0])));
  if (text.trim() === '') {
    const help = 'Say what the agent is to do.';
    problems.push(
      problemOn({ start: 0, end: 0 }, { code: 'manifest.required', message: 'The prompt is empty.', help }),
    );
  }
  // What Git checks out on Windows is the same prompt.
  return { parts: parts.map(withoutReturns), problems, problemOn };
}

function withoutReturns(part: PromptPart): PromptPart {
  return part.kind === 'text' ? { kind: 'text', text: part.text.replaceAll('\r\n', '\n') } : part;
}

/** Joiners between pictographs make one emoji of several; anywhere else they cannot be seen. */
const hidden =
  /(?<!\p{Extended_Pictographic}\ufe0f?)\u200d|[\u00ad\u061c\u180e\u200b\u200c\u200e\u200f\u202a-\u202e\u2060-\u206f\ufeff\u{e0000}-\u{e007f}]|[^\P{Cc}\t\n\r]/u;

function unseen(character: string): Finding {
  const point = character.codePointAt(0) ?? 0;
  const code = `U+${point.toString(16).toUpperCase().padStart(4, '0')}`;
  const name = names[code] ?? (point >= 0xe0000 ? 'TAG' : undefined);
  return {
    code: 'prompt.hidden_character',
    severity: 'warning',
    message: `The prompt holds an invisible character (${name === undefined ? code : `${code} ${name}`}), which a model reads and a reviewer does not see.`,
    help: 'Remove it, or write what it stands for.',
  };
}

/** As Unicode calls those that are met most. */
const names: Readonly<Record<string, string>> = {
  'U+00AD': 'SOFT HYPHEN',
  'U+061C': 'ARABIC LETTER MARK',
  'U+200B': 'ZERO WIDTH SPACE',
  'U+200C': 'ZERO WIDTH NON-JOINER',
  'U+200D': 'ZERO WIDTH JOINER',
  'U+200E': 'LEFT-TO-RIGHT MARK',
  'U+200F': 'RIGHT-TO-LEFT MARK',
  'U+202A': 'LEFT-TO-RIGHT EMBEDDING',
  'U+202B': 'RIGHT-TO-LEFT EMBEDDING',
  'U+202C': 'POP DIRECTIONAL FORMATTING',
  'U+202D': 'LEFT-TO-RIGHT OVERRIDE',
  'U+202E': 'RIGHT-TO-LEFT OVERRIDE',
  'U+2060': 'WORD JOINER',
  'U+2066': 'LEFT-TO-RIGHT ISOLATE',
  'U+2067': 'RIGHT-TO-LEFT ISOLATE',
  'U+2068': 'FIRST STRONG ISOLATE',
  'U+2069': 'POP DIRECTIONAL ISOLATE',
  'U+FEFF': 'ZERO WIDTH NO-BREAK SPACE',
};

function occurrencesBefore(text: string, stretch: string, start: number): number {
  if (stretch === '') return 0;
  let count = 0;
  for (let at = text.indexOf(stretch); at >= 0 && at < start; at = text.indexOf(stretch, at + 1)) count += 1;
  return count;
}
