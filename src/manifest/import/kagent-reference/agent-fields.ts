import { ignored, mapped, type FieldTable } from '../field-table.ts';
import { metadataFields } from '../metadata-fields.ts';
import { memoryFields } from './memory-block.ts';
import { modelFields } from './model-block.ts';

const scaling = 'Workers scale, not agents: a WorkerPool says how many there are and by which metrics.';
const pod = 'Agents run in workers of pawl: there is no pod to size.';
const traces = 'Where traces go is a setting of the process (OTLP), not of an agent.';
const compaction = '`Agent.spec.context.compaction.triggerTokens`';

/** The agent that the publication prints in full. */
export const agentFields: FieldTable = {
  ...metadataFields,
  ...modelFields,
  ...memoryFields('spec.memory'),
  'spec.displayName': mapped('string', '`Agent.spec.displayName`'),
  'spec.description': mapped('string', '`Agent.spec.description`'),
  'spec.systemPrompt': mapped({ type: 'string', required: true, minLength: 1 }, '`Agent.spec.prompt`'),
  'spec.tools[].name': mapped({ type: 'string', required: true }, '`Agent.spec.tools[].toolRef`, with a role'),
  'spec.memory.compression.enabled': mapped('boolean', compaction),
  'spec.memory.compression.threshold': mapped({ type: 'integer', min: 1_000 }, compaction),
  'spec.scaling.minReplicas': ignored('integer', scaling),
  'spec.scaling.maxReplicas': ignored('integer', scaling),
  'spec.scaling.metrics': ignored('any', scaling),
  'spec.scaling.keda': ignored('any', scaling),
  'spec.resources': ignored('any', pod),
  'spec.observability.tracing.enabled': mapped('boolean', '`Agent.spec.observability.sampling: 0` where it is false'),
  'spec.observability.tracing.provider': ignored(
    { type: 'string', enum: ['langfuse', 'langsmith', 'cloudwatch'] },
    traces,
  ),
  'spec.observability.metrics': ignored('any', 'The process serves the metrics of all agents, at one port.'),
};
