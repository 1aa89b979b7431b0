import { type FieldTable, ignored } from '../field-table.ts';
import { metadataFields } from '../metadata-fields.ts';
import { clusterEnvironment, clusterMetadata, objectReference } from './cluster-fields.ts';

/** What all three kinds of gateways have; `className` is the field that names their class. */
export function gatewayFields(className: string): FieldTable {
  return {
    ...metadataFields,
    ...clusterMetadata,
    ...clusterEnvironment,
    [`spec.${className}`]: ignored('string', 'Classes belong to the cluster; `Gateway.spec.class` says who serves it.'),
    ...objectReference('spec.guardrails[]', '`AgentPolicy.spec.guards`, for the agents whose calls pass the gateway'),
  };
}
