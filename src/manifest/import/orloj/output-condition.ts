import { RE2JS } from 're2js';
import type { ForeignNode } from '../foreign.ts';
import type { Answer } from './agent-answer.ts';
import { holds, quoted } from './cel-text.ts';
import { comparisons, pathCondition } from './output-path.ts';

/**
 * The condition as CEL over the output that `read` gives: all that is written holds. Where pawl cannot ask exactly
 * this, it is refused at its place, and the result is undefined.
 */
export function conditionOf(condition: ForeignNode, answer: Answer, read = 'output'): string | undefined {
  const parts: string[] = [];
  let isWhole = true;
  const add = (part: string | undefined): void => {
    if (part === undefined) isWhole = false;
    else parts.push(part);
  };
  for (const name of ['output_contains', 'output_not_contains', 'output_matches'] as const) {
    const node = condition.get(name);
    const text = node.text() ?? '';
    if (text !== '') add(textCondition(node, { name, text, read }, answer));
  }
  const path = condition.get('output_json_path');
  if ((path.text() ?? '') !== '') for (const part of pathCondition(condition, answer, read)) add(part);
  else ignoreComparisons(condition);
  if (!isWhole) return undefined;
  return parts.length === 0 ? 'true' : parts.join(' && ');
}

function ignoreComparisons(condition: ForeignNode): void {
  for (const name of comparisons) {
    const node = condition.get(name);
    if (node.exists) node.ignore('Without `output_json_path` Orloj compares nothing with it.');
  }
}

interface Asked {
  readonly name: 'output_contains' | 'output_not_contains' | 'output_matches';
  readonly text: string;
  readonly read: string;
}

function textCondition(node: ForeignNode, { name, text, read }: Asked, answer: Answer): string | undefined {
  if (answer.kind !== 'text') {
    const what = answer.kind === 'json' ? 'JSON, by its `output_schema`' : 'what its first tool gives';
    const message = `The answer of the agent is ${what}: it has no text that words are looked for in.`;
    node.refuse({ message, help: 'Ask with `output_json_path`.' });
    return undefined;
  }
  if (name === 'output_matches') {
    if (isPattern(text)) return `re2(${read}, ${quoted(text)})`;
    node.refuse({ code: 'import.schema', message: 'This is no regular expression of Go.' });
    return undefined;
  }
  return name === 'output_contains' ? holds(read, text) : `!${holds(read, text)}`;
}

function isPattern(text: string): boolean {
  try {
    RE2JS.compile(text);
    return true;
  } catch {
    // The library says only by throwing that it is none.
    return false;
  }
}
