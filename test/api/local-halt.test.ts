import { expect, test } from 'vitest';
import { haltScope } from '../../src/api/local-halt.ts';

test.each([
  ['global', { kind: 'global' }],
  ['environment/production', { kind: 'environment', name: 'production' }],
  ['namespace/team', { kind: 'namespace', name: 'team' }],
  ['tool/mail', { kind: 'tool', name: 'default/mail' }],
  ['system/team/desk', { kind: 'system', name: 'team/desk' }],
  ['model/team/small', { kind: 'model', name: 'team/small' }],
  ['provider/openaiCompatible', { kind: 'provider', name: 'openaiCompatible' }],
])('%s is a scope', (text, scope) => {
  expect(haltScope(text)).toEqual(scope);
});

test.each([
  'server',
  '',
  'tool',
  'tool/',
  'tool/a/b/c',
  'global/all',
  'namespace/team/desk',
  'provider/a/b',
  'Tool/mail',
  'tool/../mail',
  'tool/ma il',
  `tool/${'x'.repeat(200)}`,
])('%j is none, and what is written instead is said', (text) => {
  expect(() => haltScope(text)).toThrow(
    expect.objectContaining({
      code: 'halt.scope_invalid',
      exit: 64,
      message: `${JSON.stringify(text.slice(0, 100))} is no scope of a halt.`,
      help: expect.stringContaining('tool/NS/NAME'),
    }),
  );
});
