import type { JsonObject } from '../../json.ts';
import type { Conversion } from '../conversion.ts';
import type { ForeignNode } from '../foreign.ts';
import { given } from '../given.ts';
import { durationText } from '../go-duration.ts';
import { orlojSecret } from './secret-reference.ts';

/** How a request proves where it comes from; what pawl cannot check the same way is refused at its place. */
export function webhookAuth(auth: ForeignNode, conversion: Conversion): JsonObject {
  const secret = orlojSecret(auth.get('secret_ref'), conversion);
  const secretRef = { name: secret?.name ?? '', key: secret?.key ?? '' };
  switch (profileOf(auth)) {
    case 'github':
      return github(auth, secretRef);
    case 'hmac':
      return hmac(auth, secretRef);
    case 'shared_token':
      return sharedToken(auth, secretRef);
    default:
      return generic(auth, secretRef);
  }
}

export function profileOf(auth: ForeignNode): string {
  return auth.get('profile').text() ?? 'generic';
}

type SecretRef = JsonObject;

/** Fields that only `hmac` reads, and what is of no use to the other profiles. */
const hmacOnly = [
  'algorithm',
  'payload_format',
  'payload_prefix',
  'payload_separator',
  'signature_encoding',
  'header_format',
  'signature_key',
  'timestamp_key',
];

function ignoreUnused(auth: ForeignNode, names: readonly string[]): void {
  for (const name of names) {
    const node = auth.get(name);
    if (node.exists) node.ignore(`Orloj does not read it with the profile \`${profileOf(auth)}\`.`);
  }
}

function github(auth: ForeignNode, secretRef: SecretRef): JsonObject {
  ignoreUnused(auth, [...hmacOnly, 'timestamp_header', 'max_skew_seconds']);
  demand(auth.get('signature_header'), 'X-Hub-Signature-256');
  demand(auth.get('signature_prefix'), 'sha256=');
  return { profile: 'github', secretRef };
}

/** GitHub's own profile reads what GitHub sends. */
function demand(node: ForeignNode, fixed: string): void {
  const text = node.text()?.trim() ?? '';
  if (text === '' || text.toLowerCase() === fixed.toLowerCase()) return;
  const message = `With the profile \`github\` pawl reads \`${fixed}\` alone.`;
  node.refuse({ message, help: 'Use the profile `hmac` for a signature elsewhere.' });
}

function generic(auth: ForeignNode, secretRef: SecretRef): JsonObject {
  ignoreUnused(auth, hmacOnly);
  auth.flag(
    'import.assumed',
    'The profile `generic` is taken to sign the time, a dot and the body, in hex. Whoever signs the body alone is turned away until `timestampHeader` is removed: try one delivery.',
  );
  return given({
    profile: 'generic',
    secretRef,
    signatureHeader: textOr(auth.get('signature_header'), 'X-Signature'),
    signaturePrefix: auth.get('signature_prefix').text() ?? 'sha256=',
    algorithm: 'sha256',
    encoding: 'hex',
    timestampHeader: textOr(auth.get('timestamp_header'), 'X-Timestamp'),
    tolerance: toleranceOf(auth.get('max_skew_seconds')),
  });
}

function hmac(auth: ForeignNode, secretRef: SecretRef): JsonObject {
  const format = auth.get('payload_format');
  const header = auth.get('header_format');
  const algorithm = auth.get('algorithm');
  for (const name of ['payload_prefix', 'payload_separator', 'signature_key', 'timestamp_key']) auth.get(name).text();
  if (format.text() === 'prefix_timestamp_body')
    format.refuse({
      message: 'pawl checks a signature of the body, or of the time, a dot and the body.',
      help: 'Let a proxy in front check this one, and sign anew for pawl.',
    });
  if (header.text() === 'kv_pairs')
    header.refuse({
      message: 'pawl reads a signature from a header that holds nothing else.',
      help: 'Let a proxy in front check this one, and sign anew for pawl.',
    });
  if (algorithm.text() === 'sha1')
    algorithm.refuse({ message: 'pawl takes no signature of SHA-1.', help: 'Sign with `sha256` or `sha512`.' });
  const isTimed = format.text() === 'timestamp_dot_body';
  if (!isTimed) ignoreUnused(auth, ['timestamp_header', 'max_skew_seconds']);
  return given({
    profile: 'generic',
    secretRef,
    signatureHeader: auth.get('signature_header').text(),
    signaturePrefix: textOr(auth.get('signature_prefix'), undefined),
    algorithm: algorithm.text() === 'sha512' ? 'sha512' : 'sha256',
    encoding: auth.get('signature_encoding').text() === 'base64' ? 'base64' : 'hex',
    timestampHeader: isTimed ? auth.get('timestamp_header').text() : undefined,
    tolerance: isTimed ? toleranceOf(auth.get('max_skew_seconds')) : undefined,
  });
}

function sharedToken(auth: ForeignNode, secretRef: SecretRef): JsonObject {
  ignoreUnused(auth, [...hmacOnly, 'timestamp_header', 'max_skew_seconds']);
  const prefix = auth.get('signature_prefix');
  if ((prefix.text() ?? '') !== '')
    prefix.refuse({
      message: 'pawl compares the whole header with the token.',
      help: 'Put the prefix into the value of the Secret, and remove it here.',
    });
  return { profile: 'sharedToken', secretRef, ...given({ tokenHeader: auth.get('signature_header').text() }) };
}

function textOr(node: ForeignNode, absent: string | undefined): string | undefined {
  const text = node.text()?.trim() ?? '';
  return text === '' ? absent : text;
}

const toleranceDefault = '5m';

function toleranceOf(node: ForeignNode): string {
  const seconds = node.number() ?? 0;
  return seconds === 0 ? toleranceDefault : (durationText(seconds * 1000) ?? toleranceDefault);
}
