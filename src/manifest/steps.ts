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

/** Every value that the steps lead to. */
export function visitSteps(value: Json, { steps, path }: Rest, found: (value: Json, path: Path) => void): void {
  const [step, ...rest] = steps;
  if (step === undefined) return found(value, path);
  if (step === '[]') {
    if (isJsonList(value))
      for (const [index, entry] of value.entries()) visitSteps(entry, { steps: rest, path: [...path, index] }, found);
    return;
  }
  if (!isJsonObject(value)) return;
  for (const key of step === '*' ? Object.keys(value) : [step]) {
    const member = value[key];
    if (member !== undefined) visitSteps(member, { steps: rest, path: [...path, key] }, found);
  }
}
