import { expect, test } from 'vitest';
import { apart } from './apart.ts';
import { parseArguments } from './arguments.ts';
import { compare } from './compare.ts';
import type { Contender } from './context.ts';
import { figure, median, ratio } from './figures.ts';
import { renderReports } from './report.ts';
import { movement } from './yardstick.ts';

function harness(log: string[]): Parameters<typeof compare>[0] {
  let databases = 0;
  return {
    warmup: 1,
    rounds: 2,
    signal: AbortSignal.timeout(10_000),
    createDatabase: async () => {
      databases += 1;
      const url = `database ${databases}`;
      return {
        url,
        settle: async () => void log.push(`settle ${url}`),
        checkpoint: async () => void log.push(`checkpoint ${url}`),
        drop: async () => void log.push(`drop ${url}`),
      };
    },
    pgbenchMs: async () => 1,
    peer: async () => undefined,
    progress: () => undefined,
  };
}

function contender(name: string, log: string[], failsAt?: number): Contender {
  return {
    name,
    open: async (url) => ({
      round: async (index) => {
        if (index === failsAt) throw new Error(`${name} failed`);
        log.push(`${name} on ${url}`);
        return { speed: { value: index * 10, unit: 'per s' } };
      },
      close: async () => void log.push(`close ${name}`),
    }),
  };
}

test('contenders run in turn on databases of their own, each round begun by another, and warm-up does not count', async () => {
  const log: string[] = [];
  const figures = await compare(harness(log), [contender('a', log), contender('b', log)]);
  const [a, b] = [
    ['a on database 1', 'settle database 1'],
    ['b on database 2', 'settle database 2'],
  ];
  const rounds = [a, b, b, a, a, b].flat();
  expect(log.slice(0, rounds.length)).toEqual(rounds);
  expect(log.slice(rounds.length)).toEqual(['close a', 'drop database 1', 'close b', 'drop database 2']);
  const speed = { metric: 'speed', unit: 'per s', values: [10, 20], median: 15, min: 10, max: 20 };
  expect(figures).toEqual([
    { contender: 'a', ...speed },
    { contender: 'b', ...speed },
  ]);
});

test('a counted round of a contender that leads in follows one of its own that does not count', async () => {
  const log: string[] = [];
  const [a, b] = [{ ...contender('a', log), leadInMs: 0 } as const, contender('b', log)];
  const figures = await compare(harness(log), [a, b]);
  const run = log.filter((line) => / on |checkpoint/u.test(line)).map((line) => line.slice(0, 1));
  expect(run.join('')).toBe('ab' + 'bcaa' + 'caab');
  expect(figures.map(({ values }) => values)).toEqual([
    [10, 20],
    [10, 20],
  ]);
});

test('a contender in a process of its own leads in as it does here', () => {
  const open = () => Promise.reject(new Error('not here'));
  expect(apart('w1', { name: 'a', leadInMs: 7, open })).toMatchObject({ name: 'a', leadInMs: 7 });
});

test('a contender that fails leaves no database behind', async () => {
  const log: string[] = [];
  await expect(compare(harness(log), [contender('a', log), contender('b', log, 1)])).rejects.toThrow('b failed');
  expect(log.filter((line) => line.startsWith('drop'))).toEqual(['drop database 1', 'drop database 2']);
});

test('medians and ratios are taken round by round', () => {
  expect(median([3, 1, 2])).toBe(2);
  expect(median([4, 1, 3, 2])).toBe(2.5);
  const name = { contender: 'a', metric: 'speed', unit: 'per s' } as const;
  expect(ratio(figure(name, [10, 40, 90]), figure(name, [1, 2, 3]))).toBe(20);
  expect(() => figure(name, [])).toThrow('a, speed: no counted round');
});

test('the yardstick moved by the worse of its two figures', () => {
  const at = '2026-01-01T10:20:30.000Z';
  const first = { at, oneClient: 2000, sixteenClients: 8000 };
  expect(movement([first, { at, oneClient: 2200, sixteenClients: 3200 }])).toBe(2.5);
});

test('a command line without a known benchmark or with a bad count is refused with what to write', () => {
  expect(parseArguments(['P1', '--rounds', '7'], ['p1', 'w1'])).toEqual({
    ids: ['p1'],
    rounds: 7,
    warmup: 3,
    json: '.pawl/bench.json',
  });
  expect(() => parseArguments(['X1'], ['p1', 'w1'])).toThrow('of P1, W1: npm run bench -- P1');
  expect(() => parseArguments(['P1', '--rounds', '0'], ['p1'])).toThrow('--rounds is 0; it must be a whole number');
});

test('the table shows the machine, the figures, the targets and the yardstick', () => {
  const figures = [figure({ contender: 'pawl', metric: 'plan', unit: 'ms' }, [41.234, 40, 43])];
  const targets = [
    { claim: 'one changed file is planned in at most 50 ms', value: 41.234, unit: 'ms', met: true },
  ] as const;
  const yardsticks = [{ at: '2026-01-01T10:20:30.000Z', oneClient: 2345.6, sixteenClients: 7890 }];
  const report = {
    id: 'P1',
    title: 'plan',
    rounds: 3,
    warmup: 1,
    yardsticks,
    figures,
    targets,
    notes: ['10,000 manifests.'],
  };
  const on = { processor: 'CPU', cores: 2, memoryGb: 8, node: 'v20.19.0', postgres: '15.6' };
  expect(renderReports([report], on)).toBe(`2 × CPU, 8 GB, Node v20.19.0, PostgreSQL 15.6 with fsync on

## P1: plan

| contender | metric | median | min | max | unit |
| --- | --- | --- | --- | --- | --- |
| pawl | plan | 41.2 | 40.0 | 43.0 | ms |

| target | measured | met |
| --- | --- | --- |
| one changed file is planned in at most 50 ms | 41.2 ms | yes |

1 warm-up and 3 counted rounds. pgbench -N, 1 / 16 clients, transactions per second: 10:20 2,346 / 7,890.
10,000 manifests.`);
});
