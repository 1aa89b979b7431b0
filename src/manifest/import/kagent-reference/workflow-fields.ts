import { mapped, refused, type FieldTable } from '../field-table.ts';
import { metadataFields } from '../metadata-fields.ts';

const graph = '`AgentSystem.spec.graph`';

/** What is done with a failure, of one step or of all. */
function failureFields(prefix: string): FieldTable {
  const to = '`retry` of a node';
  return {
    [`${prefix}.retry.maxAttempts`]: mapped({ type: 'integer', min: 1, max: 20 }, to),
    [`${prefix}.retry.backoff.initial`]: mapped('any', to),
    [`${prefix}.retry.backoff.max`]: mapped('any', to),
    [`${prefix}.retry.backoff.multiplier`]: mapped({ type: 'number', min: 1, max: 10 }, to),
    [`${prefix}.retry.backoff.jitter`]: mapped('boolean', to),
    [`${prefix}.retry.retryOn[]`]: mapped(
      { type: 'string', enum: ['timeout', 'rateLimited', 'unavailable', 'error'] },
      to,
    ),
    [`${prefix}.onError`]: mapped('any', '`onError` of a node: Fail, Continue, or `{fallback: {step}}`'),
  };
}

/** A workflow of the reference, whose steps the publication describes and does not print. */
export const workflowFields: FieldTable = {
  ...metadataFields,
  ...failureFields('spec.errorHandling'),
  ...failureFields('spec.steps[]'),
  'spec.displayName': mapped('string', 'the comment above the AgentSystem'),
  'spec.description': mapped('string', '`AgentSystem.spec.description`'),
  'spec.input': mapped('any', '`AgentSystem.spec.input.schema`: a list of parameters, `{parameters}` or `{schema}`'),
  'spec.output': mapped('any', '`AgentSystem.spec.output`'),
  'spec.timeout': mapped('any', '`AgentSystem.spec.limits.timeout`'),
  'spec.concurrency': mapped('any', '`AgentSystem.spec.concurrency`: a policy, or `{policy, limit, key, maxQueued}`'),
  'spec.errorHandling.onFailure': mapped('any', '`AgentSystem.spec.onFailure`: Fail, or `{step}`'),
  'spec.steps': mapped({ type: 'list', required: true, minItems: 1, maxItems: 500 }, graph),
  'spec.steps[].name': mapped({ type: 'string', required: true, minLength: 1 }, 'the name of a node'),
  'spec.steps[].agent': mapped('any', '`agentRef`: a name, or `{name}`'),
  'spec.steps[].agentRef': mapped('any', '`agentRef`: a name, or `{name}`'),
  'spec.steps[].tool': mapped('any', '`toolRef`: a name, or `{name}`'),
  'spec.steps[].toolRef': mapped('any', '`toolRef`: a name, or `{name}`'),
  'spec.steps[].workflow': mapped('any', '`systemRef`: a name, or `{name}`'),
  'spec.steps[].workflowRef': mapped('any', '`systemRef`: a name, or `{name}`'),
  'spec.steps[].human': mapped('map', '`human`'),
  'spec.steps[].human.assignees.groups[]': mapped('string', '`human.assignees`'),
  'spec.steps[].human.assignees.users[]': mapped('string', '`human.assignees`'),
  'spec.steps[].human.form': mapped('any', '`human.form`'),
  'spec.steps[].input': mapped('any', '`input` of a node'),
  'spec.steps[].dependsOn[]': mapped('string', '`dependsOn`'),
  'spec.steps[].parallel': mapped('boolean', '`dependsOn`: the step runs beside its neighbours'),
  'spec.steps[].when': refused(
    'string',
    'Whether the steps after one that is skipped run as well is not said.',
    'Write the condition as a `switch` of the step before, which says where the workflow goes.',
  ),
  'spec.steps[].timeout': mapped('any', '`timeout` of a node'),
  'spec.steps[].forEach': mapped({ type: 'string', minLength: 1 }, '`forEach`'),
  'spec.steps[].maxParallel': mapped({ type: 'integer', min: 1, max: 1_000 }, '`maxParallel`'),
  'spec.steps[].loop.until': mapped({ type: 'string', required: true, minLength: 1 }, '`loop.until`'),
  'spec.steps[].loop.maxIterations': mapped({ type: 'integer', required: true, min: 1, max: 1_000 }, '`loop.maxTurns`'),
  'spec.steps[].loop.delay': refused(
    'any',
    'A loop of pawl has no pause between its turns.',
    'Remove `delay`, or put the pause into what the step calls.',
  ),
  'spec.steps[].switch[].when': mapped({ type: 'string', required: true, minLength: 1 }, '`edges[].when`'),
  'spec.steps[].switch[].next': mapped({ type: 'string', required: true }, '`edges[].to`'),
  'spec.steps[].default': mapped('string', '`edges[].default`'),
  'spec.steps[].join.mode': mapped({ type: 'string', enum: ['All', 'Any', 'Quorum'] }, '`join.mode`'),
  'spec.steps[].join.count': mapped({ type: 'integer', min: 1, max: 500 }, '`join.count`'),
};
