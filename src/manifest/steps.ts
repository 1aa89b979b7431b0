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
  walk(value, { steps: rest.steps, from: rest.path.length, path: [...rest.path], found });
}

interface Walk {
  readonly steps: readonly string[];
  /** What was walked before the first step. */
  readonly from: number;
  readonly path: (string | number)[];
  readonly found: (value: Json, path: Path) => void;
}

function walk(value: Json, walked: Walk): void {
  const { steps, from, path, found } = walked;
  const step = steps[path.length - from];
  if (step === undefined) return found(value, [...path]);
  if (step === '[]') {
    if (isJsonList(value)) for (let index = 0; index < value.length; index += 1) enter(index, value[index], walked);
    return;
  }
  if (!isJsonObject(value)) return;
  if (step !== '*') return enter(step, value[step], walked);
  for (const key of Object.keys(value)) enter(key, value[key], walked);
}

// A function of its own: one made at each step of each field of ten thousand manifests was 50 MB for the collector.
function enter(key: string | number, member: Json | undefined, walked: Walk): void {
  if (member === undefined) return;
  walked.path.push(key);
  walk(member, walked);
  walked.path.pop();
}
