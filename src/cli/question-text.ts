import { stringify } from 'yaml';
import type { QuestionRecord } from '../api/operations-answer.ts';
import { neutral } from '../manifest/neutral.ts';
import { approversText } from '../plan/approvers.ts';
import type { Shown } from './approval-text.ts';

/** Who is asked, in words. */
export function asksText({ assignees, min }: Pick<QuestionRecord, 'assignees' | 'min'>): string {
  return approversText({ ...assignees, min });
}

/** One question in full: what is to be decided on, exactly, and what may be said. */
export function questionText(question: QuestionRecord, { isAskedHere = false }: Shown = {}): string {
  const { run, system, place, kind, dueAt, tool, shown, form, votes, answered } = question;
  const lines = [
    `run ${run} of ${neutral(system)} asks at ${neutral(place)}`,
    `  of      ${neutral(asksText(question))}`,
    ...(tool === undefined
      ? []
      : [`  tool    ${neutral(tool.name)}, called by ${neutral(tool.by)}`, indented(tool.asks)]),
    ...(dueAt === undefined ? [] : [`  until   ${dueAt}`]),
    ...votes.map(({ by, as, at }) => `  ${wordOf(as)} by ${neutral(by)} at ${at}`),
    ...(answered === undefined && !isAskedHere ? [`  answer  ${neutral(howTo(question))}`] : []),
    ...(answered === undefined ? [] : [`  answered by ${neutral(answered.by)} at ${answered.at}`]),
    kind === 'human' ? '  shown:' : '  output:',
    indented(bodyText(shown)),
    ...(form === undefined || answered !== undefined ? [] : ['  form:', indented(bodyText(form))]),
  ];
  return lines.join('\n');
}

function howTo({ run, place, kind, form, changesLeft }: QuestionRecord): string {
  const start = `pawl answer ${run} ${place}`;
  if (kind === 'review')
    return `${start} --approve | --deny REASON${(changesLeft ?? 0) > 0 ? ' | --changes TEXT' : ''}`;
  return form?.['type'] === 'string' ? `${start} --text ANSWER` : `${start} -i KEY=VALUE | --form FILE`;
}

function wordOf(as: string): string {
  if (as === 'approve') return 'approved';
  return as === 'deny' ? 'denied' : as === 'changes' ? 'changes wanted' : 'filled in';
}

function bodyText(value: unknown): string {
  return typeof value === 'string' ? value : stringify(value).trimEnd();
}

function indented(text: string): string {
  return text
    .split('\n')
    .map((line) => `    ${neutral(line)}`)
    .join('\n');
}
