import type { Estate, Report, Sound } from './estate.ts';
import { type Misfit, misfitOf } from './expression-fit.ts';
import { typeOfSchema, typeOfValue } from './expression-schema.ts';
import { isJsonObject, type Json, type JsonObject } from './json.ts';
import { listAt, objectAt } from './manifest-reference.ts';
import { qualify } from './reference.ts';
import type { Kind } from './resource.ts';
import { shownText } from './shown.ts';
import type { Finding, Path } from './text.ts';

/** What tasks, schedules, webhooks and evals give to a system must fit the schema of its input. */
export function workInputFindings(estate: Estate, report: Report): void {
  for (const kind of workKinds) {
    for (const work of estate.byKind.get(kind) ?? []) checkWork(work, estate, report);
  }
}

const workKinds: readonly Kind[] = ['Task', 'TaskSchedule', 'TaskWebhook', 'Eval'];

interface WorkInput {
  readonly path: Path;
  readonly systemRef: Json | undefined;
  readonly input: Json | undefined;
}

function checkWork(work: Sound, estate: Estate, report: Report): void {
  for (const { path, systemRef, input } of inputsOf(work)) {
    if (typeof systemRef !== 'string' || input === undefined || isTemplate(input)) continue;
    const address = `AgentSystem/${qualify(systemRef, work.identity.namespace)}`;
    const system = estate.known.get(address)?.content?.manifest;
    const schema = system === undefined ? undefined : objectAt(objectAt(system, 'spec'), 'input')['schema'];
    if (!isJsonObject(schema)) continue;
    const misfit = misfitOf(typeOfValue(input), typeOfSchema(schema));
    if (misfit?.isCertain === true) report(work, placeOf(misfit, path), findingOf(misfit, address));
  }
}

function inputsOf({ identity, content }: Sound): readonly WorkInput[] {
  const spec = objectAt(content.manifest, 'spec');
  if (identity.kind === 'Eval') {
    return listAt(spec, 'cases').map((one, index) => ({
      path: ['spec', 'cases', index, 'input'],
      systemRef: spec['systemRef'],
      input: isJsonObject(one) ? one['input'] : undefined,
    }));
  }
  if (identity.kind === 'Task') return [taskInput(spec, ['spec', 'input'])];
  const inline = taskInput(objectAt(spec, 'task'), ['spec', 'task', 'input']);
  // What a webhook says of the input stands in place of the task's.
  const own = spec['input'];
  return own === undefined ? [inline] : [{ ...inline, path: ['spec', 'input'], input: own }];
}

function taskInput(task: JsonObject, path: Path): WorkInput {
  return { path, systemRef: task['systemRef'], input: task['input'] };
}

/** An input with expressions is known only when the work begins. */
function isTemplate(input: Json): boolean {
  return JSON.stringify(input).includes('${');
}

/** The field itself where it is written; what is missing is missing in what is around it. */
function placeOf({ kind, at }: Misfit, path: Path): Path {
  return [...path, ...(kind === 'missing' ? at.slice(0, -1) : at)];
}

function findingOf({ kind, at, needs, gives, help }: Misfit, system: string): Finding {
  const field = shownText(['input', ...at].join('.'));
  if (kind === 'missing') {
    const message = `\`${field}\`, which ${system} needs, is missing.`;
    return { part: 'key', code: 'work.input', message, help: `Give it: ${needs}.` };
  }
  if (kind === 'unknown') {
    const message = `\`${field}\` is no input of ${system}.`;
    return { part: 'key', code: 'work.input', message, help: help ?? 'Remove it.' };
  }
  const message = `\`${field}\` of ${system} must be ${needs}; it is ${shownGift(gives)}.`;
  return { code: 'work.input', message, help: "Give it a value that the system's `input.schema` allows." };
}

/** A text may be anything, a secret too: it is not repeated. */
function shownGift(gives = 'something else'): string {
  return gives.includes('"') ? 'a text' : gives;
}
