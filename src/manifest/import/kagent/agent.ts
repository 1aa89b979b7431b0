import type { Conversion } from '../conversion.ts';
import type { ForeignKind } from '../dialect.ts';
import type { ForeignDocument } from '../foreign.ts';
import { given } from '../given.ts';
import { importedRuntime, type ImageAgent } from './agent-container.ts';
import { agentFields } from './agent-fields.ts';
import { agentRules } from './agent-rules.ts';
import { flagCredentials } from '../credential.ts';
import { declarativeAgent } from './declarative-agent.ts';
import { becomeAgent } from './imported-agent.ts';

/** Where an image of kagent's releases serves A2A. */
const a2aPort = 8080;

/** An agent of the released versions, declared or brought as an image. */
export const agent: ForeignKind = {
  kind: 'Agent',
  apiVersions: ['kagent.dev/v1alpha2'],
  fields: agentFields,
  rules: agentRules,
  fate: {
    fate: 'mapped',
    becomes: 'Agent',
    convert(document, conversion) {
      const block = document.spec.get('declarative');
      flagCredentials(block.at('deployment', 'env'));
      const code = block.get('executeCodeBlocks');
      if (code.boolean() === true)
        code.drop({
          message: 'pawl runs no code out of an answer, nor did kagent in its last releases that had the field.',
          help: 'Give the agent a Tool that runs what it needs.',
        });
      const { name, namespace } = document;
      const url = `http://${name}.${namespace}:${a2aPort}`;
      convertAgent(conversion, document, { image: document.spec.at('byo', 'deployment'), url });
    },
  },
};

/** An agent by its type; the block of the other type is one that kagent does not read. */
export function convertAgent(conversion: Conversion, document: ForeignDocument, image: ImageAgent): void {
  const { spec } = document;
  const isImage = spec.get('type').text() === 'BYO';
  const unread = spec.get(isImage ? 'declarative' : 'byo');
  unread.json();
  if (unread.exists) unread.ignore(`kagent does not read it where the type is ${isImage ? 'BYO' : 'Declarative'}.`);
  if (!isImage) return becomeAgent(conversion, document, declarativeAgent(conversion, document));
  const description = spec.get('description').text();
  becomeAgent(conversion, document, given({ description, runtime: importedRuntime(image) }));
}
