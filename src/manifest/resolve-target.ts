import type { Json, JsonObject } from './json.ts';
import { objectAt } from './manifest-reference.ts';
import type { Estate, Report, Sound } from './estate.ts';

/** Warns of policies that reach nobody: one of their lists names nothing that the environment holds. */
export function targetFindings(estate: Estate, report: Report): void {
  const policies = estate.byKind.get('AgentPolicy') ?? [];
  if (policies.length === 0) return;
  const subjects = subjectsOf(estate);
  for (const policy of policies) {
    const targets = objectAt(objectAt(policy.content.manifest, 'spec'), 'targets');
    const list = emptyList(targets, subjects);
    if (list === undefined) continue;
    const message = `The policy reaches nobody: \`targets.${list}\` names no agent or system of this environment.`;
    report(policy, ['spec', 'targets', list], {
      code: 'policy.targets_nothing',
      severity: 'warning',
      message,
      help: 'Correct the targets, or remove the policy.',
    });
  }
}

interface Subjects {
  readonly namespaces: ReadonlySet<string>;
  /** By `key=value`, who has the label. */
  readonly labelled: ReadonlyMap<string, ReadonlySet<Sound>>;
  /** What was asked before: thousands of policies may name the same labels. */
  readonly held: Map<string, boolean>;
}

function subjectsOf(estate: Estate): Subjects {
  const namespaces = new Set<string>();
  const labelled = new Map<string, Set<Sound>>();
  for (const manifest of estate.sound) {
    const { kind, namespace } = manifest.identity;
    if (kind !== 'Agent' && kind !== 'AgentSystem') continue;
    namespaces.add(namespace);
    for (const [key, value] of Object.entries(objectAt(objectAt(manifest.content.manifest, 'metadata'), 'labels'))) {
      const label = labelOf(key, value);
      const holders = labelled.get(label);
      if (holders === undefined) labelled.set(label, new Set([manifest]));
      else holders.add(manifest);
    }
  }
  return { namespaces, labelled, held: new Map() };
}

/** The name of a list that nobody is on. References to agents and systems are checked as references. */
function emptyList(targets: JsonObject, subjects: Subjects): string | undefined {
  for (const list of ['agents', 'systems', 'namespaces']) {
    const entries = targets[list];
    if (!Array.isArray(entries)) continue;
    if (entries.length === 0) return list;
    if (list === 'namespaces' && !entries.some((namespace) => subjects.namespaces.has(String(namespace)))) return list;
  }
  const labels = objectAt(targets, 'labels');
  const key = JSON.stringify(labels);
  const isHeld = subjects.held.get(key) ?? anyHolds(labels, subjects);
  subjects.held.set(key, isHeld);
  return isHeld ? undefined : 'labels';
}

/** Whether anybody has all of the labels. */
function anyHolds(labels: JsonObject, subjects: Subjects): boolean {
  const wanted = Object.entries(labels).map(([key, value]) => subjects.labelled.get(labelOf(key, value)));
  if (wanted.length === 0) return true;
  const [fewest, ...others] = wanted.sort((a, b) => (a?.size ?? 0) - (b?.size ?? 0));
  for (const holder of fewest ?? []) if (others.every((holders) => holders?.has(holder))) return true;
  return false;
}

function labelOf(key: string, value: Json): string {
  return `${key}=${typeof value === 'string' ? value : ''}`;
}
