/** What the doors ask of secrets that pawl stores. No value ever comes back. */
export interface SecretOperations {
  storedSecrets(environment: string): Promise<readonly StoredSecretRecord[]>;
  /** Stores a value as the key's next version; calls use it from then on. */
  setSecret(request: SetSecretRequest): Promise<SecretSet>;
  /** Removes the values of a key, or one version: the one before is then in force. */
  removeSecret(request: RemoveSecretRequest): Promise<{ readonly removed: number }>;
  /** Encrypts the keys of all values under the newest of the operator's keys; older ones are not needed any more. */
  rotateSecrets(environment: string): Promise<{ readonly rewrapped: number; readonly kek: string }>;
}

interface SecretKey {
  readonly environment: string;
  /** `namespace/name` of the Secret. */
  readonly secret: string;
  readonly key: string;
}

export interface SetSecretRequest extends SecretKey {
  readonly value: string;
}

export interface RemoveSecretRequest extends SecretKey {
  readonly version?: number;
}

export interface SecretSet extends SecretKey {
  readonly version: number;
  /** Id of the key that it is encrypted under. */
  readonly kek: string;
  /** The key file that had to be made for it. */
  readonly madeKeyFile: string | undefined;
}

export interface StoredSecretRecord extends SecretKey {
  /** Absent: a live Secret names the key, and no value is stored. */
  readonly version: number | undefined;
  readonly versions: number;
  readonly kek: string | undefined;
  readonly setAt: string | undefined;
  readonly setBy: string | undefined;
  /** Whether a live Secret names the key. */
  readonly named: boolean;
}
