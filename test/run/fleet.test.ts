import { spawn } from 'node:child_process';
import { expect, test } from 'vitest';
import { type Child, Fleet } from '../../src/run/fleet.ts';
import { eventually } from '../support/runs.ts';

const idle = 'process.on("SIGTERM", () => process.exit(0)); console.log("up"); setInterval(() => {}, 1_000);';
const deaf = 'process.on("SIGTERM", () => {}); console.log("up"); setInterval(() => {}, 1_000);';

interface Started extends Child {
  readonly pid: number | undefined;
}

function fleetOf(program: string, graceMs = 10_000) {
  const pool = { wanted: 0 };
  const started: Started[] = [];
  const said: string[] = [];
  const start = (): Child => {
    const child = spawn(process.execPath, ['-e', program], { stdio: ['ignore', 'pipe', 'ignore'] });
    const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
    const one = {
      pid: child.pid,
      ended,
      // Told before it listens, it would be gone by the signal's own meaning.
      stop: () => void child.stdout.once('data', () => child.kill('SIGTERM')),
      kill: () => void child.kill('SIGKILL'),
    };
    started.push(one);
    return one;
  };
  const wanted = () => Promise.resolve(pool.wanted);
  const fleet = new Fleet({ start, wanted, everyMs: 5, graceMs, report: (sentence) => said.push(sentence) });
  return { fleet, pool, started, said };
}

test('as many processes run as are wanted, and all of them end with the signal', async () => {
  const { fleet, pool, started, said } = fleetOf(idle);
  const stop = new AbortController();
  pool.wanted = 2;
  const ran = fleet.run(stop.signal);
  await eventually(() => Promise.resolve(fleet.size === 2 ? true : undefined));
  pool.wanted = 1;
  await eventually(() => Promise.resolve(fleet.size === 1 ? true : undefined));
  stop.abort();
  await ran;
  await Promise.all(started.map(({ ended }) => ended));
  expect(started).toHaveLength(2);
  expect(said).toEqual([]);
});

test('one that ends by itself is started again, later each time', async () => {
  const { fleet, pool, started, said } = fleetOf('process.exit(1)');
  pool.wanted = 1;
  await fleet.tick();
  await eventually(() => Promise.resolve(said.length === 1 ? true : undefined));
  await fleet.tick();
  expect([started.length, fleet.size]).toEqual([1, 0]);
  const stop = new AbortController();
  const ran = fleet.run(stop.signal);
  await eventually(() => Promise.resolve(said.length === 2 ? true : undefined));
  stop.abort();
  await ran;
  expect(said).toEqual(
    [500, 1_000].map((ms) => `a worker ended by itself; the next one is started in ${ms} ms at the earliest`),
  );
});

test('one that does not stop in time is ended', async () => {
  const { fleet, pool, started } = fleetOf(deaf, 500);
  pool.wanted = 1;
  await fleet.tick();
  await fleet.stop();
  await started[0]?.ended;
  expect(fleet.size).toBe(0);
});
