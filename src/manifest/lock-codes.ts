import type { CodeDoc } from './problem.ts';

/** What can be wrong with `pawl.lock.yaml`, and between it and the manifests. */
export const lockCodes = {
  'lock.digest': {
    title: 'Lock file changed by hand',
    cause: 'A digest in pawl.lock.yaml is not that of the definition beside it: one of the two was edited.',
    cure: 'Restore the file from Git, or pin the server again.',
  },
  'lock.unused': {
    title: 'Pin without a server',
    cause: 'pawl.lock.yaml holds tools of an McpServer that no manifest declares.',
    cure: 'Remove the entry, or correct its name.',
  },
  'pin.missing': {
    title: 'Server without a pin',
    cause: 'pawl.lock.yaml has no entry for the McpServer, so that nobody has looked at what its tools say and do.',
    cure: 'Pin the server, and have the lock file reviewed.',
  },
  'pin.stale': {
    title: 'Server changed since its pin',
    cause:
      'The McpServer declares another program, image, address, or other names of variables or headers than when its tools were pinned.',
    cure: 'Pin the server again, or undo the change.',
  },
  'pin.no_tool': {
    title: 'Tool that the pin does not have',
    cause: 'A name or glob of tools matches none of those that pawl.lock.yaml holds for the server.',
    cure: 'Correct the name, or pin the server again if it has a new tool.',
  },
  'pin.hidden_tool': {
    title: 'Tool that the server may not offer',
    cause: "The McpServer's own `tools.allow` or `tools.deny` leaves the tool out; deny wins.",
    cure: 'Change the lists of the McpServer, or take the tool from the agent.',
  },
} as const satisfies Record<string, CodeDoc>;
