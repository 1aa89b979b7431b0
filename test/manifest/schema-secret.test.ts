import { describe } from 'vitest';
import { testSchema } from './schema-cases.ts';

const ciphertext = [
  '-----BEGIN AGE ENCRYPTED FILE-----',
  'YWdlLWVuY3J5cHRpb24ub3JnL3YxCi0+IFgyNTUxOSByV291dFZWdHNMYmtEMGRK',
  'M3NtUi90U2t6ZTZSVXY2dllXWDljQ2MwZkFFCmJ4Z1prbEU5UHd0VW84cXo2NXJz',
  'ZWQxT0VBR01zOU52Tk1QaXJpdnJ0OXMKLS0tIDNWQmp2UHZSTGpyVTZxTHJxWVpE',
  'bXJXMXZESWZ0NmZ6VWtxcXFJeHdBNVEKD3PUB/HtEpcCvNTqx2aSPNBMrC50Mqbi',
  'uSTkojwZ71aJ3YVj7Q==',
  '-----END AGE ENCRYPTED FILE-----',
  '',
].join('\n');

describe('a Secret', () => {
  testSchema({
    kind: 'Secret',
    accepted: {
      'in variables': { description: 'The CRM', source: 'env', keys: { token: 'PAWL_SECRET_CRM_TOKEN' } },
      'in files': { source: 'file', keys: { 'tls.key': '/run/secrets/tls.key' } },
      'in Git, encrypted': { source: 'age', keys: { token: ciphertext } },
      'in the database': { source: 'stored', keys: { token: '', other: '' } },
    },
    refused: {
      'no source': [{ keys: { token: 'A' } }, 'manifest.required spec'],
      'no keys': [{ source: 'env', keys: {} }, 'manifest.limit spec.keys'],
      'a value in place of a variable': [
        { source: 'env', keys: { token: 'not a variable' } },
        'manifest.format spec.keys.token',
      ],
      'a value in place of a path': [{ source: 'file', keys: { token: 'a\nb' } }, 'manifest.format spec.keys.token'],
      'a value in place of a ciphertext': [
        { source: 'age', keys: { token: 'hunter2' } },
        'manifest.format spec.keys.token',
      ],
      'a value where it is stored': [
        { source: 'stored', keys: { token: 'hunter2' } },
        'manifest.limit spec.keys.token',
      ],
      'a key with a space': [
        { source: 'env', keys: { 'the token': 'PAWL_SECRET_TOKEN' } },
        'manifest.name spec.keys.the token',
      ],
    },
  });
});
