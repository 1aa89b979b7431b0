import type { CodeDoc } from '../manifest/problem.ts';

/** What can be wrong with storing a value. */
export const storedSecretCodes = {
  'secret.no_key': {
    title: 'There is no key to encrypt stored secrets with',
    cause:
      'Neither PAWL_SECRET_KEY_FILE nor PAWL_SECRET_KEY is set where pawl serves, or what they name is no key of 32 bytes in base64.',
    cure: 'Make one with `head -c 32 /dev/urandom | base64` in a file that pawl alone reads, and name it in PAWL_SECRET_KEY_FILE for servers and workers.',
  },
  'secret.undecipherable': {
    title: 'A stored secret cannot be decrypted',
    cause: 'Its key is not among the operator’s keys, or the row was changed, cut or copied from elsewhere.',
    cure: 'Put the key whose id the message names back into the key file, or store the value again.',
  },
  'secret.not_stored': {
    title: 'No such value is stored',
    cause: 'The Secret, the key or the version is another one, or the value was removed before.',
    cure: 'Look at `pawl secret list`.',
  },
} as const satisfies Record<string, CodeDoc>;
