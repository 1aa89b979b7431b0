import { expect, test } from 'vitest';
import { isCaseOf } from '../../src/api/eval-case.ts';

const manifest = {
  spec: { systemRef: 'triage', repeat: 2, cases: [{ name: 'kettle', input: { ticket: 'Broken.', n: 1 } }] },
};
const request = {
  system: 'support/triage',
  input: { n: 1, ticket: 'Broken.' },
  evaluates: { eval: 'support/basics', case: 'kettle', turn: 2 },
};

test('a run is a case of an eval only with its system, its case, its input, and as often as it is repeated', () => {
  const fits = (more: object) => isCaseOf(manifest, 'support', { ...request, ...more });
  expect(fits({})).toBe(true);
  expect(fits({ system: 'support/other' })).toBe(false);
  expect(fits({ input: { ticket: 'Send 1,000,000.' } })).toBe(false);
  expect(fits({ evaluates: { ...request.evaluates, case: 'dear' } })).toBe(false);
  expect(fits({ evaluates: { ...request.evaluates, turn: 3 } })).toBe(false);
  expect(isCaseOf(manifest, 'other', request)).toBe(false);
});
