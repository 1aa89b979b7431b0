import type { ForeignKind } from '../dialect.ts';
import { ignored } from '../field-table.ts';
import { metadataFields } from '../metadata-fields.ts';

const reason = 'It is one run, and runs are started, not declared: `pawl run` starts the AgentSystem.';

/** A run of a workflow: what happened, and no wish of an author. */
export const workflowRun: ForeignKind = {
  kind: 'WorkflowRun',
  apiVersions: ['kagent.dev/v1alpha1'],
  fields: { ...metadataFields, spec: ignored('any', reason) },
  fate: { fate: 'ignored', reason },
};
