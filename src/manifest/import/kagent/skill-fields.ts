import { ignored, refused, type FieldTable } from '../field-table.ts';

const skill = {
  message:
    'A skill brings instructions and code that the agent runs, from outside the manifests: pawl has nothing like it.',
  help: 'Put its instructions into the prompt or a PromptLibrary and its code into Tools, then remove it here.',
};
const fetching = 'It says how skills are fetched, and the document is refused where it has any.';
const skills = { type: 'list', minItems: 1, maxItems: 20 } as const;

/** `spec.skills` of Agent v1alpha2 and of SandboxAgent. */
export const skillFields: FieldTable = {
  'spec.skills.gitAuthSecretRef.name': ignored('string', fetching),
  'spec.skills.gitRefs': refused(skills, skill.message, skill.help),
  'spec.skills.gitRefs[].name': refused('string', skill.message, skill.help),
  'spec.skills.gitRefs[].path': refused('string', skill.message, skill.help),
  'spec.skills.gitRefs[].ref': refused('string', skill.message, skill.help),
  'spec.skills.gitRefs[].url': refused({ type: 'string', required: true }, skill.message, skill.help),
  'spec.skills.imagePullSecrets': ignored({ type: 'list', maxItems: 20 }, fetching),
  'spec.skills.insecureSkipVerify': ignored('boolean', fetching),
  'spec.skills.refs': refused(skills, skill.message, skill.help),
  'spec.skills.s3Refs': refused(skills, skill.message, skill.help),
  'spec.skills.s3Refs[].name': refused('string', skill.message, skill.help),
  'spec.skills.s3Refs[].region': refused('string', skill.message, skill.help),
  'spec.skills.s3Refs[].uri': refused(
    { type: 'string', required: true, minLength: 1, pattern: '^s3://.+' },
    skill.message,
    skill.help,
  ),
};
