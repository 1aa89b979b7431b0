import type { CodeDoc } from '../manifest/problem.ts';

/** What can go wrong in `pawl secret`. */
export const secretCommandCodes = {
  'secret.value': {
    title: 'The value cannot be a secret',
    cause: 'It is empty, shorter than four characters, too long, or holds a line break or another control character.',
    cure: 'Pipe the credential alone into the command, or type it when asked.',
  },
  'secret.recipient': {
    title: 'Not somebody to encrypt for',
    cause: 'A recipient is no X25519 recipient (`age1…`), or none was given and pawl.yaml names none.',
    cure: 'Pass --recipient, or list recipients under `secrets.recipients` in pawl.yaml; `pawl secret keygen` makes one.',
  },
  'secret.manifest': {
    title: 'The manifest cannot take the ciphertext',
    cause:
      'The file declares no Secret of source `age`, several of them, or is written in a way that cannot be edited safely.',
    cure: 'Leave --file out and paste the printed block under `keys`.',
  },
  'secret.key_file': {
    title: 'The key cannot be written there',
    cause: 'The file is there already, or lies in a repository, from where it could be committed.',
    cure: 'Name a new file outside of any repository.',
  },
} as const satisfies Record<string, CodeDoc>;
