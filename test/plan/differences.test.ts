import fc from 'fast-check';
import { expect, test } from 'vitest';
import { noteOrigin } from '../../src/manifest/succession.ts';
import type { Address, Resource, Snapshot } from '../../src/manifest/resource.ts';
import type { Head, Live } from '../../src/plan/change.ts';
import { differences } from '../../src/plan/differences.ts';
import { role } from './fixture.ts';

const names = ['a', 'b', 'c', 'd', 'e'];
const contents = [1, 2, 3].map(
  (content) => new Map(names.map((name) => [name, role(name, [`tool:t${content}:read`])])),
);

interface Step {
  readonly name: string;
  /** 0: gone. */
  readonly target: number;
  readonly applied: number;
  readonly live: number;
  /** A hand's edit that nobody told of is found by reading all: nothing is known of such a map. */
  readonly isTold: boolean;
}

const step: fc.Arbitrary<Step> = fc.record({
  name: fc.constantFrom(...names),
  target: fc.nat(3),
  applied: fc.nat(3),
  live: fc.nat(3),
  isTold: fc.boolean(),
});

const at = (name: string, content: number): Resource | undefined => contents[content - 1]?.get(name);

function headOf(name: string, { applied, live }: Pick<Step, 'applied' | 'live'>): Head | undefined {
  const [recorded, there] = [at(name, applied), at(name, live)];
  const address = recorded?.address ?? there?.address;
  if (address === undefined) return undefined;
  const row = { address, generation: 1, file: '', line: 1, touched: undefined };
  return { ...row, applied: recorded?.digest, live: there?.digest };
}

function put<Value>(before: ReadonlyMap<Address, Value>, address: Address, value: Value | undefined) {
  const after = new Map(before);
  if (value === undefined) after.delete(address);
  else after.set(address, value);
  return after;
}

const sorted = (found: ReturnType<typeof differences>) => found.toSorted((a, b) => (a.address < b.address ? -1 : 1));

test('what has moved since the last comparison is found as by comparing everything, in any order of steps', () => {
  fc.assert(
    fc.property(fc.array(step, { minLength: 1, maxLength: 12 }), (steps) => {
      let resources: Snapshot['resources'] = new Map();
      let heads: Live['heads'] = new Map();
      for (const { name, target, isTold, ...row } of steps) {
        const { address } = at(name, 1) ?? { address: '' };
        const [declared, moved] = [put(resources, address, at(name, target)), put(heads, address, headOf(name, row))];
        noteOrigin(declared, resources, [address]);
        if (isTold) noteOrigin(moved, heads, [address]);
        const found = differences({ resources: declared }, { heads: moved }, resources);
        expect(sorted(found)).toEqual(sorted(differences({ resources: new Map(declared) }, { heads: moved })));
        [resources, heads] = [declared, moved];
      }
    }),
  );
});
