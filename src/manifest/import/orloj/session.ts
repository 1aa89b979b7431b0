import type { ForeignKind } from '../dialect.ts';
import { ignored } from '../field-table.ts';
import { orlojMetadata, orlojVersions } from './orloj-metadata.ts';

const reason = 'The whole document is refused.';

/** A conversation with a system that goes on: pawl begins one where a run is submitted with a session. */
export const session: ForeignKind = {
  kind: 'Session',
  apiVersions: orlojVersions,
  fields: {
    ...orlojMetadata,
    'spec.system': ignored('any', reason),
    'spec.idle_ttl': ignored('any', reason),
    'spec.max_turns': ignored('any', reason),
    'spec.input': ignored('any', reason),
  },
  fate: {
    fate: 'refused',
    message: 'A session is no manifest in pawl: it begins with a run that names it.',
    help: 'Give the agents a Memory and submit runs with `--session NAME`.',
  },
};
