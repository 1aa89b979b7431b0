import { once } from 'node:events';
import { expect, test } from 'vitest';
import { CoalescedWakeUps } from '../../src/bus/coalesced.ts';
import { EmitterBus } from '../../src/bus/emitter.ts';

test('the same wake-up is sent once per window, and different ones each', async () => {
  const bus = new EmitterBus();
  const heard: string[] = [];
  const signal = new EventTarget();
  await bus.listen('pawl_ready', (payload) => heard.push(payload));
  await bus.listen('pawl_applied', () => signal.dispatchEvent(new Event('last')));
  const last = once(signal, 'last');
  const wakeUps = new CoalescedWakeUps(bus, 1);
  for (let index = 0; index < 100; index += 1) wakeUps.wake('pawl_ready', index % 2 === 0 ? 'default' : 'gpu');
  wakeUps.wake('pawl_applied', 'prod');
  await last;
  expect(heard).toEqual(['default', 'gpu']);
});

test('what is pending is sent by flush, and a bus that fails harms nobody', async () => {
  const sent: string[] = [];
  const wakeUps = new CoalescedWakeUps(
    {
      async notify(channel, payload) {
        sent.push(`${channel} ${payload}`);
        throw new Error('no connection');
      },
      listen: async () => async () => undefined,
    },
    60_000,
  );
  wakeUps.wake('pawl_ready', 'default');
  wakeUps.wake('pawl_ready', 'gpu');
  await wakeUps.flush();
  expect(sent).toEqual(['pawl_ready default', 'pawl_ready gpu']);
});
