import { nextTime } from '../manifest/cron-time.ts';
import { isJsonObject, type JsonObject } from '../manifest/json.ts';
import { objectAt } from '../manifest/manifest-reference.ts';
import { compareText } from '../manifest/problem.ts';
import { qualify } from '../manifest/reference.ts';
import type { Address, Kind, Resource } from '../manifest/resource.ts';
import { addressAt } from '../policy/typed.ts';
import type { ScheduleImpact, WebhookImpact } from './beside.ts';
import type { Sides } from './sides.ts';
import { usersOf } from './uses.ts';

export interface Starters {
  readonly schedules: readonly ScheduleImpact[];
  readonly webhooks: readonly WebhookImpact[];
}

/** Schedules and webhooks that start one of these systems, by themselves or by a Task, and those that change. */
export function startersOf(sides: Sides, systems: ReadonlySet<string>, now: Date): Starters {
  const targets = new Set(Array.from(systems, (path) => addressAt('AgentSystem', path)));
  for (const address of sides.changed) if (address.startsWith('Task/')) targets.add(address);
  for (const task of usersOf(sides.after, targets, tasks)) targets.add(task.address);
  const found = new Map(usersOf(sides.after, targets, starters).map((one) => [one.address, one] as const));
  for (const address of sides.changed) {
    const changed = sides.after.get(address) ?? sides.before.get(address);
    if (changed !== undefined && starters.has(changed.kind)) found.set(address, changed);
  }
  const all = [...found.values()].sort((a, b) => compareText(a.address, b.address));
  const of = (kind: Kind): Resource[] => all.filter((one) => one.kind === kind);
  const schedules = of('TaskSchedule')
    .slice(0, computedMax)
    .map((one) => scheduleImpact(one, sides, now));
  return {
    schedules: schedules.sort(compareFires),
    webhooks: of('TaskWebhook').map((one) => startedBy(one, sides)),
  };
}

const tasks: ReadonlySet<Kind> = new Set(['Task']);
const starters: ReadonlySet<Kind> = new Set(['TaskSchedule', 'TaskWebhook']);

/** Looking for the next time of a schedule may take a search through years. */
const computedMax = 500;

function startedBy(starter: Resource, sides: Sides): WebhookImpact {
  const { address } = starter;
  const [was, is] = [sides.before.has(address), sides.after.has(address)];
  return { address, system: systemOf(starter, sides), fate: is ? (was ? 'kept' : 'added') : 'removed' };
}

function scheduleImpact(schedule: Resource, sides: Sides, now: Date): ScheduleImpact {
  const started = startedBy(schedule, sides);
  return { ...started, nextFire: started.fate === 'removed' ? undefined : nextFire(schedule, now) };
}

/** The AgentSystem of its own task, or of the Task that it names. */
function systemOf({ manifest, namespace }: Resource, sides: Sides): Address | undefined {
  const spec = objectAt(manifest, 'spec');
  const { task, taskRef } = spec;
  if (isJsonObject(task)) return systemNamed(task, namespace);
  if (typeof taskRef !== 'string') return undefined;
  const address = addressAt('Task', qualify(taskRef, namespace));
  const named = sides.after.get(address) ?? sides.before.get(address);
  return named && systemNamed(objectAt(named.manifest, 'spec'), named.namespace);
}

function systemNamed({ systemRef }: JsonObject, namespace: string): Address | undefined {
  return typeof systemRef === 'string' ? addressAt('AgentSystem', qualify(systemRef, namespace)) : undefined;
}

/** In the schedule's own time zone, summer time included; a schedule that is suspended does not come. */
function nextFire({ manifest }: Resource, now: Date): string | undefined {
  const { cron, timeZone, suspend } = objectAt(manifest, 'spec');
  if (suspend === true || typeof cron !== 'string') return undefined;
  return nextTime({ cron, timeZone: typeof timeZone === 'string' ? timeZone : 'UTC' }, now)?.toISOString();
}

function compareFires(a: ScheduleImpact, b: ScheduleImpact): number {
  return compareText(a.nextFire ?? '9999', b.nextFire ?? '9999') || compareText(a.address, b.address);
}
