import { ignored, mapped, type FieldTable } from '../field-table.ts';
import { orlojMetadata } from './orloj-metadata.ts';

const unusedMemory = 'Orloj stores it and never uses it: the Memory decides.';

/** What becomes of the fields of an Agent. */
export const agentFields: FieldTable = {
  ...orlojMetadata,
  'spec.model_ref': mapped({ type: 'string', required: true, minLength: 1 }, '`Agent.spec.modelRef`'),
  'spec.fallback_model_refs[]': mapped({ type: 'string', minLength: 1 }, '`Agent.spec.modelRefs`, after the first'),
  'spec.prompt': mapped('string', '`Agent.spec.prompt`, with `{{` escaped'),
  'spec.tools[]': mapped({ type: 'string', minLength: 1 }, '`Agent.spec.tools[]`, and what grants them'),
  'spec.allowed_tools[]': mapped(
    { type: 'string', minLength: 1 },
    'a role that grants what no permission is asked for',
  ),
  'spec.roles[]': mapped({ type: 'string', minLength: 1 }, '`Agent.spec.roles[]`'),
  'spec.memory.ref': mapped('string', '`Agent.spec.memory.memoryRef`'),
  'spec.memory.type': ignored('string', unusedMemory),
  'spec.memory.provider': ignored('string', unusedMemory),
  'spec.memory.allow[]': mapped(
    { type: 'string', enum: ['read', 'write', 'search', 'list', 'ingest'] },
    '`Agent.spec.memory.allow[]`',
  ),
  'spec.execution.profile': mapped(
    { type: 'string', enum: ['dynamic', 'contract'] },
    '`contract`: `Agent.spec.execution.requiredTools`',
  ),
  'spec.execution.tool_sequence[]': mapped(
    { type: 'string', minLength: 1 },
    '`Agent.spec.execution.requiredTools`; an enforced order of several is refused',
  ),
  'spec.execution.required_output_markers[]': mapped(
    'string',
    'refused where it is enforced: pawl demands shapes of answers, not words',
  ),
  'spec.execution.duplicate_tool_call_policy': mapped(
    { type: 'string', enum: ['short_circuit', 'deny'] },
    '`Agent.spec.execution.duplicateCalls`',
  ),
  'spec.execution.on_contract_violation': mapped(
    { type: 'string', enum: ['non_retryable_error', 'observe'] },
    '`observe` leaves the contract out',
  ),
  'spec.execution.tool_use_behavior': mapped(
    { type: 'string', enum: ['run_llm_again', 'stop_on_first_tool'] },
    '`Agent.spec.execution.toolUse`',
  ),
  'spec.execution.output_schema': mapped('map', '`Agent.spec.output.schema`'),
  'spec.limits.max_steps': mapped({ type: 'integer', min: 0 }, '`Agent.spec.limits.maxSteps`, 10 where it is absent'),
  'spec.limits.timeout': mapped('string', '`Agent.spec.limits.timeout`, 5m where it is absent'),
};
