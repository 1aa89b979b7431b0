import { mapped, refused, type FieldTable } from '../field-table.ts';
import { metadataFields } from '../metadata-fields.ts';
import { parameterFields } from './parameters.ts';

const store = {
  message: 'A vector store of its own is not reached by pawl: a retrieval searches a Memory.',
  help: 'Name a Memory in `memory` and fill it, or reach the store by a tool of type `api`.',
};

/** Fields that depend on the type; the publication has a memory's under `config`, so both places are read. */
function typeFields(prefix: string): FieldTable {
  return {
    [`${prefix}.endpoint`]: mapped('string', '`Tool.spec.http.url`'),
    [`${prefix}.method`]: mapped(
      { type: 'string', enum: ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'] },
      '`Tool.spec.http.method`',
    ),
    [`${prefix}.timeout`]: mapped('any', '`Tool.spec.timeout`'),
    [`${prefix}.auth.type`]: mapped(
      { type: 'string', enum: ['none', 'bearer', 'basic', 'apiKey'] },
      '`Tool.spec.auth.profile`',
    ),
    [`${prefix}.auth.header`]: mapped('string', '`Tool.spec.auth.headerName`'),
    [`${prefix}.auth.secretRef.name`]: mapped({ type: 'string', required: true }, '`Tool.spec.auth.secretRef`'),
    [`${prefix}.auth.secretRef.key`]: mapped({ type: 'string', required: true }, '`Tool.spec.auth.secretRef`'),
    [`${prefix}.language`]: mapped('string', '`Tool.spec.code.language`'),
    [`${prefix}.code`]: mapped('string', '`Tool.spec.code.source`'),
    [`${prefix}.assignees.groups[]`]: mapped('string', '`Tool.spec.human.assignees`'),
    [`${prefix}.assignees.users[]`]: mapped('string', '`Tool.spec.human.assignees`'),
    [`${prefix}.memory`]: mapped('string', '`Tool.spec.retrieval.memoryRef`'),
    [`${prefix}.topK`]: mapped({ type: 'integer', min: 1, max: 1_000 }, '`Tool.spec.retrieval.topK`'),
    [`${prefix}.store`]: refused('any', store.message, store.help),
  };
}

/** A tool of the reference. */
export const toolFields: FieldTable = {
  ...metadataFields,
  ...typeFields('spec'),
  ...typeFields('spec.config'),
  ...parameterFields('spec.parameters', '`Tool.spec.inputSchema`'),
  'spec.type': mapped(
    { type: 'string', required: true, enum: ['retrieval', 'api', 'code', 'human'] },
    '`Tool.spec.type`',
  ),
  'spec.displayName': mapped('string', 'the comment above the Tool'),
  'spec.description': mapped({ type: 'string', required: true, minLength: 1 }, '`Tool.spec.description`'),
  'spec.output': mapped('any', '`Tool.spec.outputSchema`'),
};
