import { mayBeLost, type Estate, type Report, type Sound } from './estate.ts';
import { didYouMean } from './nearest.ts';
import { objectAt } from './manifest-reference.ts';
import { compareText, type Problem } from './problem.ts';
import { qualify } from './reference.ts';
import { addressOf, type EnvironmentSettings, type Kind } from './resource.ts';
import { shownText } from './shown.ts';
import { stepsOf, visitSteps } from './steps.ts';
import type { Path } from './text.ts';

/** Reports groups of people that manifests name and `pawl.yaml` does not have: nobody could ever approve. */
export function groupFindings(estate: Estate, groups: readonly string[], report: Report): void {
  for (const [kind, fields] of groupFields) {
    for (const manifest of estate.byKind.get(kind) ?? []) {
      for (const { name, path } of groupsIn(manifest, fields)) {
        if (groups.includes(name)) continue;
        const message = `There is no group \`${shownText(name)}\` in pawl.yaml.`;
        const help = didYouMean(name, groups) ?? 'Add it to `groups` of pawl.yaml, or correct the name.';
        report(manifest, path, { code: 'settings.group', message, help });
      }
    }
  }
}

/** Reports the `alerts` of an environment that go to no receiver of its own. */
export function receiverProblems(estate: Estate, alerts: NonNullable<EnvironmentSettings['alertPlaces']>): Problem[] {
  const problems: Problem[] = [];
  for (const { receiver, place } of alerts) {
    const path = qualify(receiver, 'default');
    const [namespace = '', name = ''] = path.split('/');
    const identity = { kind: 'AlertReceiver', namespace, name } as const;
    const address = addressOf(identity);
    if (estate.known.has(address)) continue;
    const reference = { ...identity, address, path: [], restricts: true };
    if (mayBeLost(reference, estate) !== undefined) continue;
    const receivers = (estate.byKind.get('AlertReceiver') ?? []).map(nameOf).sort(compareText);
    problems.push({
      code: 'reference.missing',
      severity: 'error',
      message: `AlertReceiver \`${shownText(receiver)}\` is not defined in the environment.`,
      help: didYouMean(path, receivers) ?? 'Add the AlertReceiver, or correct the name.',
      ...place,
    });
  }
  return problems;
}

function nameOf({ identity }: Sound): string {
  return `${identity.namespace}/${identity.name}`;
}

/** Where manifests name groups. */
const groupFields: readonly (readonly [Kind, readonly (readonly string[])[]])[] = [
  ['Tool', [stepsOf('human.assignees.groups[]')]],
  ['ToolPermission', [stepsOf('approval.approvers.groups[]')]],
  ['AgentPolicy', [stepsOf('approval.approvers.groups[]')]],
  ['AgentSystem', [stepsOf('graph.*.human.assignees.groups[]'), stepsOf('graph.*.review.approvers.groups[]')]],
];

interface GroupName {
  readonly name: string;
  readonly path: Path;
}

// Looked for once in each document: most of ten thousand stay the same from plan to plan.
const named = new WeakMap<Sound, readonly GroupName[]>();

function groupsIn(manifest: Sound, fields: readonly (readonly string[])[]): readonly GroupName[] {
  const known = named.get(manifest);
  if (known !== undefined) return known;
  const found: GroupName[] = [];
  for (const steps of fields) {
    visitSteps(objectAt(manifest.content.manifest, 'spec'), { steps, path: ['spec'] }, (value, path) => {
      if (typeof value === 'string') found.push({ name: value, path });
    });
  }
  named.set(manifest, found);
  return found;
}
