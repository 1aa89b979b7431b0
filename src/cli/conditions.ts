import type { ConditionRecord, SuspensionRecord } from '../api/operations-sync.ts';
import { neutral } from '../manifest/neutral.ts';

/** The first stage that did not pass says why the later ones did not; what is beside them is said as well. */
export function conditionLines(conditions: readonly ConditionRecord[]): readonly string[] {
  const wrong = conditions.filter(isWrong);
  const stages = wrong.filter(({ type, reason }) => type !== 'Drifted' && reason !== 'Blocked');
  const beside = wrong.filter(({ type }) => type === 'Drifted');
  return [...stages, ...beside].map(conditionLine);
}

export function conditionLine({ type, status, reason, message, commit, since }: ConditionRecord): string {
  const at = commit === undefined ? '' : ` @ ${commit.slice(0, 7)}`;
  const why = message === '' ? '' : `: ${neutral(message)}`;
  return `${type} ${status === 'Unknown' ? 'unknown' : status === 'True' ? 'yes' : 'no'}, ${reason}${at} since ${since}${why}`;
}

export function suspensionLine({ by, reason, at, until }: SuspensionRecord): string {
  const end = until === undefined ? 'until somebody resumes it' : `until ${until}`;
  return `sync is suspended by ${neutral(by)} at ${at} ${end}: ${neutral(reason)}`;
}

/** Drift is the one that is wrong when it is true. */
function isWrong({ type, status }: ConditionRecord): boolean {
  return type === 'Drifted' ? status === 'True' : status === 'False';
}
