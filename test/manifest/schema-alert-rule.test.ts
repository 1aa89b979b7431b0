import { describe } from 'vitest';
import { testSchema } from './schema-cases.ts';

describe('an AlertRule', () => {
  testSchema({
    kind: 'AlertRule',
    accepted: {
      'on the errors of agents': {
        description: 'Look at the traces first.',
        owner: 'platform',
        metric: 'agentErrorRate',
        op: 'gte',
        threshold: 0.05,
        window: '10m',
        for: '5m',
        severity: 'critical',
        where: { agents: ['triage'], systems: ['support'], namespaces: ['default'] },
        receivers: ['oncall', 'shared/security'],
        suspend: true,
      },
      'on the workers of a pool': { metric: 'liveWorkersRatio', op: 'lt', threshold: 0.5, where: { pools: ['gpu'] } },
      'on drift': { metric: 'driftedResources', threshold: 0 },
    },
    refused: {
      'a metric that is none': [
        { metric: 'agentErorRate', threshold: 1 },
        'manifest.value spec.metric Did you mean `agentErrorRate`?',
      ],
      'no threshold': [{ metric: 'queueDepth' }, 'manifest.required spec Add `threshold`.'],
      'an operator that is a sign': [
        { metric: 'queueDepth', threshold: 1, op: '>' },
        'manifest.value spec.op One of: gt, gte, lt, lte.',
      ],
      'a share in percent': [
        { metric: 'runErrorRate', threshold: 5 },
        'manifest.limit spec.threshold Write 0.05 for 5 percent.',
      ],
      'less than nothing': [
        { metric: 'queueDepth', threshold: -1 },
        'manifest.limit spec.threshold Use a threshold that it can cross.',
      ],
      'a window of what has none': [
        { metric: 'queueDepth', threshold: 1, window: '5m' },
        'manifest.contradiction spec.window',
      ],
      'agents of workers': [
        { metric: 'liveWorkers', threshold: 1, where: { agents: ['a'] } },
        'manifest.contradiction spec.where.agents It can be taken of `pools`.',
      ],
      'anything of a plan': [
        { metric: 'planP99Seconds', threshold: 1, where: { namespaces: ['a'] } },
        'manifest.contradiction spec.where.namespaces Remove `where`.',
      ],
      'of nothing': [{ metric: 'queueDepth', threshold: 1, where: {} }, 'manifest.limit spec.where'],
    },
  });
});
