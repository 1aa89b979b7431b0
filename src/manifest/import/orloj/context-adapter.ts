import type { ForeignKind } from '../dialect.ts';
import { mapped } from '../field-table.ts';
import { orlojMetadata, orlojVersions } from './orloj-metadata.ts';

/** A tool that sees the input of a task before any agent does. */
export const contextAdapter: ForeignKind = {
  kind: 'ContextAdapter',
  apiVersions: orlojVersions,
  fields: {
    ...orlojMetadata,
    'spec.tool_ref': mapped(
      { type: 'string', required: true, minLength: 1 },
      'the `toolRef` of the first node of the systems that name it',
    ),
    'spec.on_error': mapped(
      { type: 'string', enum: ['reject', 'passthrough'] },
      '`onError` of that node: `continue` for `passthrough`',
    ),
  },
  fate: { fate: 'referenced', reason: 'It becomes the first node of each system that names it.' },
};
