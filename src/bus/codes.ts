import type { CodeDoc } from '../manifest/problem.ts';

/** Codes of what may be wrong with the bus. Nothing stops for them: wake-ups go another way. */
export const busCodes = {
  'bus.unreachable': {
    title: 'NATS cannot be used',
    cause: 'No server at NATS_URL answers, it refuses the login, or JetStream is not enabled there.',
    cure: 'Start nats-server with JetStream (`nats-server -js`), and check NATS_URL and the login. Until then PostgreSQL carries wake-ups.',
  },
} as const satisfies Record<string, CodeDoc>;
