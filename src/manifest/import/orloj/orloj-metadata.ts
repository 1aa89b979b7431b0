import { ignored, mapped, type FieldTable } from '../field-table.ts';
import { metadataFields } from '../metadata-fields.ts';

/** The one version of Orloj's API. */
export const orlojVersions: readonly string[] = ['orloj.dev/v1'];

/** What stands above the `spec` of every kind of Orloj. */
export const orlojMetadata: FieldTable = {
  ...metadataFields,
  'metadata.name': mapped(
    { type: 'string', required: true, maxLength: 253, pattern: '[^\\s/.][^\\s/]*' },
    '`metadata.name`',
  ),
  'metadata.createdAt': ignored('any', 'Orloj wrote it.'),
};
