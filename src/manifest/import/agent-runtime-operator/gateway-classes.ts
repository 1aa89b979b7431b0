import type { ForeignKind } from '../dialect.ts';
import { mapped } from '../field-table.ts';
import { metadataFields } from '../metadata-fields.ts';
import { operatorVersions } from './cluster-fields.ts';

const reason =
  'It says which controller in the cluster serves gateways of a class. In pawl a Gateway is `external`, or `builtin` for agents.';

/** The three kinds that register an implementation of gateways; they differ in their names alone. */
export const gatewayClasses: readonly ForeignKind[] = ['AgentGatewayClass', 'AiGatewayClass', 'ToolGatewayClass'].map(
  (kind) => ({
    kind,
    apiVersions: operatorVersions,
    fields: {
      ...metadataFields,
      'spec.controller': mapped({ type: 'string', required: true }, 'nothing: the whole document is left out'),
    },
    fate: { fate: 'ignored', reason },
  }),
);
