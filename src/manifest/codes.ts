import { expressionCodes } from './expression-codes.ts';
import { graphCodes } from './graph-codes.ts';
import { meaningCodes } from './meaning-codes.ts';
import type { CodeDoc } from './problem.ts';
import { workCodes } from './work-codes.ts';
import { yamlCodes } from './yaml-codes.ts';

/** Everything that can be wrong with what an author wrote. */
export const manifestCodes = {
  ...yamlCodes,
  ...expressionCodes,
  ...meaningCodes,
  ...workCodes,
  ...graphCodes,
  'manifest.file_name': {
    title: 'File name not allowed',
    cause: 'The name could inject lines into a log or options into a command.',
    cure: 'Rename the file.',
  },
  'manifest.shape': {
    title: 'Not a manifest',
    cause: 'The document is no map.',
    cure: 'Start it with `apiVersion: pawl/v1`.',
  },
  'manifest.api_version': {
    title: 'Unknown apiVersion',
    cause: 'Only `pawl/v1` is known.',
    cure: 'Write `apiVersion: pawl/v1`.',
  },
  'manifest.kind': {
    title: 'Unknown kind',
    cause: "The kind is missing or not one of pawl's.",
    cure: 'Use one of the kinds that are listed.',
  },
  'manifest.unsupported': {
    title: 'Not in this build',
    cause: 'The kind, field or value is right, and belongs to a part that this build lacks: plan and apply refuse it.',
    cure: 'Remove it to apply with this build: what cannot be honoured is refused, not ignored.',
  },
  'manifest.unknown_field': {
    title: 'Unknown field',
    cause: 'The kind has no field of this name.',
    cure: 'Correct the spelling, or remove it.',
  },
  'manifest.required': { title: 'Missing field', cause: 'A field that the kind needs is not there.', cure: 'Add it.' },
  'manifest.exactly_one': {
    title: 'Exactly one of two',
    cause: 'Of two fields exactly one is allowed.',
    cure: 'Add or remove one.',
  },
  'manifest.contradiction': {
    title: 'Field without meaning here',
    cause: 'The field means something only beside another value.',
    cure: 'Remove it, or change the other value.',
  },
  'manifest.unversioned': {
    title: 'Program without a version',
    cause:
      'A command fetches the package that it runs, and no exact version is written: what runs is another program whenever somebody publishes one.',
    cure: 'Write the exact version, such as `npx -y tickets@1.4.0`, and pin the server again.',
  },
  'manifest.value': {
    title: 'Value not allowed',
    cause: 'The field takes only certain values.',
    cure: 'Use one of those that are listed.',
  },
  'manifest.type': {
    title: 'Wrong type',
    cause: 'The field takes a value of another type.',
    cure: 'Write a value of the type that is named.',
  },
  'manifest.format': {
    title: 'Wrong form',
    cause: 'The text does not have the form that the field needs.',
    cure: "See the field's description.",
  },
  'manifest.limit': {
    title: 'Out of bounds',
    cause: 'A number, text or list is larger or smaller than allowed.',
    cure: 'Stay within the bounds that are named.',
  },
  'manifest.money': {
    title: 'Amount too fine',
    cause: 'Money is kept in millionths of a US dollar.',
    cure: 'Round it to six decimals.',
  },
  'manifest.name': {
    title: 'Name not allowed',
    cause: 'Names are DNS labels: lower-case letters, digits, hyphens, at most 63.',
    cure: 'Use another name.',
  },
  'manifest.duplicate_entry': {
    title: 'Entry twice',
    cause: 'A list has the same entry twice.',
    cure: 'Keep one of the two.',
  },
  'manifest.duplicate': {
    title: 'Declared twice',
    cause: 'Two documents declare one kind, namespace and name.',
    cure: 'Remove one, or rename it.',
  },
  'manifest.secret_literal': {
    title: 'Secret in Git',
    cause: 'A text looks like a credential.',
    cure: 'Revoke it, and refer to a Secret instead.',
  },
  'manifest.unused': {
    title: 'Nothing uses it',
    cause: 'No resource of the environment refers to this one.',
    cure: 'Use it, or remove it.',
  },
  'environment.namespace': {
    title: 'Namespace not of the environment',
    cause: 'The environment lists its namespaces, and this is none of them.',
    cure: 'Change the namespace, or add it in pawl.yaml.',
  },
  'reference.missing': {
    title: 'Reference to nothing',
    cause: 'No resource of this kind and name is in the environment.',
    cure: 'Correct the name, or add the resource.',
  },
  'reference.not_shared': {
    title: 'Not shared',
    cause: 'The resource is of another namespace and does not say that it is shared.',
    cure: 'Add the annotation `pawl/share: "true"` to it.',
  },
  'reference.secret_key': {
    title: 'Key not in the Secret',
    cause: 'The Secret has no key of this name.',
    cure: 'Correct the name, or add the key.',
  },
  'reference.file_escape': {
    title: 'File outside the repository',
    cause: 'The path leads out of the repository.',
    cure: 'Keep the file in the repository.',
  },
  'reference.file_missing': {
    title: 'File not there',
    cause: 'The commit has no file at this path.',
    cure: 'Correct the path, or add the file.',
  },
  'grant.missing': {
    title: 'Tool without a grant',
    cause: 'The tool is listed, and no role gives the permission that it needs: every call would be denied.',
    cure: 'Add the permission to a role.',
  },
  'policy.targets_nothing': {
    title: 'Policy without a target',
    cause: 'No agent or system is what the policy targets.',
    cure: 'Correct the targets, or remove the policy.',
  },
  'policy.allows_none': {
    title: 'Nothing is allowed',
    cause: 'An empty `allow` allows nothing.',
    cure: 'Remove it if nothing should be restricted.',
  },
  'prompt.hidden_character': {
    title: 'Invisible character',
    cause: 'A prompt holds a character that a model reads and a reviewer does not see.',
    cure: 'Remove it.',
  },
  'tool.host': {
    title: 'Host with a placeholder',
    cause: 'An argument would choose whom the tool asks.',
    cure: 'Write the host out.',
  },
  'tool.placeholder': {
    title: 'Placeholder without an argument',
    cause: 'A placeholder names no property of `inputSchema`.',
    cure: 'Correct the name, or declare the argument.',
  },
  'schema.size': { title: 'Schema too large', cause: 'A JSON Schema is larger than 64 KiB.', cure: 'Describe less.' },
  'schema.shape': {
    title: 'Not a JSON Schema',
    cause: 'A keyword does not have the form that JSON Schema 2020-12 gives it.',
    cure: 'Correct it at the place that is named.',
  },
  'schema.keyword': {
    title: 'Keyword not allowed',
    cause: 'The keyword is unknown, or makes a schema mean different things in different places.',
    cure: 'Correct the spelling, or remove it.',
  },
  'schema.remote_ref': {
    title: 'Remote reference',
    cause: 'A `$ref` leaves the schema.',
    cure: 'Copy what it means into `$defs`.',
  },
  'schema.ref': {
    title: 'Reference to nothing',
    cause: 'A `$ref` leads to no part of the schema, or back to itself.',
    cure: 'Correct the pointer.',
  },
  'schema.pattern': {
    title: 'Pattern not allowed',
    cause: 'The pattern is not one of RE2, or too long.',
    cure: 'Write it without look-around and back-references.',
  },
  'settings.missing': {
    title: 'No pawl.yaml',
    cause: 'The repository has no `pawl.yaml` at its root.',
    cure: 'Run `pawl init`.',
  },
  'settings.documents': {
    title: 'Not one document',
    cause: 'A `pawl.yaml` or a script holds no document, or several.',
    cure: 'Keep exactly one.',
  },
  'settings.duplicate': { title: 'Environment twice', cause: 'Two environments have one name.', cure: 'Rename one.' },
  'settings.path': {
    title: 'Path outside the repository',
    cause: 'A path of an environment leads out of the repository.',
    cure: 'Use a path inside it.',
  },
} as const satisfies Record<string, CodeDoc>;
