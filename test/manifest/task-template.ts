/** A task with every field, as a Task is and as schedules and webhooks write one in place. */
export const task = {
  description: 'The daily report',
  systemRef: 'report',
  input: { window: '24h', counts: [1, null, true] },
  priority: 9,
  deadline: '2h',
  retry: {
    maxAttempts: 3,
    backoff: { initial: '1s', max: '1m', multiplier: '1.5', jitter: 'equal' },
    on: ['timeout', 'unavailable'],
  },
  requires: {
    region: 'eu-central-1',
    gpu: true,
    model: 'llama-3.3-70b',
    labels: { tenant: 'acme' },
    isolation: ['container'],
  },
};
