import type { ForeignKind } from '../dialect.ts';
import { mapped } from '../field-table.ts';
import { orlojMetadata, orlojVersions } from './orloj-metadata.ts';
import { permissionsOf } from './permission-token.ts';

const descriptionMax = 2000;

/** Permissions as free texts. What names a tool becomes a permission of that tool, the rest capabilities. */
export const agentRole: ForeignKind = {
  kind: 'AgentRole',
  apiVersions: orlojVersions,
  fields: {
    ...orlojMetadata,
    'spec.description': mapped('string', '`AgentRole.spec.description`'),
    'spec.permissions[]': mapped(
      'string',
      '`AgentRole.spec.permissions`: `tool:<name>:invoke` is `tool:<name>:*`, other texts are capabilities',
    ),
  },
  fate: {
    fate: 'mapped',
    becomes: 'AgentRole',
    convert(document, conversion) {
      const { spec } = document;
      const description = spec.get('description').text();
      spec.get('permissions').texts();
      conversion.become(document, {
        ...(description === undefined || description === ''
          ? {}
          : { description: description.slice(0, descriptionMax) }),
        permissions: permissionsOf(document, conversion),
      });
    },
  },
};
