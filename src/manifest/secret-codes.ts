import type { CodeDoc } from './problem.ts';

/** What can be wrong with where a Secret says that its values are. */
export const secretCodes = {
  'secret.age_invalid': {
    title: 'Not an age file',
    cause: 'A key of a Secret with `source: age` holds no whole armored age file that a worker could decrypt.',
    cure: 'Write it with `pawl secret encrypt`; docs/secrets.md shows how.',
  },
  'secret.file_path': {
    title: 'Not an absolute path',
    cause: 'A key of a Secret with `source: file` holds a path that does not begin at the root, or leads upward.',
    cure: 'Write the path as the worker sees it, without `.` and `..`.',
  },
  'secret.variable_name': {
    title: 'A variable that workers do not read by themselves',
    cause: 'A key of a Secret with `source: env` names a variable that does not begin with `PAWL_SECRET_`.',
    cure: 'Rename the variable, or list it in `PAWL_SECRET_ENV` where workers are started.',
  },
} as const satisfies Record<string, CodeDoc>;
