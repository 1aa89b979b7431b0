/** A stretch of text that looks like a credential. */
export interface SecretSpan {
  readonly kind: string;
  readonly start: number;
  readonly end: number;
}

interface Shape {
  readonly kind: string;
  /**
   * Global, and linear on any text: what is repeated without a bound is never tried twice from within itself, because a
   * match starts at a boundary or with letters that the repeated class does not hold.
   */
  readonly pattern: RegExp;
  /** A closer look at what the pattern found; its first group is handed in too. */
  readonly accept?: (match: string, group: string) => boolean;
}

const spansMax = 200;

/** Everything in a text that has the form of a known kind of credential, in order. */
export function secretShapes(text: string): SecretSpan[] {
  if (!mayHoldShape(text)) return [];
  const spans: SecretSpan[] = [];
  for (const { kind, pattern, accept } of shapes) {
    let done = 0;
    for (const match of text.matchAll(pattern)) {
      if (spans.length === spansMax) break;
      if (match.index < done || (accept !== undefined && !accept(match[0], match[1] ?? ''))) continue;
      done = endOf(kind, match, text);
      spans.push({ kind, start: match.index, end: done });
    }
  }
  return [...spans, ...encodedShapes(text)].sort((a, b) => a.start - b.start);
}

const privateKey = 'a private key';

/** A key in PEM form goes on over many lines: to its end mark, and without one to the end of the text. */
function endOf(kind: string, match: RegExpExecArray, text: string): number {
  const end = match.index + match[0].length;
  if (kind !== privateKey) return end;
  const mark = text.indexOf('-----END', end);
  const line = mark < 0 ? -1 : text.indexOf('\n', mark);
  return line < 0 ? text.length : line;
}

/** Almost no ordinary text does, and is spared the rest. */
export function mayHoldShape(text: string): boolean {
  return partOfShape.test(text);
}

/** Every shape holds one of these. */
const partOfShape =
  /-----BEGIN|PuTTY-User-Key|eyJ|A[KS]IA|gh[pousr]_|github_pat_|gl[a-z]{2,5}-|pawl_|sk-|[sr]k_|whsec_|xox|xapp-|AIza|GOCSPX-|ya29\.|SG\.|npm_|hf_|gsk_|xai-|pplx-|r8_|AGE-SECRET|pypi-|do[opr]_v1_|shp[a-z]{2}_|ATATT3|lin_api_|dapi|SK[0-9a-f]|tvly-|key-[0-9a-f]|AccountKey|AccessKey|slack\.com\/s|webhooks\/|:\/\/[^\s/@]*:|[Bb]earer |[Bb]asic |(?<![A-Za-z0-9+/_-])(?:LS0tLS1CRUdJTi|QUtJQ|QVNJQ|Z2h|Z2l0aHViX3BhdF|Z2xw|c2st|c2tf|eG94|QUl6|ZXlK|bnBtX|QUdFLVNF|cG9zdGdyZX|bXlzcWw6|bW9uZ29k|cmVkaXM|aHR0c|QmVhcmVyI)/;

const shapes: readonly Shape[] = [
  { kind: privateKey, pattern: /-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?[^\s"']*|PuTTY-User-Key-File-\d/gu },
  // The first character after a boundary, because `eyJ` may stand within the run that follows it.
  { kind: 'a JSON Web Token', pattern: /(?<![\w-])eyJ[\w-]{8,}\.eyJ[\w-]{8,}\.[\w-]{8,}/gu },
  { kind: 'an AWS access key', pattern: /(?<![A-Za-z0-9])A[KS]IA[0-9A-Z]{16}(?![A-Za-z0-9])/gu },
  { kind: 'a GitHub token', pattern: /(?<![A-Za-z0-9])gh[pousr]_[0-9A-Za-z]{30,}|github_pat_\w{22,}/gu },
  { kind: 'a GitLab token', pattern: /\bgl(?:pat|dt|rt|cbt|ptt|ft|soat|imt|agent|oas)-[\w-]{20,}/gu, accept: hasRun },
  { kind: 'a pawl token', pattern: /(?<![A-Za-z0-9])pawl_[0-9a-f]{12}_[\w-]{43}/gu },
  { kind: 'an API key', pattern: /\bsk-[\w-]{20,}/gu, accept: hasRun },
  { kind: 'an API key', pattern: /(?<![A-Za-z0-9])[sr]k_(?:live|test)_[0-9A-Za-z]{16,}|\bwhsec_[0-9A-Za-z+/]{24,}/gu },
  { kind: 'a Slack token', pattern: /\bxox[abeoprs]-[\w-]{10,}|\bxapp-\d-[\w-]{20,}/gu, accept: hasDigit },
  {
    kind: 'a webhook address',
    pattern:
      /hooks\.slack\.com\/services\/T[A-Z0-9]{6,12}\/B[A-Z0-9]{6,12}\/[A-Za-z0-9]{16,}|discord(?:app)?\.com\/api\/webhooks\/\d{15,}\/[\w-]{40,}/gu,
  },
  { kind: 'a Google credential', pattern: /\bAIza[\w-]{35}|\bGOCSPX-[\w-]{24,}|\bya29\.[\w-]{30,}/gu },
  { kind: 'a SendGrid key', pattern: /\bSG\.[\w-]{16,64}\.[\w-]{16,64}/gu, accept: hasDigit },
  { kind: 'a Twilio key', pattern: /(?<![A-Za-z0-9])SK[0-9a-f]{32}(?![A-Za-z0-9])/gu },
  {
    kind: 'an access token',
    pattern:
      /\b(?:npm_|hf_|gsk_|xai-|pplx-|r8_|do[opr]_v1_|shp(?:at|ca|pa|ss)_|lin_api_|ATATT3)[0-9A-Za-z]{30,}|\bdapi[0-9a-f]{32}|\bkey-[0-9a-f]{32}(?![0-9A-Za-z])|\btvly-[0-9A-Za-z-]{24,}/gu,
    accept: hasDigit,
  },
  { kind: 'an access token', pattern: /\bpypi-[\w-]{40,}/gu, accept: hasRun },
  { kind: 'an age key', pattern: /AGE-SECRET-KEY-(?:PQ-)?1[0-9A-Z]{20,}/giu },
  { kind: 'a storage key', pattern: /\b(?:Account|SharedAccess)Key=([A-Za-z0-9+/]{40,100}={0,2})/gu },
  {
    kind: 'a password in a URL',
    pattern: /:\/\/[^\s/@:${<]*:([^\s/@${}<>]{3,})@/gu,
    accept: (_match, password) => !isPlaceholder(password),
  },
  { kind: 'a bearer token', pattern: /\b[Bb]earer ([\w.~+/=-]{16,})/gu, accept: (_match, token) => hasRun(token) },
  { kind: 'a basic credential', pattern: /\b[Bb]asic ([A-Za-z0-9+/]{8,}={0,2})(?![\w+/])/gu, accept: isBasic },
];

/** Words joined by hyphens have no such run; keys that are joined of parts have at least one. */
function hasRun(text: string): boolean {
  return (text.match(/[A-Za-z0-9]{12,}/g) ?? []).some((run) => /[0-9]/.test(run));
}

function hasDigit(text: string): boolean {
  return /[0-9]/.test(text);
}

function isBasic(_match: string, base64: string): boolean {
  const [user, password = ''] = decoded(base64)?.split(/:(.*)/s) ?? [];
  return user !== undefined && password !== '' && !isPlaceholder(password);
}

/** What documentation writes where a value would be. */
export function isPlaceholder(value: string): boolean {
  return placeholder.test(value) || /^(.)\1*$/.test(value);
}

const placeholder =
  /^(?:my-?|your-?|the-?|some-?|a-?|example-?)?(?:user(?:name)?|pass(?:word|wd|phrase)?|pwd|pw|secret|token|api-?_?key|key|value|credentials?|change-?me|redacted|placeholder|example|hidden|none|null|undefined|optional|required|string|test|dummy|fake)s?(?:-?here|-?goes-?here)?$|^%[A-Za-z_]+%$|^\.{3}$/iu;

/** Base64 of what begins like a credential, at the start of a word: files in it, as in Kubernetes' Secrets. */
const encoded =
  /(?<![A-Za-z0-9+/_-])(?:LS0tLS1CRUdJTi|QUtJQ|QVNJQ|Z2h|Z2l0aHViX3BhdF|Z2xw|c2st|c2tf|eG94|QUl6|ZXlK|bnBtX|QUdFLVNF|cG9zdGdyZX|bXlzcWw6|bW9uZ29k|cmVkaXM|aHR0c|QmVhcmVyI)[A-Za-z0-9+/_-]{12,}={0,2}/g;

const decodedMax = 16 * 1024;

function encodedShapes(text: string): SecretSpan[] {
  const spans: SecretSpan[] = [];
  for (const { 0: token, index } of text.matchAll(encoded)) {
    const plain = decoded(token.slice(0, decodedMax));
    const shape = plain === undefined ? undefined : plainShape(plain);
    if (shape !== undefined) spans.push({ kind: `${shape} in base64`, start: index, end: index + token.length });
    if (spans.length === spansMax) break;
  }
  return spans;
}

function plainShape(text: string): string | undefined {
  const found = shapes.find(({ pattern, accept }) =>
    Array.from(text.matchAll(pattern)).some((match) => accept?.(match[0], match[1] ?? '') ?? true),
  );
  return found?.kind;
}

/** Text that was encoded; undefined: something else was. */
function decoded(base64: string): string | undefined {
  const text = Buffer.from(base64, 'base64').toString('latin1');
  return /^[\t\n\r\u0020-\u007e]{4,}$/.test(text) ? text : undefined;
}
