import { expect, test } from 'vitest';
import { addressDenial } from '../../src/tools/egress-address.ts';

const metadata = [
  '169.254.169.254',
  '168.63.129.16',
  '100.100.100.200',
  '192.0.0.192',
  'fd00:ec2::254',
  'fd20:ce::254',
  '::ffff:169.254.169.254',
];

test.each([
  ...metadata,
  '0.0.0.0',
  '169.254.1.1',
  '224.0.0.1',
  '255.255.255.255',
  '240.0.0.1',
  '192.0.2.1',
  '198.18.0.1',
  '::',
  'fe80::1',
  'ff02::1',
  '::127.0.0.1',
  '::ffff:0:127.0.0.1',
  '64:ff9b::7f00:1',
  '64:ff9b:1::7f00:1',
  '2002:7f00:1::',
  '2001:0:7f00:1::',
  '2001:db8::1',
  'fec0::1',
  '4000::1',
  'localhost',
  '',
  '127.0.0.1.',
])('%j is never connected to, whatever a manifest says', (address) => {
  expect(addressDenial(address, false)).toBeTypeOf('string');
  expect(addressDenial(address, true)).toBeTypeOf('string');
});

test.each([
  '127.0.0.1',
  '127.1.2.3',
  '10.0.0.1',
  '172.16.0.1',
  '192.168.1.1',
  '100.64.0.1',
  '::1',
  'fd12::1',
  '::ffff:127.0.0.1',
  '::ffff:10.0.0.1',
])('%s is connected to only with allowPrivate', (address) => {
  expect(addressDenial(address, false)).toContain('allowPrivate');
  expect(addressDenial(address, true)).toBeUndefined();
});

test.each(['8.8.8.8', '93.184.216.34', '2606:2800:220:1::1', '::ffff:8.8.8.8'])('%s is public', (address) => {
  expect(addressDenial(address, false)).toBeUndefined();
});
