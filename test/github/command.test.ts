import { describe, expect, test } from 'vitest';
import { parseCommand } from '../../src/github/command.ts';

const id = { environment: undefined, id: 'R1-3f2a' };

describe('a command is a comment’s first line', () => {
  test.each([
    ['/pawl plan', { kind: 'plan' }],
    ['/pawl plan\r\n\r\nThe model moved.', { kind: 'plan' }],
    ['/pawl plan  ', { kind: 'plan' }],
    ['/pawl ack R1-3f2a', { kind: 'ack', ids: [id], reason: undefined }],
    ['/pawl ack R1-3f2a looked at it with Zoë', { kind: 'ack', ids: [id], reason: 'looked at it with Zoë' }],
    [
      '/pawl ack R1-3f2a production:guard.deletes bootstrap R13-0123456789 as asked',
      {
        kind: 'ack',
        ids: [
          id,
          { environment: 'production', id: 'guard.deletes' },
          { environment: undefined, id: 'bootstrap' },
          { environment: undefined, id: 'R13-0123456789' },
        ],
        reason: 'as asked',
      },
    ],
    [
      '/pawl ack review.changed',
      { kind: 'ack', ids: [{ environment: undefined, id: 'review.changed' }], reason: undefined },
    ],
    ['/pawl explain Agent/support/triage', { kind: 'explain', address: 'Agent/support/triage' }],
    ['/pawl help', { kind: 'help', environment: undefined }],
    ['/pawl help production', { kind: 'help', environment: 'production' }],
  ])('%s', (comment, command) => {
    expect(parseCommand(comment)).toEqual(command);
  });
});

test.each([
  '/pawl',
  '/pawl  plan',
  '/pawl apply',
  '/pawl plan now',
  '/pawl ACK R1-3f2a',
  '/pawl ack',
  '/pawl ack looks fine',
  '/pawl ack R1',
  '/pawl ack r1-3f2a',
  '/pawl ack R1-3F2A',
  '/pawl ack R14-3f2a',
  '/pawl ack R1-3f2a, R2-77aa',
  '/pawl ack R1-3f2a R2-',
  `/pawl ack ${Array.from({ length: 21 }, () => 'R1-3f2a').join(' ')}`,
  `/pawl ack R1-3f2a ${'x'.repeat(1_000)}`,
  '/pawl explain',
  '/pawl explain ../../etc/passwd',
  '/pawl explain Agent/support/triage and more',
  '/pawl help two words',
])('what begins like a command and is none asks for help: %s', (comment) => {
  expect(parseCommand(comment)).toEqual({ kind: 'unknown' });
});
