import type { CodeDoc } from '../manifest/problem.ts';

/** What can be wrong with ordering a halt, or with lifting one. */
export const haltCodes = {
  'halt.scope_invalid': {
    title: 'Not a scope that can be halted',
    cause:
      'It is neither `global` nor a kind and a name: `tool/default/search`, `namespace/default`, `provider/openai`.',
    cure: 'Write one of global, environment/NAME, namespace/NAME, system/NS/NAME, agent/NS/NAME, tool/NS/NAME, model/NS/NAME, provider/NAME.',
  },
  'halt.unknown_name': {
    title: 'Nothing has the name that is to be halted',
    cause: 'Neither live nor a run that has not ended knows it, so that a halt would stop nothing.',
    cure: 'Look for a typing error. With `--force` the halt is put in force all the same, for what may come.',
  },
  'halt.set_by_admin': {
    title: 'An admin has set the halt',
    cause: 'Nobody lifts a halt whose role in its scope is lower than the role that it was set by.',
    cure: 'Ask an admin to lift it: `pawl get halts` says who set it.',
  },
  'halt.not_found': {
    title: 'No such halt is in force',
    cause: 'It was lifted already, its time is over, or its id or scope is another one.',
    cure: 'Look at those in force with `pawl get halts`, and at all with `--all`.',
  },
} as const satisfies Record<string, CodeDoc>;
