import type { JsonObject } from '../../json.ts';
import type { Conversion } from '../conversion.ts';
import type { ForeignKind } from '../dialect.ts';
import type { ForeignDocument } from '../foreign.ts';
import { given } from '../given.ts';
import { importedRoles } from '../imported-role.ts';
import { agentFields } from './agent-fields.ts';
import { literalPrompt } from './literal-prompt.ts';
import { readMemory } from './memory-block.ts';
import { readModel } from './model-block.ts';
import { toolUse } from './tool-use.ts';

/** Fields that an agent of kagent itself, in the same version, does not have. */
const ownFields = ['systemPrompt', 'model', 'displayName', 'scaling', 'observability', 'resources'];

/** An agent of the reference, with its model and memory inside. */
export const agent: ForeignKind = {
  kind: 'Agent',
  apiVersions: ['kagent.dev/v1alpha1'],
  marks: ownFields,
  fields: agentFields,
  fate: { fate: 'mapped', becomes: 'Agent', convert },
};

/** What one step of an agent may use where the reference sets no limit. */
const limits = { maxSteps: 10, timeout: '5m' };

function convert(document: ForeignDocument, conversion: Conversion): void {
  const { spec } = document;
  const model = readModel(conversion, spec.get('model'));
  const memory = spec.get('memory').exists ? readMemory(spec.get('memory')) : undefined;
  const context = compactionOf(document);
  const isTraced = spec.at('observability', 'tracing', 'enabled').boolean() ?? true;
  const written = {
    displayName: spec.get('displayName').text(),
    description: spec.get('description').text(),
    prompt: literalPrompt(spec.get('systemPrompt').text() ?? ''),
    limits,
    context,
    observability: isTraced ? undefined : { sampling: 0 },
  };
  if (model === undefined || document.isRefused) return;
  spec.flag('import.default_limit', 'The agent has no limits: here a step takes at most 10 model calls and 5 minutes.');
  const uses = spec
    .get('tools')
    .items()
    .map((entry) => toolUse(conversion, entry.get('name')));
  const roles = importedRoles(
    conversion,
    spec.get('tools'),
    uses.flatMap(({ permission }) => permission ?? []),
  );
  conversion.become(
    document,
    given({
      ...written,
      modelRef: beside(conversion, document, { kind: 'ModelEndpoint', suffix: 'model', spec: model }),
      tools: uses.length === 0 ? undefined : uses.map(({ toolRef }) => ({ toolRef })),
      roles: roles.length === 0 ? undefined : [...roles],
      memory:
        memory &&
        given({
          memoryRef: beside(conversion, document, { kind: 'Memory', suffix: 'memory', spec: memory.spec }),
          allow: [],
          maxHistory: memory.maxHistory,
        }),
    }),
  );
}

/** A resource of the agent's own. Equal blocks of two agents stay two: a change of the one is none of the other. */
function beside(
  conversion: Conversion,
  document: ForeignDocument,
  {
    kind,
    suffix,
    spec,
  }: { readonly kind: 'ModelEndpoint' | 'Memory'; readonly suffix: string; readonly spec: JsonObject },
): string {
  const { namespace, name } = conversion.identityOf(document);
  const identity = { kind, namespace, name: conversion.freeName(kind, namespace, `${name}-${suffix}`) };
  conversion.emit(document, { ...identity, spec });
  return conversion.mention(document.spec.get(suffix), identity);
}

function compactionOf({ spec }: ForeignDocument): JsonObject | undefined {
  const compression = spec.at('memory', 'compression');
  const [enabled, threshold] = [compression.get('enabled').boolean(), compression.get('threshold').number()];
  if (!compression.exists || enabled === false) return undefined;
  if (threshold !== undefined) return { compaction: { triggerTokens: threshold } };
  compression.refuse({
    code: 'import.schema',
    message: 'From how many tokens on conversations are summed up is not said.',
    help: 'Write `threshold`, in tokens.',
  });
  return undefined;
}
