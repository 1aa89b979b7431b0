import type { ForeignKind } from '../dialect.ts';
import { metadataFields } from '../metadata-fields.ts';
import { memoryFields, readMemory } from './memory-block.ts';

/** Memory of the reference: a store of conversations. */
export const memory: ForeignKind = {
  kind: 'Memory',
  apiVersions: ['kagent.dev/v1alpha1'],
  // A Memory of kagent itself names a provider in place of a type.
  marks: ['type'],
  fields: { ...metadataFields, ...memoryFields('spec') },
  fate: {
    fate: 'mapped',
    becomes: 'Memory',
    convert(document, conversion) {
      const { spec } = readMemory(document.spec);
      if (!document.isRefused) conversion.become(document, spec);
    },
  },
};
