import type { ForeignKind } from '../dialect.ts';
import { ignored, mapped, type FieldTable } from '../field-table.ts';
import { metadataFields } from '../metadata-fields.ts';
import { convertAgent } from './agent.ts';
import { agentRules } from './agent-rules.ts';
import { flagCredentials } from '../credential.ts';
import { declarativeFields, describingFields } from './declarative-fields.ts';
import { elsewhere, noProcess } from './pod-fields.ts';
import { skillFields } from './skill-fields.ts';

/** Sandboxes have no address of their own: the controller, as its chart installs it, passes calls on. */
const controller = 'http://kagent-controller.kagent:8083/api/a2a-sandboxes';

const substrate = 'It says where the sandbox of the agent is kept, and pawl has no such store.';

const fields: FieldTable = {
  ...metadataFields,
  ...describingFields,
  ...declarativeFields,
  ...skillFields,
  'spec.declarative.env': ignored('any', noProcess),
  'spec.declarative.imageRegistry': ignored('string', 'pawl runs the agent in its own loop: there is no image.'),
  'spec.byo': mapped('map', '`Agent.spec.runtime.external`'),
  'spec.byo.args': mapped('list', elsewhere),
  'spec.byo.args[]': mapped('string', elsewhere),
  'spec.byo.cmd': mapped('string', elsewhere),
  'spec.byo.env': mapped('any', elsewhere),
  'spec.byo.image': mapped(
    { type: 'string', minLength: 1 },
    '`Agent.spec.runtime.external`: kagent goes on running it',
  ),
  'spec.substrate.snapshotsConfig.location': ignored(
    { type: 'string', required: true, pattern: '^gs://.*' },
    substrate,
  ),
  'spec.substrate.workerPoolRef': ignored('any', substrate),
};

/** An agent in a sandbox of its own. */
export const sandboxAgent: ForeignKind = {
  kind: 'SandboxAgent',
  apiVersions: ['kagent.dev/v1alpha2', 'kagent.dev/v1alpha3'],
  fields,
  rules: agentRules,
  fate: {
    fate: 'mapped',
    becomes: 'Agent',
    convert(document, conversion) {
      flagCredentials(document.spec.at('declarative', 'env'));
      const { name, namespace, spec } = document;
      convertAgent(conversion, document, {
        image: spec.get('byo'),
        url: `${controller}/${namespace}/${name}`,
      });
    },
  },
};
