/** Characters of armored text. A credential is small; a manifest has room for several. */
export const ageTextMax = 64 * 1024;
/** People and workers that one value is encrypted for. */
const stanzasMax = 50;
const begin = '-----BEGIN AGE ENCRYPTED FILE-----';
const end = '-----END AGE ENCRYPTED FILE-----';
const nonceBytes = 16;
const tagBytes = 16;

/**
 * What is wrong with an armored age file, said of the text: "does not begin …". Undefined: its structure is right,
 * which needs no key to see. The form is https://c2sp.org/age.
 */
export function ageFault(text: string): string | undefined {
  if (text.length > ageTextMax) return `is longer than ${ageTextMax} characters`;
  const lines = text.trim().split(/\r?\n/);
  if (lines[0] !== begin) return `does not begin with \`${begin}\``;
  if (lines.at(-1) !== end || lines.length < 3) return `does not end with \`${end}\``;
  const body = lines.slice(1, -1);
  const isWhole = body.every((line, at) => {
    const last = at === body.length - 1;
    return (last ? line.length <= 64 && line.length % 4 === 0 : line.length === 64) && isBase64(line, last);
  });
  if (!isWhole) return 'is not base64 in lines of 64 characters';
  const bytes = Buffer.from(body.join(''), 'base64');
  if (bytes.toString('base64') !== body.join('')) return 'is not canonical base64';
  return headerFault(bytes);
}

function isBase64(line: string, last: boolean): boolean {
  return (last ? /^[A-Za-z0-9+/]+={0,2}$/ : /^[A-Za-z0-9+/]+$/).test(line);
}

function headerFault(bytes: Buffer): string | undefined {
  const macAt = bytes.indexOf('\n--- ');
  const headerEnd = macAt < 0 ? -1 : bytes.indexOf('\n', macAt + 1);
  if (headerEnd < 0) return 'has no complete header';
  const [version, ...lines] = bytes.subarray(0, macAt).toString('latin1').split('\n');
  if (version !== 'age-encryption.org/v1') return 'is of no known version of the format';
  if (!/^--- [A-Za-z0-9+/]{43}$/.test(bytes.subarray(macAt + 1, headerEnd).toString('latin1'))) {
    return 'has no authentication of its header';
  }
  const types: string[] = [];
  for (const line of lines) {
    if (line.startsWith('-> ')) types.push(line.slice(3).split(' ')[0] ?? '');
    else if (types.length === 0 || !/^[A-Za-z0-9+/]{0,64}$/.test(line)) return 'has a damaged header';
  }
  if (bytes.length - headerEnd - 1 < nonceBytes + tagBytes) return 'is cut after its header';
  return recipientFault(types);
}

/** Who else can decrypt it is not pawl's business, but a worker must be able to. */
function recipientFault(types: readonly string[]): string | undefined {
  if (types.includes('scrypt')) return 'is encrypted with a passphrase, which no worker could type';
  if (types.length > stanzasMax) return `has more than ${stanzasMax} recipients`;
  if (!types.includes('X25519')) return 'has no X25519 recipient (`age1…`), the kind of key that workers have';
  return undefined;
}
