import { classMeaning } from '../plan/class-meaning.ts';
import type { Change, FieldChange } from '../plan/change.ts';
import type { Colors } from './terminal.ts';
import { neutral } from '../manifest/neutral.ts';
import { truncate } from './terminal.ts';

/** What live holds that the applied revision does not say, from the revision's value to the live one. */
export function renderDrift(environment: string, drift: readonly Change[], colors: Colors): string {
  if (drift.length === 0) return `No drift. ${environment} is what its revision says.`;
  const blocks = drift.map((change) => renderChange(change, colors));
  const noun = drift.length === 1 ? 'resource has' : 'resources have';
  const cure = [
    'What runs is what revision and bundle say: a row edited by hand takes no effect. Two ways out:',
    '  pawl drift heal     puts back what Git says (so does the next `pawl apply`)',
    '  pawl drift accept   writes what is live into the manifests, for a commit',
  ].join('\n');
  return [
    `${colors.bold('Drift')}: ${drift.length} ${noun} moved behind pawl's back in ${environment}.`,
    '',
    ...blocks,
    cure,
  ].join('\n');
}

function renderChange(change: Change, colors: Colors): string {
  const head = `  ${colors.yellow('!')} ${colors.bold(change.address)}  ${classMeaning[change.class]}`;
  const lines = change.reason === undefined ? [head] : [head, colors.dim(`      # (${neutral(change.reason)})`)];
  for (const field of change.fields) lines.push(renderField(field));
  return `${lines.join('\n')}\n`;
}

function renderField(field: FieldChange): string {
  if (field.sensitive) return `      ${field.path}: (sensitive) changed`;
  return `      ${field.path}: ${valueText(field.before)} -> ${valueText(field.after)}`;
}

function valueText(value: FieldChange['before']): string {
  return value === undefined ? '(absent)' : truncate(neutral(JSON.stringify(value)), 60);
}
