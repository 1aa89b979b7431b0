import { expect, test } from 'vitest';
import { EmitterBus } from '../../src/bus/emitter.ts';
import { hear } from '../../src/bus/hearing.ts';
import { eventually } from '../support/runs.ts';

/** A bus that refuses so many listeners before it takes one. */
class SlowBus extends EmitterBus {
  #refusals: number;

  constructor(refusals: number) {
    super();
    this.#refusals = refusals;
  }

  override listen(...given: Parameters<EmitterBus['listen']>): ReturnType<EmitterBus['listen']> {
    this.#refusals -= 1;
    return this.#refusals < 0 ? super.listen(...given) : Promise.reject(new Error('The connection timed out.'));
  }
}

function setUp(refusals: number) {
  const bus = new SlowBus(refusals);
  const told: string[] = [];
  const ears = ['one', 'other'].map((channel) => ({ channel, heard: (text: string) => void told.push(text) }));
  const deaf = (error: unknown, againMs: number) => void told.push(`${String(error)} Again in ${againMs}.`);
  const late = () => void told.push('late');
  return { bus, told, options: { bus, ears, deaf, late, pauseMs: 1 } };
}

const { signal } = new AbortController();

test('each channel is heard until the end of it', async () => {
  const { bus, told, options } = setUp(0);
  const deafen = await hear(options, signal);
  await bus.notify('one', 'a');
  await bus.notify('other', 'b');
  await eventually(async () => (told.length === 2 ? true : undefined));
  expect(told).toEqual(['a', 'b']);
  await deafen();
  const last: string[] = [];
  await bus.listen('one', (text) => void last.push(text));
  await bus.notify('one', 'c');
  await eventually(async () => (last.length === 1 ? true : undefined));
  expect(told).toEqual(['a', 'b']);
});

test('what cannot be heard at first is tried again, ever less often, and then said to be late', async () => {
  const { bus, told, options } = setUp(3);
  const deafen = await hear(options, signal);
  await eventually(async () => (told.includes('late') ? true : undefined));
  const why = 'Error: The connection timed out. Again in';
  expect(told).toEqual([`${why} 1.`, `${why} 2.`, `${why} 4.`, 'late']);
  await bus.notify('other', 'b');
  await eventually(async () => (told.at(-1) === 'b' ? true : undefined));
  await deafen();
});

test('nobody tries any more once it is over', async () => {
  const { told, options } = setUp(1_000_000);
  const deafen = await hear({ ...options, pauseMs: 60_000 }, signal);
  await deafen();
  expect(told).toHaveLength(1);
});
