/** One key of a Secret, as what needs its value names it. */
export interface SecretUse {
  /** `namespace/name` of the Secret. */
  readonly secret: string;
  readonly key: string;
}

/** How a call authenticates to the other side. */
export interface BundleAuth {
  readonly profile: 'bearer' | 'apiKeyHeader' | 'basic';
  readonly secret: SecretUse;
  /** Of `apiKeyHeader`. */
  readonly headerName?: string;
}
