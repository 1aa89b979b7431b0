import type { ForeignKind } from '../dialect.ts';
import { refused } from '../field-table.ts';
import { metadataFields } from '../metadata-fields.ts';

const message = 'A memory in Pinecone is not carried over: pawl keeps memories in its own database.';
const help =
  'Reach the index as a tool (a Tool of type `http`, or an MCP server), or fill a Memory with `longTerm` and use that.';

/** A vector store at Pinecone, of the first version. */
export const memory: ForeignKind = {
  kind: 'Memory',
  apiVersions: ['kagent.dev/v1alpha1'],
  // A Memory of the published reference has a type, and no provider.
  marks: ['provider', 'pinecone', 'apiKeySecretRef', 'apiKeySecretKey'],
  fields: {
    ...metadataFields,
    'spec.apiKeySecretKey': refused('string', message, help),
    'spec.apiKeySecretRef': refused('string', message, help),
    'spec.pinecone.indexHost': refused({ type: 'string', required: true }, message, help),
    'spec.pinecone.namespace': refused('string', message, help),
    'spec.pinecone.recordFields[]': refused('string', message, help),
    'spec.pinecone.scoreThreshold': refused('string', message, help),
    'spec.pinecone.topK': refused('integer', message, help),
    'spec.provider': refused({ type: 'string', enum: ['Pinecone'] }, message, help),
  },
  fate: { fate: 'refused', message, help },
};
