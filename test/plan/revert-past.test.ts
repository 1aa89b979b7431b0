import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Resource } from '../../src/manifest/resource.ts';
import { plan } from '../../src/plan/plan.ts';
import { isSettledBy, type OlderContent, type OlderRevisions } from '../../src/plan/revert.ts';
import { sidesOf } from '../../src/plan/sides.ts';
import { agent, historyOf, inSync, mapOf, optionsOf, snapshotOf } from './fixture.ts';

const names = ['first', 'second', 'third'];

/** What three agents say in one revision; 0: the agent is not there. */
const state = fc.tuple(...names.map(() => fc.integer({ min: 0, max: 2 })));

function resourcesOf(said: readonly number[]): readonly Resource[] {
  return names.flatMap((name, at) => {
    const form = said[at] ?? 0;
    return form === 0 ? [] : [agent(name, { prompt: `Say ${form}.` })];
  });
}

/** As the store answers: of each address the newest stretches in which it held what it is to hold. */
function newestOf(older: OlderRevisions, target: ReadonlyMap<string, Resource>, newest: number): OlderRevisions {
  return new Map(
    Array.from(older, ([address, entries]) => {
      const digest = target.get(address)?.digest;
      const kept: OlderContent[] = [];
      let stretches = 0;
      for (const [at, entry] of entries.entries()) {
        if (entry.digest === undefined || (digest !== undefined && entry.digest !== digest)) continue;
        if (stretches === newest) break;
        stretches += 1;
        const end = entries[at - 1]?.revision;
        if (end !== undefined && kept.at(-1)?.revision !== end) kept.push({ revision: end, digest: undefined });
        kept.push(entry);
      }
      return [address, kept];
    }),
  );
}

test('a plan says the same of the past by the newest of it alone, where that settles it', () => {
  let settled = 0;
  fc.assert(
    fc.property(
      fc.array(state, { minLength: 2, maxLength: 12 }),
      state,
      fc.integer({ min: 1, max: 3 }),
      (past, to, few) => {
        const states = past.map(resourcesOf);
        const [before, target] = [states.at(-1) ?? [], resourcesOf(to)];
        const [live, snapshot] = [{ ...inSync(before), revision: states.length }, snapshotOf(target)];
        const older = historyOf(...states);
        const moved = [...older.keys(), ...snapshot.resources.keys()].filter(
          (address) => live.heads.get(address)?.applied !== snapshot.resources.get(address)?.digest,
        );
        const coming = [...new Set(moved)].map((address) => ({
          address,
          digest: snapshot.resources.get(address)?.digest,
        }));
        const asked = (known: OlderRevisions) => new Map([...known].filter(([address]) => moved.includes(address)));
        const planned = (known: OlderRevisions) =>
          plan(snapshot, live, { ...optionsOf(states.flat()), older: asked(known) });
        const known = newestOf(older, snapshot.resources, few);
        const whole = planned(older);
        expect(planned(newestOf(older, snapshot.resources, states.length))).toEqual(whole);
        if (!isSettledBy(asked(known), { coming, newest: few, liveRevision: live.revision })) return;
        settled += 1;
        expect(planned(known)).toEqual(whole);
      },
    ),
    { numRuns: 400, seed: 1 },
  );
  expect(settled).toBeGreaterThan(100);
});

test('the side that is left is the snapshot before, where the record says the very same of it', () => {
  const before = [agent('first', { prompt: 'Say 1.' }), agent('second', { prompt: 'Say 1.' })];
  const [, kept] = before;
  const after = [agent('first', { prompt: 'Say 2.' }), ...(kept === undefined ? [] : [kept]), agent('third')];
  const [snapshot, live, options] = [snapshotOf(after), inSync(before), optionsOf(before)];
  const { changes } = plan(snapshot, live, options);
  const previous = mapOf(before);
  const bodies = options.bodies;
  expect(sidesOf(snapshot, live, { changes, bodies, previous }).before).toBe(previous);
  const anew = sidesOf(snapshot, live, { changes, bodies });
  expect(anew.before).toEqual(previous);
  // A snapshot of something else, or one with more in it, is not what is left.
  for (const other of [mapOf(after), mapOf([...before, agent('fourth')]), mapOf(before.slice(1))]) {
    expect(sidesOf(snapshot, live, { changes, bodies, previous: other }).before).toEqual(anew.before);
  }
});
