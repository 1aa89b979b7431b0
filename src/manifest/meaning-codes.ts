import type { CodeDoc } from './problem.ts';

/** What a schema cannot say of one tool. */
export const meaningCodes = {
  'tool.host_undeclared': {
    title: 'Host not declared',
    cause: 'The tool would connect to a host that `egress.hosts` does not list: every call would be denied.',
    cure: 'Add the host to `egress.hosts`, or correct the URL.',
  },
  'tool.command': {
    title: 'Program with a placeholder',
    cause: 'An argument would choose which program runs.',
    cure: 'Write the program out.',
  },
  'tool.module': {
    title: 'A WebAssembly module that no worker can call',
    cause:
      'It imports files, sockets or what no tool is given, it needs more memory than it may have, it lacks the export, or it uses instructions whose number cannot be counted.',
    cure: 'Build it for `wasm32-wasip1` as docs/tools.md says; the message names what is in the way.',
  },
  'tool.image_digest': {
    title: 'Image without a digest',
    cause: 'A tag can come to mean another image, and a tool must stay what was reviewed.',
    cure: 'Write `name@sha256:…`.',
  },
  'tool.unasked': {
    title: 'High risk without a question',
    cause: 'A tool of high risk runs where nothing isolates it, and somebody may call it unasked.',
    cure: 'Add a ToolPermission with the verdict `ask`, or say `requireApproval: true` where it is listed.',
  },
  'tool.retry': {
    title: 'Retry of what must not be done twice',
    cause: 'The tool changes something, and does not say that the same call may be made twice.',
    cure: 'Say `idempotent: true` if that holds, or remove `retry`.',
  },
} as const satisfies Record<string, CodeDoc>;
