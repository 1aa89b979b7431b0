import type { Document } from './document.ts';
import { isJsonObject, type Json, type JsonObject } from './json.ts';
import { objectAt } from './manifest-reference.ts';
import type { Problem } from './problem.ts';
import { promptInPlace } from './prompt.ts';
import type { Kind } from './resource.ts';
import type { Path } from './text.ts';

/** What is wrong with the prompts that stand in a manifest, each by itself. */
export function promptProblems(kind: Kind, spec: JsonObject, document: Document): readonly Problem[] {
  const problems: Problem[] = [];
  for (const { path, text } of promptsIn(kind, spec))
    problems.push(...promptInPlace(text, { document, path }).problems);
  return problems;
}

function promptsIn(kind: Kind, spec: JsonObject): readonly { readonly path: Path; readonly text: string }[] {
  if (kind === 'Agent') return textAt(spec['prompt'], ['spec', 'prompt']);
  if (kind !== 'PromptLibrary') return [];
  return Object.entries(objectAt(spec, 'prompts')).flatMap(([key, written]) => {
    const path = ['spec', 'prompts', key];
    return isJsonObject(written) ? textAt(written['text'], [...path, 'text']) : textAt(written, path);
  });
}

function textAt(value: Json | undefined, path: Path) {
  // An empty one is reported as too short.
  return typeof value === 'string' && value !== '' ? [{ path, text: value }] : [];
}
