import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { startProcess } from '../support/processes.ts';

/** In order; those in one group come from agents that work at once, in any order. */
const key: readonly (readonly string[])[] = [
  ['Valid. production: 22 resources.'],
  ['Plan: 22 to add, 0 to change, 0 to destroy.'],
  ['error plan.unacknowledged', 'bootstrap  Nothing was applied here before', '(exit code 3)'],
  ['production is now at revision 1'],
  [
    'tool support/get-order done',
    'tool support/issue-refund denied (policy.denied)',
    'tool support/search-web denied (budget.exhausted)',
  ],
  ['Succeeded'],
  ['Plan: 0 to add, 3 to change, 0 to destroy.'],
  ['production is now at revision 2'],
  ["Drift: 1 resource has moved behind pawl's back in production."],
  ['(exit code 2)'],
  ['returns 3 of 3 resources to revision 1'],
  ['Nothing holds it back now: it may be applied.'],
  ['production is now at revision 3'],
  ['No drift. production is what its revision says.'],
  ['That was pawl'],
];

test('the demo tells the whole story without git, a database or a network, and leaves nothing', {
  timeout: 150_000,
}, async () => {
  const temporary = await mkdtemp(join(tmpdir(), 'pawl-demo-test-'));
  try {
    const demo = startProcess({
      entry: 'src/main.ts',
      args: ['demo'],
      // What the user's settings name does not exist: the demo must not look.
      env: {
        PATH: '/nonexistent',
        TMPDIR: temporary,
        DATABASE_URL: 'postgres://127.0.0.1:1/none',
        NATS_URL: 'nats://127.0.0.1:1',
      },
    });
    expect(await demo.exited(140_000)).toEqual({ code: 0, signal: null });
    expect(demo.stderr).toBe('');
    let from = 0;
    for (const group of key) {
      const found = group.map((line) => demo.stdout.indexOf(line, from));
      for (const [index, line] of group.entries()) {
        expect(found[index], `"${line}" in its place`).toBeGreaterThanOrEqual(0);
      }
      from = Math.max(...found);
    }
    expect((await readdir(temporary)).filter((name) => name.startsWith('pawl-demo'))).toEqual([]);
  } finally {
    await rm(temporary, { recursive: true, force: true });
  }
});
