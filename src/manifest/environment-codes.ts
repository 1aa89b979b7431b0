import type { CodeDoc } from './problem.ts';

/** What an environment's paths, patches and owners can have wrong. */
export const environmentCodes = {
  'patch.strategy': {
    title: 'Not a way to patch',
    cause: 'The annotation `pawl/patch` has a value other than `merge`.',
    cure: 'Write `pawl/patch: merge`.',
  },
  'patch.identity': {
    title: 'Patch of the identity',
    cause: 'A patch removes or changes the name or namespace by which it is found.',
    cure: 'Rename the manifest that is patched, and write its identity here.',
  },
  'patch.no_base': {
    title: 'Patch of nothing',
    cause: 'No document without `pawl/patch` declares this kind, namespace and name.',
    cure: 'Correct the identity, or declare the resource in an earlier path of the environment.',
  },
  'patch.order': {
    title: 'Patch beside or before what it patches',
    cause: 'A patch is merged into a document of an earlier path of the environment, and this one is not earlier.',
    cure: 'Order `paths` in pawl.yaml so that the base comes first, or change the manifest itself.',
  },
  'patch.twice': {
    title: 'Two patches in one path',
    cause: 'Which of the two would win depends on nothing that an author can see.',
    cure: 'Join them in one patch.',
  },
  'ownership.namespace': {
    title: 'Namespace of another owner',
    cause:
      'The ownership of the folder, in pawl.yaml, does not list the namespace of a resource that is declared there.',
    cure: 'Move the manifest to a folder that may declare it, or change the ownership.',
  },
  'ownership.kind': {
    title: 'Kind of another owner',
    cause: 'The ownership of the folder, in pawl.yaml, does not list the kind of a resource that is declared there.',
    cure: 'Move the manifest to a folder that may declare it, or change the ownership.',
  },
  'rename.self': {
    title: 'Renamed from itself',
    cause: '`renamedFrom` is the name that the resource has now.',
    cure: 'Write the name that it had before, or remove the field.',
  },
  'rename.declared': {
    title: 'The old name is still there',
    cause: 'A resource is renamed from one that is still declared, so that nothing was renamed.',
    cure: 'Remove the old manifest, or `renamedFrom`.',
  },
  'rename.twice': {
    title: 'Two renamed from one',
    cause: 'What is kept under the old name can follow one resource only.',
    cure: 'Keep `renamedFrom` at one of them.',
  },
  'manifest.annotation': {
    title: 'Not an annotation of pawl',
    cause: 'Annotations that start with `pawl/` are read by pawl, and it knows none of this name.',
    cure: 'Correct the name, or use a prefix of your own.',
  },
  'manifest.protect': {
    title: 'Protected or not',
    cause: 'The annotation `pawl/protect` holds something other than `true` and `false`.',
    cure: 'Write `pawl/protect: "true"`, or remove the annotation.',
  },
  'reference.share': {
    title: 'Not a list of namespaces',
    cause: 'The annotation `pawl/share` holds something that is neither `*` nor the name of a namespace.',
    cure: 'Write `*`, or names separated by commas.',
  },
  'reference.self': {
    title: 'Refers to itself',
    cause: 'An agent hands work to itself, or a system contains itself.',
    cure: 'Remove the reference.',
  },
  'reference.cycle': {
    title: 'References in a circle',
    cause: 'Agents hand work to each other, or systems contain each other, so that a run would never end.',
    cure: 'Remove one of the references that are named.',
  },
  'delegation.depth': {
    title: 'Work handed on too deep',
    cause: 'Agents hand work on from one to the next more often than `limits.maxDelegationDepth` allows.',
    cure: 'Shorten the chain, or raise the limit.',
  },
  'system.depth': {
    title: 'Systems nested too deep',
    cause: 'Systems contain systems over more levels than are allowed.',
    cure: 'Put the inner graphs into the outer ones.',
  },
  'limits.above_ceiling': {
    title: 'Limit above its ceiling',
    cause: 'An agent sets a limit that is higher than a policy which reaches it allows; the lower one holds.',
    cure: "Lower the limit, or raise the policy's.",
  },
  'grant.unknown_tool': {
    title: 'Grant for a tool that is not there',
    cause: 'A role gives a permission for a tool that its namespace does not have.',
    cure: 'Correct the name of the tool, or remove the permission.',
  },
} as const satisfies Record<string, CodeDoc>;
