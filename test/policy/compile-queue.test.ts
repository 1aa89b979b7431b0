import { expect, test } from 'vitest';
import { model } from '../plan/fixture.ts';
import { base, compile, small, triage } from './estate.ts';
import { system } from '../plan/fixture.ts';

const draft = { draft: { agentRef: 'writer', edges: [] } };
const bounded = (concurrency: object) => system('triage', draft, { spec: { concurrency: { ...concurrency } } });

test('a system without a bound and endpoints without a rate compile as they did', () => {
  const { content } = compile(base, triage);
  expect(content.engineSchema).toBe(1);
  expect(content).not.toHaveProperty('concurrency');
  expect(content.models['default/small']).not.toHaveProperty('rateLimit');
});

test('what the runs of a system are counted by is in its bundle, and no other engine executes it', () => {
  const { content } = compile(base, bounded({ limit: 2, key: 'input.customer', policy: 'replace' }));
  expect(content.concurrency).toEqual({ limit: 2, key: 'input.customer', policy: 'replace' });
  expect(compile(base, bounded({ limit: 1, policy: 'queue', maxQueued: 0 })).content.concurrency).toEqual({
    limit: 1,
    policy: 'queue',
    maxQueued: 0,
  });
});

test('the rate of an endpoint is in the bundle, and a worker that knows no rates does not take its runs', () => {
  const rateLimit = { requestsPerMinute: 60, tokensPerMinute: 9_000 };
  const others = base.filter((one) => one !== small);
  const { content } = compile([...others, model('small', { rateLimit })]);
  expect(content.models['default/small']?.rateLimit).toEqual(rateLimit);
  expect(content.engineSchema).toBe(3);
});
