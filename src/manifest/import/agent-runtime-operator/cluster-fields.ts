import { type FieldTable, ignored, mapped } from '../field-table.ts';

/** The group and version of all kinds of the operator. */
export const operatorVersions = ['runtime.agentic-layer.ai/v1alpha1'];

/** The address that Kubernetes gives a Service. */
export function serviceUrl(
  { name, namespace }: { readonly name: string; readonly namespace: string },
  { port = 80, path = '' }: { readonly port?: number; readonly path?: string } = {},
): string {
  return `http://${name}.${namespace}.svc.cluster.local${port === 80 ? '' : `:${port}`}${path}`;
}

/** A reference of Kubernetes at a path, of which the operator reads the name and the namespace. */
export function objectReference(path: string, to: string): FieldTable {
  return {
    [`${path}.name`]: mapped({ type: 'string', required: true, minLength: 1 }, to),
    [`${path}.namespace`]: mapped('string', to),
    [`${path}.kind`]: ignored('string', 'The field says already which kind is meant.'),
    [`${path}.apiVersion`]: ignored('string', 'The field says already which kind is meant.'),
    [`${path}.uid`]: ignored('string', 'pawl refers by namespace and name.'),
    [`${path}.resourceVersion`]: ignored('string', 'pawl refers by namespace and name.'),
    [`${path}.fieldPath`]: ignored('string', 'The operator does not read it.'),
  };
}

/** What only concerns the objects that the operator makes in its cluster. */
export const clusterMetadata: FieldTable = {
  'spec.commonMetadata': ignored('any', 'Labels and annotations of objects in the cluster; pawl makes none there.'),
  'spec.podMetadata': ignored('any', 'Labels and annotations of pods; pawl makes none.'),
};

const elsewhere = 'It goes on running in the cluster, and its environment stays there.';

/** The environment of something that goes on running where it runs. */
export const clusterEnvironment: FieldTable = {
  'spec.env': ignored('list', elsewhere),
  'spec.envFrom': ignored('list', elsewhere),
};
