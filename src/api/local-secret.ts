import type { ControlPlane } from '../controller/planning.ts';
import { exitCodes, TerminalError } from '../errors.ts';
import type { Person } from '../policy/person.ts';
import {
  addStored,
  listStored,
  removeStored,
  rewrapStored,
  type StoredKey,
  type StoredSecretRow,
} from '../store/stored-secret.ts';
import { type Envelope, type Keyring, rewrap, seal, type StoredPlace } from '../tools/secret-envelope.ts';
import { keyringOf, makeKeyFile, type StoredKeys } from '../tools/secret-keyring.ts';
import { secretFault } from '../tools/secrets.ts';
import type { storedSecretCodes } from '../store/secret-codes.ts';
import type { SecretOperations, StoredSecretRecord } from './operations-secret.ts';

interface Vault {
  readonly plane: ControlPlane;
  readonly person: Person;
  readonly secretKeys?: StoredKeys | undefined;
}

/** `known` refuses the name of an environment that is neither declared nor live. */
export function secretOperations(
  { plane: { database }, person: { name: by }, secretKeys }: Vault,
  known: (name: string) => Promise<string>,
): SecretOperations {
  return {
    storedSecrets: async (environment) => {
      const name = await known(environment);
      return (await listStored(database, name)).map((row) => recordOf(name, row));
    },
    setSecret: async ({ environment, secret, key, value }) => {
      const place = placeOf(await known(environment), secret, key);
      assertUsable(value);
      const isMade = await makeKeyFile(secretKeys);
      const ring = await ringOf(secretKeys);
      const version = await addStored(database, { ...place, by }, (at) => seal(value, at, ring));
      const madeKeyFile = isMade && secretKeys?.kind === 'file' ? secretKeys.path : undefined;
      return {
        environment,
        secret: `${place.namespace}/${place.name}`,
        key,
        version,
        kek: ring.current.id,
        madeKeyFile,
      };
    },
    removeSecret: async ({ environment, secret, key, version }) => {
      const place = placeOf(await known(environment), secret, key);
      const removed = await removeStored(database, { ...place, by, ...(version === undefined ? {} : { version }) });
      if (removed > 0) return { removed };
      const which = version === undefined ? '' : ` in version ${version}`;
      const message = `Nothing is stored for key ${key} of Secret ${place.namespace}/${place.name}${which}.`;
      throw refused('secret.not_stored', message, 'Look at `pawl secret list`.');
    },
    rotateSecrets: async (environment) => {
      const name = await known(environment);
      const ring = await ringOf(secretKeys);
      const rewrapped = await rewrapStored(database, { environment: name, by }, (envelope, place) =>
        rewrappedOrRefused(envelope, place, ring),
      );
      return { rewrapped, kek: ring.current.id };
    },
  };
}

function rewrappedOrRefused(envelope: Envelope, place: StoredPlace, ring: Keyring): Pick<Envelope, 'kek' | 'wrapped'> {
  const made = rewrap(envelope, place, ring);
  if (!('kind' in made)) return made;
  const { namespace, name, key, version } = place;
  const why = made.reason === 'key_missing' ? `its key ${made.kek} is not among yours` : 'it was changed or copied';
  const message = `Version ${version} of key ${key} of Secret ${namespace}/${name} cannot be decrypted: ${why}. Nothing was rotated.`;
  throw refused(
    'secret.undecipherable',
    message,
    'Put the old key into the key file below the new one, or remove the value.',
  );
}

async function ringOf(keys: StoredKeys | undefined): Promise<Keyring> {
  const ring = await keyringOf(keys);
  if (!('kind' in ring)) return ring;
  throw refused('secret.no_key', `Values cannot be stored: ${ring.why}.`, 'docs/secrets.md shows how to make a key.');
}

function assertUsable(value: string): void {
  const fault = secretFault(value);
  if (fault === undefined) return;
  throw new TerminalError(`The value ${fault.why}: no call could use it.`, {
    code: 'secret.value',
    help: 'Store the credential alone.',
    exit: exitCodes.usage,
  });
}

/** Of a bare name the namespace is `default`. */
function placeOf(environment: string, secret: string, key: string): StoredKey {
  const [first = '', second] = secret.split('/');
  const [namespace, name] = second === undefined ? ['default', first] : [first, second];
  return { environment, namespace, name, key };
}

function recordOf(environment: string, row: StoredSecretRow): StoredSecretRecord {
  return {
    environment,
    secret: `${row.namespace}/${row.name}`,
    key: row.key,
    version: row.version ?? undefined,
    versions: row.versions,
    kek: row.kek ?? undefined,
    setAt: row.created_at?.toISOString(),
    setBy: row.created_by ?? undefined,
    named: row.named,
  };
}

function refused(code: keyof typeof storedSecretCodes, message: string, help: string): TerminalError {
  return new TerminalError(message, { code, help, exit: exitCodes.findings });
}
