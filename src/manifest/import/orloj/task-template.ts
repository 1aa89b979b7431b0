import type { Json, JsonObject } from '../../json.ts';
import { shownText } from '../../shown.ts';
import type { Conversion } from '../conversion.ts';
import type { ForeignNode } from '../foreign.ts';
import { given } from '../given.ts';
import { foreignKey } from '../foreign-estate.ts';
import { orlojName } from './orloj-name.ts';
import { routeGraphOf } from './route-graph.ts';
import { taskRetry } from './task-retry.ts';

/** What a task says of a run, as pawl's template of one; `without` names inputs that something else gives. */
export function taskTemplate(task: ForeignNode, conversion: Conversion): JsonObject {
  // The system of the task has read them: they are of its graph.
  task.get('message_retry').json();
  const { namespace = task.document.namespace, name } = orlojName(task.get('system').text() ?? '');
  const systemRef = conversion.refer(task.get('system'), {
    kinds: ['AgentSystem'],
    namespace,
    name,
    as: 'AgentSystem',
  });
  demandTurns(task, { namespace, name }, conversion);
  const input = task.get('input').textMap();
  return given({
    systemRef,
    input: Object.keys(input).length === 0 ? undefined : input,
    priority: priorityOf(task.get('priority')),
    retry: taskRetry(task),
    requires: requiresOf(task.get('requirements'), conversion),
  });
}

/** Refuses inputs that would read as expressions: a Task gives its input as it is, and has no way to write them. */
export function refuseExpressions(task: ForeignNode): void {
  for (const [, node] of task.get('input').entries()) {
    if (typeof node.value !== 'string' || !node.value.includes('${')) continue;
    node.refuse({
      message: 'In pawl `${` begins an expression, and the input of a task has none.',
      help: 'Write the text without it.',
    });
  }
}

/** The rules of Orloj for a task that starts a system. */
export function taskRules(task: ForeignNode): void {
  const system = task.get('system');
  if (typeof system.value === 'string' && system.value.trim() !== '') return;
  if (task.get('mode').value === 'template' && !system.exists) return;
  task.refuse({ code: 'import.schema', message: 'The task names no `system`.' });
}

function demandTurns(
  task: ForeignNode,
  { namespace, name }: { readonly namespace: string; readonly name: string },
  { estate }: Conversion,
): void {
  const node = task.get('max_turns');
  const turns = node.number() ?? 0;
  const system = estate.find(foreignKey('AgentSystem', namespace, name), task.document);
  if (turns > 0 || system === undefined || system.isRefused || !routeGraphOf(system).isCyclic) return;
  const message = `Orloj does not start a task of \`${shownText(name)}\`, which has a cycle, without \`max_turns\`.`;
  (node.exists ? node : task).refuse({ code: 'import.schema', message, help: 'Say how many steps a branch may take.' });
}

/** Words that people use; Orloj reads none of them. */
const priorities: Readonly<Record<string, number>> = {
  lowest: 1,
  low: 3,
  normal: 5,
  medium: 5,
  default: 5,
  high: 7,
  highest: 8,
  urgent: 9,
  critical: 9,
};

function priorityOf(node: ForeignNode): Json | undefined {
  const written = node.text()?.trim().toLowerCase() ?? '';
  if (written === '' || written === 'normal') return undefined;
  const number = /^[0-9]$/.test(written) ? Number(written) : undefined;
  const priority = number ?? (Object.hasOwn(priorities, written) ? priorities[written] : undefined);
  const taken = priority === undefined ? 'is not known, and 5 is taken' : `is ${priority}`;
  const message = `Orloj never reads the priority; in pawl runs of a higher one start first. \`${shownText(written)}\` ${taken}.`;
  node.flag('import.stricter', message);
  return priority;
}

function requiresOf(node: ForeignNode, { estate }: Conversion): JsonObject | undefined {
  const region = node.get('region').text()?.trim() ?? '';
  const model = node.get('model').text()?.trim() ?? '';
  const gpu = node.get('gpu').boolean();
  const plain = region === '' ? undefined : estate.plainName(region);
  if (plain !== undefined && plain !== region)
    node.get('region').flag('import.renamed', `The region is \`${plain}\` in pawl; name it so in pools too.`);
  const requires = given({
    region: plain,
    gpu: gpu === true ? true : undefined,
    model: model === '' ? undefined : model,
  });
  return Object.keys(requires).length === 0 ? undefined : requires;
}
