import type { ForeignKind } from '../dialect.ts';
import { type FieldTable, ignored, mapped, refused } from '../field-table.ts';
import type { ForeignDocument } from '../foreign.ts';
import { metadataFields } from '../metadata-fields.ts';
import { operatorVersions } from './cluster-fields.ts';

/** The block of settings that each type of provider needs. */
export const providerBlocks: Readonly<Record<string, string>> = {
  'openai-moderation-api': 'openaiModeration',
  'presidio-api': 'presidio',
  'bedrock-api': 'bedrock',
};

/** A service that looks at texts; Guards name it, and it becomes the `provider` of each of them. */
export const guardrailProvider: ForeignKind = {
  kind: 'GuardrailProvider',
  apiVersions: operatorVersions,
  fields: {
    ...metadataFields,
    'spec.type': mapped(
      { type: 'string', required: true, enum: Object.keys(providerBlocks) },
      '`Guard.spec.provider.type`',
    ),
    'spec.presidio.baseUrl': mapped({ type: 'string', required: true }, '`Guard.spec.provider.presidio.url`'),
    ...keySelector('spec.presidio.apiKeySecretRef', '`Guard.spec.provider.presidio.auth`'),
    'spec.openaiModeration.baseUrl': mapped('string', '`Guard.spec.provider.openaiModeration.baseUrl`'),
    ...keySelector('spec.openaiModeration.apiKeySecretRef', '`Guard.spec.provider.openaiModeration.secretRef`'),
    'spec.bedrock': refused(
      'map',
      'pawl has no guardrails of Bedrock.',
      'Put a service in front that asks Bedrock, and use a Guard of the type `http`.',
    ),
  },
  rules: checkBlock,
  fate: { fate: 'referenced', reason: 'It becomes the `provider` of each Guard that names it.' },
};

function keySelector(path: string, to: string): FieldTable {
  return {
    [`${path}.name`]: mapped({ type: 'string', required: true }, to),
    [`${path}.key`]: mapped({ type: 'string', required: true }, to),
    [`${path}.optional`]: ignored('boolean', 'A key that is not there fails the check in pawl, which denies the call.'),
  };
}

/** A provider without the settings of its type cannot be asked, there or here. */
function checkBlock({ spec }: ForeignDocument): void {
  const type = spec.get('type');
  const block = providerBlocks[type.text() ?? ''];
  // OpenAI's own endpoint needs nothing but a key.
  if (block === undefined || block === 'openaiModeration' || spec.get(block).exists) return;
  type.refuse({
    code: 'import.schema',
    message: `\`${type.text() ?? ''}\` needs \`spec.${block}\`, which is missing.`,
    help: `Add \`spec.${block}\`.`,
  });
}
