import { ignored, mapped, type FieldTable } from '../field-table.ts';
import { conditionFields } from './agent-system-fields.ts';
import { orlojMetadata } from './orloj-metadata.ts';

const strategies = ['exact_match', 'llm_judge', 'manual', 'custom'];

function scoringFields(path: string): FieldTable {
  return {
    [`${path}.strategy`]: mapped({ type: 'string', enum: strategies }, '`exact_match` alone; the others are refused'),
    [`${path}.model_ref`]: mapped('string', 'refused with its strategy'),
    [`${path}.rubric`]: mapped('string', 'refused with its strategy'),
    [`${path}.tool_ref`]: mapped('string', 'refused with its strategy'),
  };
}

/** What becomes of the fields of an EvalDataset, in the Evals of the runs that name it. */
export const evalDatasetFields: FieldTable = {
  ...orlojMetadata,
  'spec.description': mapped('string', '`Eval.spec.description`'),
  'spec.samples[].name': mapped({ type: 'string', required: true, minLength: 1 }, '`Eval.spec.cases[].name`'),
  'spec.samples[].input.*': mapped('string', '`Eval.spec.cases[].input`'),
  ...conditionFields('spec.samples[].expected', '`Eval.spec.cases[].expect.expr`'),
  ...scoringFields('spec.samples[].scoring'),
};

/** What becomes of the fields of an EvalRun. */
export const evalRunFields: FieldTable = {
  ...orlojMetadata,
  'spec.dataset_ref': mapped({ type: 'string', required: true, minLength: 1 }, '`Eval.spec.cases`'),
  'spec.system': mapped({ type: 'string', required: true, minLength: 1 }, '`Eval.spec.systemRef`'),
  'spec.model_endpoint_override': mapped('string', 'refused: pawl tries systems as they are'),
  'spec.agent_overrides.*.prompt': mapped('string', 'refused: pawl tries systems as they are'),
  'spec.agent_overrides.*.model_ref': mapped('string', 'refused: pawl tries systems as they are'),
  ...scoringFields('spec.scoring'),
  'spec.concurrency': ignored('integer', 'How many cases run at once is up to the workers.'),
  'spec.timeout': mapped('string', '`Eval.spec.timeout`'),
  'spec.labels.*': ignored('string', 'They tell runs apart; an Eval of pawl is not one run.'),
  'spec.suspended': ignored('boolean', 'An Eval of pawl runs when somebody asks for it.'),
};
