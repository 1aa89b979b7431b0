import { createVector, type VectorState } from '../store/vector.ts';
import type { Check } from './app-port.ts';

/** For the role that may not create it. */
export const vectorHelp = `pgvector is on the server and not in this database, and this role may not create it. Let an administrator run \`${createVector}\` in it: memories are searched by words until then.`;

/** Whether memories that name what embeds them are searched by meaning here. */
export function checkVector(state: VectorState): Check {
  const name = 'pgvector';
  switch (state) {
    case 'ready':
      return { name, state: 'ok', detail: 'memories can be searched by meaning' };
    case 'available':
      return {
        name,
        state: 'warning',
        detail: 'on the server and not created in this database: memories are searched by words',
        help: `Run \`pawl migrate\`, or let an administrator run \`${createVector}\` in the database.`,
      };
    case 'absent':
      return { name, state: 'ok', detail: 'not on the server: memories are searched by words' };
  }
}
