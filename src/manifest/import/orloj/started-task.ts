import type { Json } from '../../json.ts';
import type { Conversion } from '../conversion.ts';
import type { ForeignDocument } from '../foreign.ts';
import { orlojName } from './orloj-name.ts';
import { taskRules, taskTemplate } from './task-template.ts';

/** The task that a schedule or a webhook starts: named, or written inside. */
export function startedTask({ spec }: ForeignDocument, conversion: Conversion): Readonly<Record<string, Json>> {
  const reference = spec.get('task_ref');
  const named = reference.text()?.trim() ?? '';
  if (named === '') return { task: taskTemplate(spec.get('task_template'), conversion) };
  return { taskRef: conversion.refer(reference, { kinds: ['Task'], ...orlojName(named), as: 'Task' }) };
}

/** Exactly one of the two must be written. */
export function startedTaskRules({ spec }: ForeignDocument): void {
  const reference = spec.get('task_ref');
  const template = spec.get('task_template');
  const isNamed = typeof reference.value === 'string' && reference.value.trim() !== '';
  if (isNamed && template.exists)
    template.refuse({ code: 'import.schema', message: '`task_ref` and `task_template` exclude each other.' });
  else if (!isNamed && !template.exists)
    spec.refuse({ code: 'import.schema', message: 'Either `task_ref` or `task_template` is needed.' });
  else if (template.exists) taskRules(template);
}
