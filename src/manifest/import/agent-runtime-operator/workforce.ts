import type { ForeignKind } from '../dialect.ts';
import { mapped } from '../field-table.ts';
import { metadataFields } from '../metadata-fields.ts';
import { objectReference, operatorVersions } from './cluster-fields.ts';

const text = { type: 'string', required: true, minLength: 1 } as const;

/** Agents that belong together, with somebody who answers for them. */
export const agenticWorkforce: ForeignKind = {
  kind: 'AgenticWorkforce',
  apiVersions: operatorVersions,
  fields: {
    ...metadataFields,
    'spec.name': mapped(text, '`Workforce.spec.displayName`'),
    'spec.description': mapped(text, '`Workforce.spec.description`'),
    'spec.owner': mapped(text, '`Workforce.spec.owner`'),
    'spec.tags[]': mapped('string', '`Workforce.spec.tags`, as labels'),
    'spec.entryPointAgents': mapped({ type: 'list', required: true, minItems: 1 }, '`Workforce.spec.entryAgents`'),
    ...objectReference('spec.entryPointAgents[]', '`Workforce.spec.entryAgents`'),
  },
  fate: {
    fate: 'mapped',
    becomes: 'Workforce',
    convert(document, conversion) {
      const { spec } = document;
      const entryAgents = spec
        .get('entryPointAgents')
        .items()
        .map((node) => {
          const name = node.get('name').text() ?? '';
          return conversion.refer(node, {
            kinds: ['Agent'],
            namespace: node.get('namespace').text(),
            name,
            as: 'Agent',
          });
        });
      const tags = spec.get('tags');
      const written = tags.texts();
      const labels = written.map((tag) => conversion.estate.plainName(tag));
      if (labels.some((label, index) => label !== written[index]))
        tags.flag('import.renamed', `Tags are labels in pawl: ${labels.map((label) => `\`${label}\``).join(', ')}.`);
      conversion.become(document, {
        displayName: spec.get('name').text() ?? '',
        description: spec.get('description').text() ?? '',
        owner: spec.get('owner').text() ?? '',
        entryAgents: [...new Set(entryAgents)],
        ...(labels.length === 0 ? {} : { tags: [...new Set(labels)] }),
      });
    },
  },
};
