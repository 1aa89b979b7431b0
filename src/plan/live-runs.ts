import type { Bundle } from '../manifest/bundle.ts';
import { compareText } from '../manifest/problem.ts';
import type { Address, Kind } from '../manifest/resource.ts';
import type { Change } from './change.ts';
import type { GuardRefusal } from './guard.ts';
import { listed, noun } from './guard-words.ts';

/** Runs of one system that have not ended, and the content that they are pinned to. */
export interface OpenRuns {
  /** `namespace/name`. */
  readonly system: string;
  readonly runs: number;
  readonly content: Pick<Bundle, 'agents' | 'tools' | 'models' | 'secrets'>;
}

/** What runs hold on to: by kind, where a bundle names it. */
const partsOf: Readonly<Partial<Record<Kind, (open: OpenRuns) => Readonly<Record<string, unknown>>>>> = {
  AgentSystem: ({ system }) => ({ [system]: true }),
  Agent: ({ content }) => content.agents,
  Tool: ({ content }) => content.tools,
  ModelEndpoint: ({ content }) => content.models,
  Secret: ({ content }) => content.secrets,
};

/** The addresses that a plan takes away from live and that a run could be using. */
export function deletedFromRuns(changes: readonly Change[]): readonly Address[] {
  return changes
    .filter(({ action, kind }) => action === 'delete' && partsOf[kind] !== undefined)
    .map((one) => one.address);
}

/** Deleting what runs use that have not ended; nothing where none does. A move deletes nothing. */
export function liveRunGuards(changes: readonly Change[], open: readonly OpenRuns[]): readonly GuardRefusal[] {
  const used = changes.flatMap((change) => {
    const users = change.action === 'delete' ? open.filter((one) => isUsed(change, one)) : [];
    return users.length === 0 ? [] : [{ address: change.address, users }];
  });
  if (used.length === 0) return [];
  used.sort((a, b) => compareText(a.address, b.address));
  const runs = new Map(used.flatMap(({ users }) => users.map((one) => [one, one.runs] as const)));
  const count = [...runs.values()].reduce((sum, one) => sum + one, 0);
  const names = used.map(({ address, users }) => `${address} (${usersText(users)})`);
  return [
    {
      id: 'guard.live_runs',
      message: `The plan deletes what ${count} ${noun(count, 'run')} that ${count === 1 ? 'has' : 'have'} not ended ${count === 1 ? 'uses' : 'use'}: ${listed(names)}. Their next calls of a deleted tool are denied; wait for them or cancel them.`,
      acknowledgeable: true,
      addresses: used.map(({ address }) => address),
    },
  ];
}

function isUsed({ kind, namespace, name }: Change, open: OpenRuns): boolean {
  const parts = partsOf[kind]?.(open);
  return parts !== undefined && Object.hasOwn(parts, `${namespace}/${name}`);
}

function usersText(users: readonly OpenRuns[]): string {
  const bySystem = new Map<string, number>();
  for (const { system, runs } of users) bySystem.set(system, (bySystem.get(system) ?? 0) + runs);
  const sorted = [...bySystem].sort(([a], [b]) => compareText(a, b));
  return listed(sorted.map(([system, runs]) => `${runs} ${noun(runs, 'run')} of ${system}`));
}
