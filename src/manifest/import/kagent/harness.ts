import type { Conversion } from '../conversion.ts';
import type { ForeignKind } from '../dialect.ts';
import { ignored, mapped, refused, type FieldTable } from '../field-table.ts';
import type { ForeignDocument } from '../foreign.ts';
import { metadataFields } from '../metadata-fields.ts';
import { breaksSchema } from './agent-rules.ts';
import { flagCredentials } from '../credential.ts';
import { isSelected } from './label-selector.ts';
import { noProcess } from './pod-fields.ts';

const admits = 'which AgentTemplates become agents that kagent runs';
const substrate = 'It says where sandboxes are kept, and pawl has no such store.';
const other = {
  message: 'It runs templates in another loop than kagent’s, and pawl’s own is not the same.',
  help: 'Write such an agent with `runtime.container` or `runtime.external`.',
};
const runtimes = ['kagent', 'codex', 'claude'];

const fields: FieldTable = {
  ...metadataFields,
  'spec.allowedAgentTemplates': mapped('map', admits),
  'spec.allowedAgentTemplates.selector': mapped({ type: 'any', required: true }, admits),
  'spec.claude': refused('any', other.message, other.help),
  'spec.codex': refused('any', other.message, other.help),
  'spec.env': ignored({ type: 'list', maxItems: 100 }, noProcess),
  'spec.kagent': mapped('any', 'pawl’s own loop'),
  'spec.substrate': mapped({ type: 'map', required: true }, 'nothing beneath it is taken over'),
  'spec.substrate.snapshotPolicy': mapped({ type: 'map', required: true }, 'nothing beneath it is taken over'),
  'spec.substrate.snapshotPolicy.location': ignored(
    { type: 'string', required: true, pattern: '^[^[:space:]]+$' },
    substrate,
  ),
  'spec.substrate.workerPoolRef': mapped({ type: 'map', required: true }, 'nothing beneath it is taken over'),
  'spec.substrate.workerPoolRef.name': ignored('string', substrate),
  'spec.workload': mapped({ type: 'map', required: true }, 'nothing beneath it is taken over'),
  'spec.workload.image': ignored(
    { type: 'string', required: true, pattern: '^[^[:space:]@]+@sha256:[a-f0-9]{64}$' },
    'pawl runs templates in its own loop: there is no image.',
  ),
};

/** Where templates run: read at the templates that it admits. */
export const harness: ForeignKind = {
  kind: 'Harness',
  apiVersions: ['kagent.dev/v1alpha3'],
  fields,
  rules({ spec }) {
    if (runtimes.filter((runtime) => spec.get(runtime).exists).length !== 1)
      breaksSchema(spec, 'A Harness must have exactly one of `kagent`, `codex` and `claude`.');
    if ((spec.at('substrate', 'workerPoolRef', 'name').value ?? '') === '')
      breaksSchema(spec.at('substrate', 'workerPoolRef'), '`spec.substrate.workerPoolRef.name` must not be empty.');
    for (const variable of spec.get('env').items()) {
      const reference = variable.get('credentialRef');
      if (variable.get('value').exists === reference.exists)
        breaksSchema(variable, `\`${variable.field}\` must have either \`value\` or \`credentialRef\`.`);
      if (reference.exists && (reference.get('name').value ?? '') === '')
        breaksSchema(reference, `\`${reference.field}.name\` must not be empty.`);
    }
    flagCredentials(spec.get('env'));
  },
  fate: {
    fate: 'referenced',
    reason: 'Which templates it admits is read there; pawl runs them in its own loop, without a sandbox to keep.',
  },
};

/** The harnesses of the template's namespace that admit it; one without a selector admits none. */
export function admittingHarnesses({ estate }: Conversion, template: ForeignDocument): readonly ForeignDocument[] {
  return [...estate.documents.keys()].filter(({ kind, group, namespace, spec }) => {
    if (kind !== 'Harness' || group !== template.group || namespace !== template.namespace) return false;
    const selector = spec.at('allowedAgentTemplates', 'selector');
    return selector.exists && isSelected(selector, template.labels);
  });
}
