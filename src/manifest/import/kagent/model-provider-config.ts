import type { ForeignKind } from '../dialect.ts';
import { ignored } from '../field-table.ts';
import { metadataFields } from '../metadata-fields.ts';
import { kagentProviders } from './model-config-fields.ts';

const reason = 'It lists the models of a provider for kagent’s screens: each ModelEndpoint of pawl names its model.';

/** An account at a provider, by which kagent finds out which models there are. */
export const modelProviderConfig: ForeignKind = {
  kind: 'ModelProviderConfig',
  apiVersions: ['kagent.dev/v1alpha2', 'kagent.dev/v1alpha3'],
  fields: {
    ...metadataFields,
    'spec.endpoint': ignored({ type: 'string', pattern: '(https?://.*)?' }, reason),
    'spec.secretRef.name': ignored({ type: 'string', required: true }, reason),
    'spec.type': ignored({ type: 'string', required: true, enum: kagentProviders }, reason),
  },
  rules({ spec }) {
    const name = spec.at('secretRef', 'name').value;
    if (spec.get('type').value === 'Ollama' || (typeof name === 'string' && name !== '')) return;
    spec.refuse({ code: 'import.schema', message: '`spec.secretRef` is needed for every provider but Ollama.' });
  },
  fate: { fate: 'ignored', reason },
};
