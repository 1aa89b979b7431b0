import type { CodeDoc } from '../manifest/problem.ts';

/** What can go wrong with what agents remember. */
export const memoryCodes = {
  'memory.unavailable': {
    title: 'The memory cannot be reached',
    cause: 'This worker has no such memory, or the Memory has no `longTerm`.',
    cure: 'Look at the Memory, then `pawl retry` the run.',
  },
  'memory.not_embedded': {
    title: 'A text was not embedded',
    cause:
      'The model call that embeds what is kept or looked for was refused by the gate, or failed. Nothing was kept or looked for.',
    cure: 'Look at the call in the run’s trace: its path ends with `.embed1` or a further number, and it says which rule or what failure.',
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
  'memory.service_unavailable': {
    title: 'The service of a memory does not answer for now',
    cause:
      'It answered with a status of 500 and above, or asked to slow down. What agents remember is asked for again later.',
    cure: 'Look after the service that `http.url` of the Memory names.',
  },
  'memory.service_refused': {
    title: 'The service of a memory refused',
    cause:
      'It answered with a status other than 200, such as for a credential that it does not know, or with a redirect.',
    cure: 'Look at `http.url` and `http.auth` of the Memory, and at what the message repeats of the answer.',
  },
  'memory.answer_invalid': {
    title: 'The service of a memory answered something else than was asked',
    cause: 'The answer is not what docs/memory.md says, is of another memory, or holds what was not asked for.',
    cure: 'Mend the service. Nothing of the answer was used.',
  },
  'memory.session_invalid': {
    title: 'That is no name of a session',
    cause: 'A session is named by 1 to 200 characters, none of them a control character.',
    cure: 'Name the conversation by something short, such as a ticket’s number.',
  },
} as const satisfies Record<string, CodeDoc>;
