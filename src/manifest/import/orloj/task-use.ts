import { isJsonObject } from '../../json.ts';
import type { ForeignDocument, ForeignNode } from '../foreign.ts';
import type { ForeignEstate } from '../foreign-estate.ts';
import { isOrloj, orlojName, sameName } from './orloj-name.ts';

/** The fields of every task of the files that starts the system: of Tasks, and of templates inside of what starts them. */
export function tasksOf(system: ForeignDocument, { documents }: ForeignEstate): readonly ForeignNode[] {
  return [...documents.keys()].flatMap((document) => {
    if (document.isRefused) return [];
    const task = taskOf(document);
    const { value } = task?.get('system') ?? {};
    if (task === undefined || typeof value !== 'string') return [];
    const { namespace = document.namespace, name } = orlojName(value);
    return namespace === system.namespace && sameName(name, system.name) ? [task] : [];
  });
}

function taskOf(document: ForeignDocument): ForeignNode | undefined {
  if (isOrloj(document, 'Task')) return document.spec;
  if (!isOrloj(document, 'TaskSchedule') && !isOrloj(document, 'TaskWebhook')) return undefined;
  const template = document.spec.get('task_template');
  return isJsonObject(template.value) ? template : undefined;
}
