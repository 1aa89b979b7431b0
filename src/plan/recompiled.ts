import { compareText } from '../manifest/problem.ts';
import type { Address, Resource, Snapshot } from '../manifest/resource.ts';
import { type CompileCache, systemsReached } from '../policy/compile-changed.ts';
import type { Bodies, Change, Live, Plan } from './change.ts';

interface RecompiledInput {
  readonly changes: readonly Change[];
  readonly bundles: Plan['bundles'];
  readonly snapshot: Snapshot;
  readonly live: Live;
  readonly bodies: Bodies;
  readonly cache: CompileCache;
}

/** What another build of pawl changes by itself: resources as written before, and systems that no author's change reaches. */
export function recompiledOf(input: RecompiledInput): Plan['recompiled'] {
  const { changes, bundles, cache } = input;
  const resources = changes.filter(({ class: kind }) => kind === 'recompiled').map(({ address }) => address);
  if (bundles.length === 0) return { resources, systems: [] };
  const turned = bundles.map(({ system }) => system);
  const reached = systemsReached(cache, turned, authored(input));
  const systems = turned.filter((system) => !reached.has(system));
  // A system that is new is an author's.
  return { resources, systems: systems.filter((system) => input.live.bundles.has(system)).sort(compareText) };
}

/** The resources that authors changed, as the record has them and as the target does. */
function authored({ changes, snapshot, live, bodies }: RecompiledInput): {
  readonly before: ReadonlyMap<Address, Resource>;
  readonly after: ReadonlyMap<Address, Resource>;
} {
  const [before, after] = [new Map<Address, Resource>(), new Map<Address, Resource>()];
  for (const { address, previousAddress = address, class: kind, kind: of, namespace, name, place } of changes) {
    if (kind === 'recompiled') continue;
    const target = snapshot.resources.get(address);
    if (target !== undefined) after.set(address, target);
    const applied = live.heads.get(previousAddress)?.applied;
    const manifest = applied === undefined ? undefined : bodies.get(applied);
    if (applied === undefined || manifest === undefined) continue;
    before.set(previousAddress, {
      address: previousAddress,
      kind: of,
      namespace,
      name,
      manifest,
      digest: applied,
      place,
    });
  }
  return { before, after };
}
