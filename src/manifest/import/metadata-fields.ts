import { ignored, mapped, type FieldTable } from './field-table.ts';

/** What stands above the `spec` of everything that Kubernetes, or a system in its manner, reads. */
export const metadataFields: FieldTable = {
  apiVersion: mapped({ type: 'string', required: true }, 'the dialect'),
  kind: mapped({ type: 'string', required: true }, '`kind`'),
  'metadata.name': mapped({ type: 'string', required: true }, '`metadata.name`'),
  'metadata.namespace': mapped('string', '`metadata.namespace`'),
  'metadata.labels.*': mapped('string', '`metadata.labels`'),
  'metadata.annotations.*': mapped('string', '`metadata.annotations`'),
  'metadata.generateName': ignored('string', 'A resource has one name in pawl.'),
  'metadata.finalizers': ignored('any', 'Finalizers belong to the cluster.'),
  'metadata.ownerReferences': ignored('any', 'Owners belong to the cluster.'),
  'metadata.managedFields': ignored('any', 'The cluster keeps them.'),
  'metadata.creationTimestamp': ignored('any', 'The cluster wrote it.'),
  'metadata.deletionTimestamp': ignored('any', 'The cluster wrote it.'),
  'metadata.resourceVersion': ignored('any', 'The other system wrote it.'),
  'metadata.generation': ignored('any', 'The other system wrote it.'),
  'metadata.uid': ignored('any', 'The cluster wrote it.'),
  'metadata.selfLink': ignored('any', 'The cluster wrote it.'),
  status: ignored('any', 'The status is what the other system saw, and no wish of an author.'),
};
