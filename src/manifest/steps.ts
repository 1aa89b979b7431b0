import { isJsonList, isJsonObject, type Json } from './json.ts';
import type { Path } from './text.ts';

/** The steps of `tools[].toolRef` or `graph.*.agentRef`: names, `*` for each member of a map, `[]` for each entry. */
export function stepsOf(path: string): readonly string[] {
  return path.replaceAll('[]', '.[]').split('.');
}

export interface Rest {
  readonly steps: readonly string[];
  /** What has been walked. */
  readonly path: Path;
}

/** Every value that the steps lead to. Most fields lead nowhere: a path is made of what is found alone. */
export function visitSteps(value: Json, rest: Rest, found: (value: Json, path: Path) => void): void {
  walk(value, 0, { steps: rest.steps, path: [...rest.path], found });
}

interface Walk {
  readonly steps: readonly string[];
  readonly path: (string | number)[];
  readonly found: (value: Json, path: Path) => void;
}

function walk(value: Json, at: number, walked: Walk): void {
  const { steps, path, found } = walked;
  const step = steps[at];
  if (step === undefined) return found(value, [...path]);
  const into = (key: string | number, member: Json | undefined): void => {
    if (member === undefined) return;
    path.push(key);
    walk(member, at + 1, walked);
    path.pop();
  };
  if (step === '[]') {
    if (isJsonList(value)) for (const [index, entry] of value.entries()) into(index, entry);
    return;
  }
  if (!isJsonObject(value)) return;
  if (step !== '*') return into(step, value[step]);
  for (const key of Object.keys(value)) into(key, value[key]);
}
