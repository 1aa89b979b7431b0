import { describe } from 'vitest';
import { testSchema } from './schema-cases.ts';

const retry = {
  maxAttempts: 2,
  backoff: { initial: '1s', max: '1m', multiplier: 2, jitter: 'none' },
  on: ['rateLimited', 'error'],
};
const pair = { a: { agentRef: 'a', edges: [{ to: 'b' }] }, b: { agentRef: 'b' } };
const one = (node: object) => ({ graph: { a: { agentRef: 'a', ...node } } }) as never;

describe('an AgentSystem', () => {
  testSchema({
    kind: 'AgentSystem',
    accepted: {
      'a pipeline': { graph: pair },
      'nodes of every kind': {
        description: 'Answers tickets',
        owner: 'support',
        roles: ['support'],
        input: { schema: { type: 'object', properties: { parts: { type: 'array' }, customer: { type: 'string' } } } },
        graph: {
          split: { input: { parts: '${ input.parts }' }, edges: [{ to: 'each' }, { to: 'look', default: false }] },
          each: {
            agentRef: 'a',
            input: '${ item }',
            forEach: 'nodes.split.output.parts',
            maxParallel: 4,
            retry,
            timeout: '2m',
            onError: 'continue',
          },
          look: { toolRef: 'search', onError: 'goto sorry' },
          nested: {
            systemRef: 'other',
            dependsOn: ['each', 'look'],
            join: { mode: 'quorum', count: 1, onFailure: 'partial' },
          },
          ask: {
            human: { assignees: { groups: ['support'], users: ['ada'] }, form: { type: 'object' }, ttl: '2d' },
            dependsOn: ['nested'],
          },
          write: {
            agentRef: 'writer',
            dependsOn: ['ask'],
            loop: { until: 'output.done == true', maxTurns: 3 },
            review: { approvers: { groups: ['leads'], users: ['eve'], min: 2 }, ttl: '1d', maxCycles: 2 },
          },
          lead: { agentRef: 'lead', dependsOn: ['write'], delegates: ['helper'] },
          helper: { agentRef: 'helper' },
          most: { agentRef: 'a', dependsOn: ['lead', 'look'], join: { mode: 'quorum', percent: 50 } },
          last: { agentRef: 'a' },
          sorry: { agentRef: 'a', dependsOn: ['most'], edges: [{ to: 'end', when: 'true' }] },
        },
        output: { reply: '${ nodes.write.output }' },
        limits: { maxTurns: 5, maxTokens: 100000, maxCost: '1.50', timeout: '1h', onLimit: 'succeed' },
        concurrency: { limit: 5, key: 'input.customer', policy: 'queue', maxQueued: 10 },
        onFailure: 'last',
        rollout: {
          strategy: 'canary',
          key: 'input.customer',
          steps: [
            { weight: 10, pause: '1h', analysis: { minRuns: 50, maxErrorRate: '0.02', maxLatency: '30s' } },
            { weight: 100 },
          ],
        },
        drain: 'cancel',
      },
    },
    refused: {
      'no graph': [{}, 'manifest.required spec'],
      'an empty graph': [{ graph: {} }, 'manifest.limit spec.graph'],
      'a node that is nothing': [{ graph: { a: {} } }, 'manifest.exactly_one spec.graph.a'],
      'a node that is two things': [
        one({ toolRef: 't', input: {} }),
        'manifest.exactly_one spec.graph.a Remove one of them. (`spec.graph.a` has both `agentRef` and `toolRef`',
      ],
      'a name that is none': [{ graph: { A_b: { agentRef: 'a' } } }, 'manifest.name spec.graph.A_b'],
      'parallel entries of no list': [one({ maxParallel: 2 }), 'manifest.contradiction spec.graph.a.maxParallel'],
      'delegates of a tool': [
        { graph: { a: { toolRef: 't', delegates: ['b'] }, b: { agentRef: 'b' } } },
        'manifest.contradiction spec.graph.a.delegates',
      ],
      'a loop without a bound': [one({ loop: { until: 'true' } }), 'manifest.required spec.graph.a.loop'],
      'a retry of a person': [
        { graph: { a: { human: { assignees: { users: ['ada'] } }, retry: {} } } },
        'manifest.contradiction spec.graph.a.retry',
      ],
      'a retry of an input': [
        { graph: { a: { input: 1, timeout: '1s' } } },
        'manifest.contradiction spec.graph.a.timeout',
      ],
      'a quorum of no number, of two, and a number of no quorum': [
        {
          graph: {
            first: { input: 1 },
            second: { input: 2 },
            a: { agentRef: 'a', dependsOn: ['first', 'second'], join: { mode: 'quorum' } },
            b: { agentRef: 'a', dependsOn: ['first', 'second'], join: { mode: 'quorum', count: 1, percent: 50 } },
            c: { agentRef: 'a', dependsOn: ['first', 'second'], join: { mode: 'all', count: 1 } },
          },
        },
        'manifest.exactly_one spec.graph.a.join',
        'manifest.exactly_one spec.graph.b.join.percent',
        'manifest.contradiction spec.graph.c.join.count',
      ],
      'a failure that leads nowhere': [
        one({ onError: 'contineu' }),
        'manifest.format spec.graph.a.onError Did you mean `continue`?',
      ],
      'a pause that starts too long': [
        one({ retry: { backoff: { initial: '2m', max: '1m' } } }),
        'manifest.contradiction spec.graph.a.retry.backoff.initial',
      ],
      'a review by nobody': [
        one({ review: { approvers: {} } }),
        'manifest.required spec.graph.a.review.approvers Add one of them. (`spec.graph.a.review.approvers` needs at least one of `groups` and `users`',
      ],
      'a form that is no schema': [
        { graph: { a: { human: { assignees: { users: ['ada'] }, form: { type: 'objekt' } } } } },
        'schema.shape spec.graph.a.human.form.type',
      ],
      'bounds that are none': [
        {
          graph: { a: { agentRef: 'a', forEach: 'input.parts', maxParallel: 0 } },
          limits: { maxTurns: 0, maxTokens: 0, maxCost: 0.0000001, timeout: '8d' },
        },
        'manifest.limit spec.graph.a.maxParallel',
        'manifest.limit spec.limits.maxTurns',
        'manifest.limit spec.limits.maxTokens',
        'manifest.money spec.limits.maxCost',
        'manifest.format spec.limits.timeout',
      ],
      'a queue of a policy that has none': [
        { graph: pair, concurrency: { limit: 1, policy: 'reject', maxQueued: 5 } },
        'manifest.contradiction spec.concurrency.maxQueued',
      ],
      'a canary without steps': [{ graph: pair, rollout: { strategy: 'canary' } }, 'manifest.required spec.rollout'],
      'steps without a canary': [
        { graph: pair, rollout: { strategy: 'blueGreen', steps: [{ weight: 1 }] } },
        'manifest.contradiction spec.rollout.steps',
      ],
      'a canary that shrinks': [
        { graph: pair, rollout: { strategy: 'canary', steps: [{ weight: 50 }, { weight: 10 }, { weight: 101 }] } },
        'manifest.contradiction spec.rollout.steps.1.weight',
        'manifest.limit spec.rollout.steps.2.weight',
      ],
    },
  });
});
