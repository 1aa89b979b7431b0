import { type FieldTable, mapped, refused } from '../field-table.ts';
import { metadataFields } from '../metadata-fields.ts';
import { objectReference } from './cluster-fields.ts';

export const guardModes = ['pre_call', 'post_call', 'during_call'];

export const guardFields: FieldTable = {
  ...metadataFields,
  'spec.mode': mapped({ type: 'list', required: true, minItems: 1 }, '`Guard.spec.mode`'),
  'spec.mode[]': mapped({ type: 'string', enum: guardModes }, '`Guard.spec.mode`'),
  'spec.description': mapped('string', '`Guard.spec.description`'),
  ...objectReference('spec.providerRef', '`Guard.spec.provider`'),
  'spec.presidio.language': mapped('string', '`Guard.spec.provider.presidio.language`'),
  'spec.presidio.scoreThresholds.*': mapped(
    'string',
    '`Guard.spec.provider.presidio.minScore`: a Guard for each score',
  ),
  'spec.presidio.entityActions.*': mapped(
    'string',
    '`Guard.spec.provider.presidio.entities` and `Guard.spec.action`: a Guard for each action',
  ),
  'spec.openaiModeration.model': mapped('string', '`Guard.spec.provider.openaiModeration.model`'),
  'spec.bedrock': refused(
    'map',
    'pawl has no guardrails of Bedrock.',
    'Put a service in front that asks Bedrock, and use a Guard of the type `http`.',
  ),
};
