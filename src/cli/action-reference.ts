import { exitCodes, TerminalError } from '../errors.ts';

/** What the scaffolded workflow names until somebody says where the action is. */
export const actionPlaceholder = 'OWNER/pawl@0000000000000000000000000000000000000000';

const grammar = /^[A-Za-z0-9][A-Za-z0-9-]{0,38}\/[A-Za-z0-9_.-]{1,100}@[A-Za-z0-9_][A-Za-z0-9_./-]{0,100}$/;

/** Refuses what would be another line of a workflow, or no action of GitHub's. */
export function assertActionReference(text: string): void {
  if (grammar.test(text)) return;
  throw new TerminalError('--action is not a repository on GitHub and a commit of it.', {
    code: 'cli.usage',
    help: 'Write it as OWNER/NAME@COMMIT, for example acme/pawl@4f2c9e1a0b3d5e7f9a1b2c3d4e5f60718293a4b5.',
    exit: exitCodes.usage,
  });
}

/** A tag or a branch may be moved by whoever may write there; a commit may not. */
export function isPinned(reference: string): boolean {
  return /@[0-9a-f]{40}$/.test(reference);
}
