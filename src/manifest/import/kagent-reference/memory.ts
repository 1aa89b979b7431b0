import type { ForeignKind } from '../dialect.ts';
import { ignored, mapped } from '../field-table.ts';
import { metadataFields } from '../metadata-fields.ts';

/** Memory of the reference: a store of conversations. */
export const memory: ForeignKind = {
  kind: 'Memory',
  apiVersions: ['kagent.dev/v1alpha1'],
  // A Memory of kagent itself names a provider in place of a type.
  fits: ({ spec }) => spec.get('type').exists,
  fields: {
    ...metadataFields,
    'spec.type': mapped(
      { type: 'string', required: true, enum: ['redis', 'postgres', 'in-memory'] },
      '`Memory.spec.type`',
    ),
    'spec.config.host': ignored('string', 'Memories are kept in the database of pawl: there is no host to name.'),
    'spec.ttl': mapped('integer', '`Memory.spec.session.ttl`'),
    'spec.maxHistory': mapped({ type: 'integer', min: 1 }, '`Memory.spec.session.maxMessages`'),
  },
  fate: {
    fate: 'mapped',
    becomes: 'Memory',
    convert(document, conversion) {
      const { spec } = document;
      const type = spec.get('type');
      if (type.text() === 'redis')
        type.flag('import.store', 'Redis becomes `postgres`: sessions are kept in the database of pawl.');
      const ttl = spec.get('ttl').number();
      const maxMessages = spec.get('maxHistory').number();
      conversion.become(document, {
        type: type.text() === 'in-memory' ? 'inMemory' : 'postgres',
        session: {
          ...(ttl === undefined ? {} : { ttl: `${ttl}s` }),
          ...(maxMessages === undefined ? {} : { maxMessages }),
        },
      });
    },
  },
};
