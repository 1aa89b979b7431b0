/** One key of a Secret, as what needs its value names it. */
export interface SecretUse {
  /** `namespace/name` of the Secret. */
  readonly secret: string;
  readonly key: string;
}
