import type { ConditionRecord, SuspensionRecord } from '../api/operations-sync.ts';
import { conditionReasons } from '../controller/condition-reasons.ts';
import { neutral } from '../manifest/neutral.ts';

/** Where somebody looks, or what they type, who wants it otherwise; `{}` stands for the environment. */
const ways: Readonly<Record<string, string>> = {
  SourceReady: 'pawl doctor',
  'SourceReady/Claimed': 'pawl sync claim --env {}, if it has moved here',
  Planned: 'pawl plan --env {}',
  'Planned/Conflict': 'pawl plan --env {}, and pawl drift --env {}',
  'Planned/Superseded': 'pawl sync --env {}',
  Gated: 'pawl plan --env {}',
  'Gated/NonFastForward': 'pawl plan --env {}; if the new history is meant, pawl apply --env {}',
  'Gated/Quarantined': 'pawl quarantine list --env {}',
  Applied: 'pawl plan --env {}',
  'Applied/ManualApply': 'pawl apply --env {}',
  'Applied/Suspended': 'pawl sync resume --env {}',
  'Applied/OutsideWindow': 'pawl apply --env {} --outside-window REASON, if it cannot wait',
  Healthy: 'pawl top --env {}',
  'Healthy/NoWorkers': 'pawl get workers',
  'Healthy/RolledBack': 'pawl history --env {}',
  Drifted: 'pawl drift --env {}',
  'Drifted/PinsMoved': 'pawl drift --env {}, and pawl mcp diff',
};

/** Of whom the conditions are, and what is live there. */
export interface Standing {
  readonly environment: string;
  readonly live: string | undefined;
}

/**
 * Why the head of the branch is not live, or is not well, in words: first what it means, then what exactly, then what
 * to type. Of the stages it is the first that did not pass; what is beside them is said as well.
 */
export function conditionLines(conditions: readonly ConditionRecord[], standing: Standing): readonly string[] {
  const wrong = conditions.filter(isWrong).filter(({ reason }) => reason !== 'Blocked');
  return wrong.flatMap((condition) => {
    const { type, reason, message, since } = condition;
    const way = (ways[`${type}/${reason}`] ?? ways[type] ?? '').replaceAll('{}', standing.environment);
    const exactly = message === '' ? [] : [`    ${neutral(message)}`];
    return [
      `${leadOf(condition, standing)}${meaningOf(condition)}`,
      ...exactly,
      `    ${type} ${reason} since ${since}; see ${way}`,
    ];
  });
}

/** All stages in their order: what each last looked at, and what it found. */
export function conditionRows(conditions: readonly ConditionRecord[]): readonly (readonly string[])[] {
  return conditions.map((condition) => [
    condition.type,
    stateOf(condition),
    condition.reason,
    condition.commit?.slice(0, 7) ?? '-',
    isWrong(condition) ? '' : neutral(condition.message),
  ]);
}

export function suspensionLine({ by, reason, at, until }: SuspensionRecord): string {
  const end = until === undefined ? 'until somebody resumes it' : `until ${until}`;
  return `sync is suspended by ${neutral(by)} at ${at} ${end}: ${neutral(reason)}`;
}

/** Drift is the one that is wrong when it is true. */
export function isWrong({ type, status }: ConditionRecord): boolean {
  return type === 'Drifted' ? status === 'True' : status === 'False';
}

function stateOf(condition: ConditionRecord): string {
  if (condition.status === 'Unknown') return 'unknown';
  if (condition.reason === 'Blocked') return 'waits';
  return isWrong(condition) ? 'no' : 'ok';
}

function leadOf({ type, commit }: ConditionRecord, { live }: Standing): string {
  if (type === 'Healthy' || type === 'Drifted') return '';
  if (type === 'SourceReady' || commit === undefined || commit === live) return 'New commits do not go live. ';
  return `${commit.slice(0, 7)} is not live. `;
}

function meaningOf({ type, reason, message }: ConditionRecord): string {
  const known: Readonly<Record<string, string>> = conditionReasons[type];
  // A server that is newer than this command may say what is not known here.
  return known[reason] ?? (message === '' ? `${type} is ${reason}.` : '');
}
