import type { Config } from './config.ts';
import type { Database } from './store/database.ts';
import { readStored } from './store/stored-secret.ts';
import type { SecretSource } from './tools/secret-reading.ts';
import { secretSource } from './tools/secret-source.ts';

/** Where workers and webhooks read values of secrets from; a replay, which has no database of its own, reads no stored ones. */
export function secretsOf({ secrets }: Config, database?: Database): SecretSource {
  if (database === undefined) return secretSource(secrets);
  const stored = {
    lookup: (of: Parameters<typeof readStored>[1]) => readStored(database, of),
    keys: secrets.storedKeys,
  };
  return secretSource({ ...secrets, stored });
}
