import { expect, test } from 'vitest';
import { parseLock } from '../../src/manifest/lock.ts';
import { pinnedText } from '../../src/manifest/lock-edit.ts';
import { lockText, pinServer } from '../../src/manifest/lock-text.ts';

const spec = { transport: 'http', url: 'https://a.example/mcp' };
const offer = (server: string, description: string) => ({
  server,
  spec,
  tools: { get: { description, inputSchema: { type: 'object' } } },
  now: new Date('2026-08-01T12:00:00Z'),
  version: '0.1.0',
});
const both = pinServer(pinServer(undefined, offer('default/a', 'Gets.')), offer('default/b', 'Gets.'));
const lockIn = (text: string) => parseLock({ path: 'pawl.lock.yaml', bytes: Buffer.from(text) }).lock?.file;

test('a file without comments is written as it always is', () => {
  const next = pinServer(both, offer('default/a', 'Mails.'));
  expect(pinnedText({ text: lockText(both), lock: both }, next)).toBe(lockText(next));
  expect(pinnedText({ text: undefined, lock: undefined }, next)).toBe(lockText(next));
});

test('what is pinned already changes no byte', () => {
  const text = `# mine\n${lockText(both)}`;
  expect(pinnedText({ text, lock: both }, pinServer(both, offer('default/a', 'Gets.')))).toBe(text);
});

test('comments of other servers stay', () => {
  const text = lockText(both).replace('  default/b:', '  # Looked at by Ada.\n  default/b:');
  const lock = lockIn(text);
  if (lock === undefined) throw new TypeError('the file is right');
  const next = pinServer(lock, offer('default/a', 'Mails.'));
  const written = pinnedText({ text, lock }, next);
  expect(written).toContain('# Looked at by Ada.\n  default/b:');
  expect(lockIn(written)).toEqual(next);
});
