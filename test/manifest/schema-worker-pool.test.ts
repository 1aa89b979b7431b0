import { describe } from 'vitest';
import { testSchema } from './schema-cases.ts';

const scaling = { metrics: [{ metric: 'queueDepth', target: 5 }] };

describe('a WorkerPool', () => {
  testSchema({
    kind: 'WorkerPool',
    accepted: {
      'with everything': {
        description: 'For what needs a GPU',
        owner: 'platform',
        requires: { region: 'eu-central-1', gpu: true, models: ['llama-3.3-70b'], labels: { tenant: 'acme' } },
        isolation: ['sandbox', 'container'],
        minWorkers: 1,
        maxWorkers: 20,
        concurrency: 4,
        maxQueued: 1000,
        scaling: {
          metrics: [
            { metric: 'oldestQueuedAge', target: 30 },
            { metric: 'cpu', target: 0.7 },
          ],
          scaleDownAfter: '10m',
        },
      },
      'with nothing': {},
    },
    refused: {
      'more at least than at most': [
        { minWorkers: 5, maxWorkers: 2 },
        'manifest.limit spec.minWorkers Lower `minWorkers`, or raise `maxWorkers`.',
      ],
      'scaling between one and one': [
        { minWorkers: 1, maxWorkers: 1, scaling },
        'manifest.contradiction spec.scaling Raise `maxWorkers`, or remove it.',
      ],
      'a share beyond all': [
        { maxWorkers: 5, scaling: { metrics: [{ metric: 'memory', target: 70 }] } },
        'manifest.limit spec.scaling.metrics.0.target Write 0.7 for 70 percent.',
      ],
      'a metric twice': [
        { maxWorkers: 5, scaling: { metrics: [...scaling.metrics, ...scaling.metrics] } },
        'manifest.duplicate_entry spec.scaling.metrics.1.metric',
      ],
      'no metric': [{ maxWorkers: 5, scaling: { metrics: [] } }, 'manifest.limit spec.scaling.metrics'],
      'a tier that no worker offers': [
        { isolation: ['sandbox', 'process'] },
        'manifest.value spec.isolation.1 Write `sandbox`, which programs run in, or remove it.',
      ],
      'no workers ever': [{ maxWorkers: 0 }, 'manifest.limit spec.maxWorkers'],
    },
  });
});
