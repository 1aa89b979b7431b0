import type { Change, Plan } from '../plan/change.ts';
import type { MemoryChanges } from '../store/memory.ts';
import type { ScheduleChanges } from '../store/schedule-mark.ts';

/** What memories hold hangs on their names. */
export function memoriesOf({ changes }: Plan): MemoryChanges {
  const memories = changes.filter(({ kind }) => kind === 'Memory');
  const pathOf = ({ namespace, name }: Change) => `${namespace}/${name}`;
  const removed = memories.filter(({ action }) => action === 'delete').map(pathOf);
  const kept = memories.filter(({ action }) => action !== 'delete').map(pathOf);
  const moved = memories.flatMap(renamingOf);
  const agents = changes.filter(({ kind }) => kind === 'Agent').flatMap(renamingOf);
  return { moved, kept, removed, agents };
}

function renamingOf(change: Change): readonly { readonly from: string; readonly to: string }[] {
  const [, from] = /^[^/]+\/(.+)$/.exec(change.previousAddress ?? '') ?? [];
  const to = `${change.namespace}/${change.name}`;
  return from === undefined || from === to || change.action === 'delete' ? [] : [{ from, to }];
}

/** Schedules come by rows of their own, which follow what is live. */
export function schedulesOf(environment: string, { changes }: Plan): ScheduleChanges {
  const schedules = changes.filter(({ kind }) => kind === 'TaskSchedule');
  const named = (these: readonly Change[]) => these.map(({ namespace, name }) => `${namespace}/${name}`);
  return {
    environment,
    changed: named(schedules.filter(({ action }) => action !== 'delete' && action !== 'move')),
    removed: named(schedules.filter(({ action }) => action === 'delete')),
    moved: schedules.flatMap(({ action, previousAddress, namespace, name }) =>
      action !== 'move' || previousAddress === undefined
        ? []
        : [{ previous: previousAddress.slice('TaskSchedule/'.length), name: `${namespace}/${name}` }],
    ),
  };
}
