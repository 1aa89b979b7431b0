import type { CodeDoc } from './problem.ts';

export const formatCodes = {
  'format.unsafe': {
    title: 'A file that is not formatted',
    cause: 'It is written in a way that formatting could change the meaning of, or lose a comment of.',
    cure: 'Write what is unusual in it (anchors, explicit keys, odd indents) in a plainer way, or split it.',
  },
} as const satisfies Record<string, CodeDoc>;
