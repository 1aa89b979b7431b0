import type { CodeDoc } from '../manifest/problem.ts';

/** What can go wrong with what agents remember. */
export const memoryCodes = {
  'memory.unavailable': {
    title: 'The memory cannot be reached',
    cause: 'This worker has no such memory, or the Memory has no `longTerm`.',
    cure: 'Look at the Memory, then `pawl retry` the run.',
  },
  'memory.full': {
    title: 'The memory holds as much as it may',
    cause: 'A Memory holds at most 100,000 entries, where each part of a document that was taken in is one.',
    cure: 'Give `longTerm` a `ttl`, so that old entries leave, or let agents write over the keys that they have.',
  },
  'memory.value_too_large': {
    title: 'The value is too large to be remembered',
    cause: 'A value takes at most 64 KiB as JSON.',
    cure: 'Keep a reference, or let the agent take the text in with `memory_ingest`.',
  },
  'memory.session_invalid': {
    title: 'That is no name of a session',
    cause: 'A session is named by 1 to 200 characters, none of them a control character.',
    cure: 'Name the conversation by something short, such as a ticket’s number.',
  },
} as const satisfies Record<string, CodeDoc>;
