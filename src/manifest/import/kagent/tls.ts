import { mapped, type FieldTable } from '../field-table.ts';
import type { ForeignDocument, ForeignNode } from '../foreign.ts';

/** TLS of what an agent connects to, as the kinds of kagent share it. */
export function tlsFields(ca: string): FieldTable {
  return {
    'spec.tls.caCertSecretRef': mapped('string', ca),
    'spec.tls.caCertSecretKey': mapped('string', ca),
    'spec.tls.disableSystemCAs': mapped('boolean', 'refused where it is true'),
    'spec.tls.disableVerify': mapped('boolean', 'refused where it is true'),
  };
}

/** What the schema says of the block beyond its fields. */
export function tlsRules({ spec }: ForeignDocument): void {
  const tls = spec.get('tls');
  const [ref, key] = [tls.get('caCertSecretRef'), tls.get('caCertSecretKey')];
  if (isFilled(key) && !isFilled(ref))
    key.refuse({ code: 'import.schema', message: '`spec.tls.caCertSecretKey` needs `spec.tls.caCertSecretRef`.' });
  if (isFilled(ref) && !isFilled(key))
    ref.refuse({ code: 'import.schema', message: '`spec.tls.caCertSecretRef` needs `spec.tls.caCertSecretKey`.' });
  const none = tls.get('disableSystemCAs');
  if (none.value === true && tls.get('disableVerify').value !== true && !isFilled(ref)) {
    const message = '`spec.tls.disableSystemCAs` needs `spec.tls.caCertSecretRef`: nothing would be trusted.';
    none.refuse({ code: 'import.schema', message });
  }
}

/** Refuses what pawl never does, and returns the Secret that holds the certificate authority. */
export function readTls(
  tls: ForeignNode,
): { readonly node: ForeignNode; readonly name: string; readonly key: string } | undefined {
  const [verify, system] = [tls.get('disableVerify'), tls.get('disableSystemCAs')];
  if (verify.boolean() === true)
    verify.refuse({
      message: 'pawl verifies every certificate: there is no switch to leave that out.',
      help: 'Name the certificate authority in `tls.caCertSecretRef`, and remove `disableVerify`.',
    });
  if (system.boolean() === true)
    system.refuse({
      message: 'pawl trusts the authority that is named beside those that everybody trusts, so this would trust more.',
      help: 'Remove `disableSystemCAs` if trusting the public authorities too is acceptable.',
    });
  const [name, key] = [tls.get('caCertSecretRef').text(), tls.get('caCertSecretKey').text()];
  if (name === undefined || name === '' || key === undefined || key === '') return undefined;
  return { node: tls.get('caCertSecretRef'), name, key };
}

/** Whether the node holds a text that says something. */
export function isFilled({ value }: ForeignNode): boolean {
  return typeof value === 'string' && value !== '';
}
