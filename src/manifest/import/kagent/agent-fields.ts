import { ignored, mapped, type FieldTable } from '../field-table.ts';
import { metadataFields } from '../metadata-fields.ts';
import { declarativeFields, describingFields } from './declarative-fields.ts';
import { elsewhere, noProcess, podFields } from './pod-fields.ts';
import { skillFields } from './skill-fields.ts';

/** Agent of kagent.dev/v1alpha2, with the fields that single releases had. */
export const agentFields: FieldTable = {
  ...metadataFields,
  ...describingFields,
  ...declarativeFields,
  ...skillFields,
  ...podFields('spec.declarative.deployment'),
  'spec.declarative.deployment.env': ignored('any', noProcess),
  'spec.declarative.deployment.envFrom': ignored('any', noProcess),
  'spec.declarative.deployment.imageRegistry': ignored(
    'string',
    'pawl runs the agent in its own loop: there is no image.',
  ),
  'spec.declarative.executeCodeBlocks': mapped('boolean', 'left out, and said: pawl runs no code out of an answer'),
  'spec.declarative.runtime': ignored(
    { type: 'string', enum: ['python', 'go'] },
    'Both run the same agent, and pawl runs it in its own loop.',
  ),
  'spec.skills.initContainer': ignored('any', 'It fetched the skills into the pod, and there is none.'),
  'spec.byo': mapped('map', '`Agent.spec.runtime.external`'),
  ...podFields('spec.byo.deployment'),
  'spec.byo.deployment': mapped('map', '`Agent.spec.runtime.external`'),
  'spec.byo.deployment.args': mapped('list', elsewhere),
  'spec.byo.deployment.args[]': mapped('string', elsewhere),
  'spec.byo.deployment.cmd': mapped('string', elsewhere),
  'spec.byo.deployment.env': mapped('any', elsewhere),
  'spec.byo.deployment.envFrom': mapped('any', elsewhere),
  'spec.byo.deployment.image': mapped(
    { type: 'string', minLength: 1 },
    '`Agent.spec.runtime.external`: kagent goes on running it',
  ),
  'spec.byo.deployment.workingDir': mapped('string', elsewhere),
};
