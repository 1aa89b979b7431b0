/** Where a NATS server with JetStream is, and who asks. */
export interface NatsOptions {
  /** `host:port` of each server of one cluster. */
  readonly servers: readonly string[];
  readonly tls: boolean;
  /** A file with the certificates of the authorities that the servers' own are signed by. */
  readonly caFile?: string;
  readonly login?:
    | { readonly kind: 'password'; readonly user: string; readonly password: string }
    | { readonly kind: 'token'; readonly token: string }
    /** A file as `nsc` writes it, with a JWT and a seed. */
    | { readonly kind: 'credentials'; readonly file: string };
}

/**
 * Reads `nats://[user:password@|token@]host[:port]` or `tls://…`, several with commas between them. Undefined where it is
 * none: the caller says so without showing it, because it may hold a password. Of several the first says who asks.
 */
export function readNatsUrl(text: string): NatsOptions | undefined {
  const urls = text.split(',').map((part) => urlOf(part.trim()));
  const [first] = urls;
  if (first === undefined || urls.some((url) => url?.protocol !== first.protocol)) return undefined;
  const servers = urls.flatMap((url) => (url === undefined ? [] : [`${url.hostname}:${url.port || '4222'}`]));
  const login = loginOf(first);
  return { servers, tls: first.protocol === 'tls:', ...(login === undefined ? {} : { login }) };
}

function urlOf(text: string): URL | undefined {
  if (!/^(nats|tls):\/\//.test(text) || !URL.canParse(text)) return undefined;
  const url = new URL(text);
  return url.hostname === '' || !/^\/?$/.test(url.pathname) || url.search !== '' || url.hash !== '' ? undefined : url;
}

function loginOf({ username, password }: URL): NatsOptions['login'] {
  if (username === '') return undefined;
  const [user, secret] = [decodeURIComponent(username), decodeURIComponent(password)];
  return secret === '' ? { kind: 'token', token: user } : { kind: 'password', user, password: secret };
}
