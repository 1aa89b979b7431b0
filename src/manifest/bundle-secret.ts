/** One key of a Secret, as what needs its value names it. */
export interface SecretUse {
  /** `namespace/name` of the Secret. */
  readonly secret: string;
  readonly key: string;
}

/** How a call authenticates to the other side. */
export type BundleAuth =
  | {
      readonly profile: 'bearer' | 'apiKeyHeader' | 'basic';
      readonly secret: SecretUse;
      /** Of `apiKeyHeader`. */
      readonly headerName?: string;
    }
  | BundleOAuth;

/** RFC 6749, client credentials: the secret is `client_id:client_secret`, and what is sent is a token from `tokenUrl`. */
export interface BundleOAuth {
  readonly profile: 'oauth2ClientCredentials';
  readonly secret: SecretUse;
  readonly tokenUrl: string;
  /** Sorted. */
  readonly scopes?: readonly string[];
}
