import type { CodeDoc } from '../manifest/problem.ts';

/** Everything that can go wrong between a repository and a snapshot. */
export const sourceCodes = {
  'git.url_refused': {
    title: 'The repository address is not one that pawl reads',
    cause:
      'Only https, ssh and local paths are read; transports that run commands, and credentials in the address, are not.',
    cure: 'Use https:// or ssh://, or a local path; give a token in the configuration.',
  },
  'git.ref_refused': {
    title: 'Not the name of a branch, tag or commit',
    cause: 'The text does not follow the grammar of Git references, or starts like an option.',
    cure: 'Give a branch, a tag, a commit id, or one of these followed by ~N or ^N.',
  },
  'git.ref_not_found': {
    title: 'The branch, tag or commit does not exist',
    cause: 'It was deleted, never pushed, or misspelled; what is live stays as it is.',
    cure: 'Push the branch, or correct its name in pawl.yaml.',
  },
  'git.not_a_repository': {
    title: 'No Git repository here',
    cause: 'Neither the folder nor one above it holds a Git directory.',
    cure: 'Run `git init` there, or name the folder of a repository.',
  },
  'git.unreachable': {
    title: 'The remote repository cannot be reached',
    cause: 'The network, a name server or the forge did not answer as it should; what is live stays as it is.',
    cure: 'Nothing, if it passes: pawl tries again. Else check the address and the network.',
  },
  'git.unauthorised': {
    title: 'The remote repository refused the credentials',
    cause: 'The token is missing, expired or lacks read access to the repository.',
    cure: 'Give a token with read access to contents.',
  },
  'git.repository_not_found': {
    title: 'The remote repository does not exist',
    cause: 'It was moved or deleted, or the token may not see it.',
    cure: 'Correct the address, or give a token that may read it.',
  },
  'git.redirected': {
    title: 'The remote repository answered with a redirect',
    cause: 'Redirects are not followed, because a token would travel to an address that nobody configured.',
    cure: 'Configure the address that the redirect leads to.',
  },
  'git.remote_empty': {
    title: 'The remote repository has no branch',
    cause: 'Nothing was pushed yet, or every branch was deleted.',
    cure: 'Push the branch that the environment names.',
  },
  'git.timeout': {
    title: 'Git took too long',
    cause: 'A fetch or a read passed its time limit and was ended.',
    cure: 'pawl tries again; if it stays, raise the limit or look at the network or disk.',
  },
  'git.fetch_too_large': {
    title: 'The fetch passed its size limit',
    cause: 'The repository, or what a commit added to it, is larger than the configured limit.',
    cure: 'Keep large files out of the repository, or raise the limit.',
  },
  'git.object_missing': {
    title: 'A Git object is missing',
    cause: 'The repository is shallow, partial or damaged: a tree names an object that is not there.',
    cure: 'Run `git fsck`; fetch the whole history (`git fetch --unshallow`).',
  },
  'git.object_corrupt': {
    title: 'A Git object cannot be read',
    cause: 'The bytes on disk are damaged. A mirror is rebuilt once by itself.',
    cure: 'Run `git fsck` in the repository, and clone it again.',
  },
  'git.object_too_large': {
    title: 'A Git object is larger than its limit',
    cause: 'The object was to be read under a limit that it passes; its content was not kept.',
    cure: 'Make the file smaller, or raise the limit.',
  },
  'git.object_format': {
    title: 'The repository uses another object format',
    cause: 'Object ids are not SHA-1; this build reads SHA-1 repositories only.',
    cure: 'Use a repository with the default object format.',
  },
  'git.shallow': {
    title: 'The repository is shallow',
    cause: 'Its history is cut, so whether one commit follows another cannot be told.',
    cure: 'Run `git fetch --unshallow`.',
  },
  'git.tree_too_large': {
    title: 'The tree has too many entries',
    cause: 'The paths of the environment hold more files than can be listed.',
    cure: 'Give the environment narrower paths.',
  },
  'git.merge_conflict': {
    title: 'The pull request cannot be merged',
    cause: 'Both sides changed the same lines, so nobody can tell what merging would make live.',
    cure: 'Merge or rebase the base branch into the pull request, and settle the conflict.',
  },
  'git.failed': {
    title: 'Git failed',
    cause: 'The git command ended in a way that pawl does not know.',
    cure: 'Read the message; run `pawl doctor`.',
  },
  'git.symlink': {
    title: 'A symbolic link is not read',
    cause: 'A link can lead out of the repository, so what it leads to is never read.',
    cure: 'Replace it by the file itself.',
  },
  'git.submodule': {
    title: 'A submodule is not read',
    cause: 'Its content is in another repository, which nobody reviewed with this one.',
    cure: 'Copy the files into this repository.',
  },
  'source.file_name': {
    title: 'The file name is not UTF-8',
    cause: 'Bytes that are no text cannot be told apart once they are shown, so two files could have one name.',
    cure: 'Rename the file to letters, digits, dots, dashes and underscores.',
  },
  'source.path_refused': {
    title: 'Not a path inside the repository',
    cause: 'The path is absolute, leads upward, has a name that is refused, or is in its folder twice or out of order.',
    cure: 'Give a path relative to the repository root, without `..`.',
  },
  'source.path_missing': {
    title: 'A path of the environment is missing',
    cause: 'The commit does not hold the folder or file that pawl.yaml names; nothing is deleted for that reason.',
    cure: 'Restore the path, or correct it in pawl.yaml.',
  },
  'source.empty': {
    title: 'The environment holds no manifest',
    cause: 'No manifest was found under its paths; an empty environment is taken for a mistake, never for a deletion.',
    cure: 'Correct the paths in pawl.yaml, or remove the environment itself.',
  },
  'source.working_copy_changed': {
    title: 'A file changed while it was read',
    cause: 'An editor or a checkout wrote to the working copy at that moment.',
    cure: 'Run the command again.',
  },
  'source.file_unreadable': {
    title: 'A file of the working copy cannot be read',
    cause: 'Its permissions or the disk forbid it.',
    cure: 'Correct the permissions of the file.',
  },
} as const satisfies Record<string, CodeDoc>;
