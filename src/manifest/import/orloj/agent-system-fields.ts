import { ignored, mapped, type FieldTable } from '../field-table.ts';
import { orlojMetadata } from './orloj-metadata.ts';

const unusedLabel = 'Orloj does nothing with it.';

/** What may stand at an edge, at a delegate and at what an evaluation expects. */
export function conditionFields(path: string, to: string): FieldTable {
  return {
    [`${path}.output_contains`]: mapped('string', to),
    [`${path}.output_not_contains`]: mapped('string', to),
    [`${path}.output_matches`]: mapped({ type: 'string', maxLength: 512 }, to),
    [`${path}.output_json_path`]: mapped('string', `${to}, where the agent has an \`output_schema\``),
    [`${path}.equals`]: mapped('string', to),
    [`${path}.not_equals`]: mapped('string', to),
    [`${path}.contains`]: mapped('string', to),
    [`${path}.greater_than`]: mapped('string', to),
    [`${path}.less_than`]: mapped('string', to),
  };
}

function routeFields(path: string, to: string): FieldTable {
  return {
    [`${path}.to`]: mapped({ type: 'string', required: true, minLength: 1 }, to),
    [`${path}.labels`]: ignored('any', unusedLabel),
    [`${path}.policy`]: ignored('any', unusedLabel),
  };
}

function joinFields(path: string, to: string): FieldTable {
  return {
    [`${path}.mode`]: mapped({ type: 'string', enum: ['wait_for_all', 'quorum'] }, to),
    [`${path}.quorum_count`]: mapped({ type: 'integer', min: 0 }, to),
    [`${path}.quorum_percent`]: mapped({ type: 'integer', min: 0, max: 100 }, to),
    [`${path}.on_failure`]: ignored(
      { type: 'string', enum: ['deadletter', 'skip', 'continue_partial'] },
      'Orloj checks it and never uses it: a step that fails for good fails the whole task, and the run here.',
    ),
  };
}

function reviewFields(path: string, to: string): FieldTable {
  return {
    [`${path}.checkpoint_id`]: mapped(
      { type: 'string', required: true, minLength: 1 },
      'nothing: a review is told by its node',
    ),
    [`${path}.display_name`]: ignored('string', 'pawl shows reviewers the node and its output.'),
    [`${path}.reason`]: ignored('string', 'pawl shows reviewers the node and its output.'),
    [`${path}.ttl`]: mapped('string', `${to}.ttl`),
    [`${path}.allow_request_changes`]: mapped('boolean', `${to}.maxCycles\`: 0 for false`),
    [`${path}.max_review_cycles`]: mapped({ type: 'integer', min: 0 }, `${to}.maxCycles`),
  };
}

/** What becomes of the fields of an AgentSystem. */
export const agentSystemFields: FieldTable = {
  ...orlojMetadata,
  'spec.agents[]': mapped({ type: 'string', minLength: 1 }, 'the nodes of `AgentSystem.spec.graph`'),
  'spec.graph.*.next': mapped('string', '`AgentSystem.spec.graph.*.edges[]`, as the first of them'),
  ...routeFields('spec.graph.*.edges[]', '`AgentSystem.spec.graph.*.edges[].to`'),
  ...conditionFields('spec.graph.*.edges[].condition', '`AgentSystem.spec.graph.*.edges[].when`'),
  'spec.graph.*.edges[].condition.default': mapped('boolean', '`AgentSystem.spec.graph.*.edges[].default`'),
  ...joinFields('spec.graph.*.join', '`AgentSystem.spec.graph.*.join`'),
  ...routeFields('spec.graph.*.delegates[]', '`AgentSystem.spec.graph.*.delegates[]`'),
  ...conditionFields('spec.graph.*.delegates[].condition', 'refused: all delegates of a node run'),
  'spec.graph.*.delegates[].condition.default': mapped('boolean', 'refused: all delegates of a node run'),
  ...joinFields('spec.graph.*.delegate_join', 'nothing: pawl waits for all delegates'),
  ...reviewFields('spec.graph.*.review', '`AgentSystem.spec.graph.*.review'),
  ...reviewFields('spec.completion_review', '`AgentSystem.spec.graph.*.review`, of the last node: `'),
  'spec.context_adapter': mapped('string', 'a first node of `AgentSystem.spec.graph` that calls the tool'),
  'spec.a2a.enabled': mapped('boolean', 'left out: pawl exposes agents, and no systems'),
  'spec.a2a.auth': mapped({ type: 'string', enum: ['', 'bearer', 'public'] }, 'left out with `enabled`'),
};
