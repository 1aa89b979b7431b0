import { type Envelope, open, type StoredPlace } from './secret-envelope.ts';
import { keyringOf, type StoredKeys } from './secret-keyring.ts';
import { type SecretReading, type StoredName, unread } from './secret-reading.ts';

/** Reads the newest value of a key as the database holds it; undefined: it has none. */
export type StoredLookup = (
  of: Omit<StoredPlace, 'version'>,
) => Promise<{ readonly version: number; readonly envelope: Envelope } | undefined>;

export interface StoredValues {
  readonly lookup: StoredLookup;
  readonly keys: StoredKeys | undefined;
}

/** The plain text of a value that pawl stores. What does not open is not there. */
export async function readStoredSecret(of: StoredName, { lookup, keys }: StoredValues): Promise<SecretReading> {
  const { environment, secret, key } = of;
  const [namespace = '', name = ''] = secret.split('/');
  const found = await lookup({ environment, namespace, name, key });
  if (found === undefined) return unread('stored_missing', `no value of it is stored in ${environment}`);
  const ring = await keyringOf(keys);
  if ('kind' in ring) return ring;
  const opened = open(found.envelope, { environment, namespace, name, key, version: found.version }, ring);
  if (opened.kind === 'opened') return { kind: 'read', value: opened.value };
  if (opened.reason === 'key_missing')
    return unread('stored_key_missing', `its key ${opened.kek} is not among those of PAWL_SECRET_KEY_FILE`);
  return unread('stored_damaged', 'what is stored was changed, cut, or copied from elsewhere');
}
