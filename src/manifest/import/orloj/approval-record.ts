import type { ForeignKind } from '../dialect.ts';
import { ignored, type FieldTable } from '../field-table.ts';
import { orlojMetadata, orlojVersions } from './orloj-metadata.ts';

const reason = 'It belongs to one request of a run over there.';

function recorded(fields: FieldTable): FieldTable {
  return { ...orlojMetadata, ...fields };
}

/** A request to approve one call of a tool, as Orloj's runtime writes it. */
export const toolApproval: ForeignKind = {
  kind: 'ToolApproval',
  apiVersions: orlojVersions,
  fields: recorded({
    'spec.task_ref': ignored({ type: 'string', required: true }, reason),
    'spec.tool': ignored({ type: 'string', required: true }, reason),
    'spec.operation_class': ignored('string', reason),
    'spec.agent': ignored('string', reason),
    'spec.input': ignored('any', reason),
    'spec.reason': ignored('string', reason),
    'spec.ttl': ignored('string', reason),
  }),
  fate: {
    fate: 'ignored',
    reason: 'The runtime of Orloj wrote it for one call: pawl asks anew, by the rules of ToolPermissions.',
  },
};

/** A request to look at what an agent or a task put out, as Orloj's runtime writes it. */
export const taskApproval: ForeignKind = {
  kind: 'TaskApproval',
  apiVersions: orlojVersions,
  fields: recorded({
    'spec.task_ref': ignored({ type: 'string', required: true }, reason),
    'spec.checkpoint_id': ignored('string', reason),
    'spec.checkpoint_type': ignored({ type: 'string', enum: ['agent_output', 'task_output'] }, reason),
    'spec.agent': ignored('string', reason),
    'spec.reason': ignored('string', reason),
    'spec.ttl': ignored('string', reason),
    'spec.allow_request_changes': ignored('boolean', reason),
    'spec.max_review_cycles': ignored('integer', reason),
    'spec.review_cycle': ignored('integer', reason),
    'spec.supersedes': ignored('string', reason),
    'spec.output': ignored('any', reason),
    'spec.output_format': ignored({ type: 'string', enum: ['text', 'json'] }, reason),
    'spec.resume_context': ignored('any', reason),
  }),
  fate: {
    fate: 'ignored',
    reason: 'The runtime of Orloj wrote it for one output: reviews are nodes of the graph in pawl, which ask anew.',
  },
};
