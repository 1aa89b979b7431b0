import { expect, test } from 'vitest';
import { parseDocuments } from '../../../src/manifest/document.ts';
import { refuseUnread } from '../../../src/manifest/import/check-fields.ts';
import { mapped } from '../../../src/manifest/import/field-table.ts';
import { ForeignDocument } from '../../../src/manifest/import/foreign.ts';

const table = { 'spec.a': mapped('string', '`a`'), 'spec.b': mapped('string', '`b`') };

function foreign(): ForeignDocument {
  const bytes = new TextEncoder().encode('spec: { a: one, b: two }\n');
  const [document] = parseDocuments({ path: 'a.yaml', bytes }).documents;
  if (document === undefined) throw new TypeError('The text is one document');
  return new ForeignDocument(document, { apiVersion: 'x/v1', kind: 'X', namespace: 'desk', name: 'x' });
}

const unread = ({ notes }: ForeignDocument) =>
  notes.filter(({ code }) => code === 'import.unread').map(({ message }) => message);

test('to say something of a map carries over nothing that is in it', () => {
  const document = foreign();
  document.spec.get('a').text();
  document.spec.flag('import.assumed', 'Something of the whole.');
  refuseUnread(document, table);
  expect(unread(document)).toEqual(['`spec.b` is known, and was not carried over.']);
});

test('to say something of a value, or to leave out what holds it, is to look at it', () => {
  const said = foreign();
  for (const name of ['a', 'b']) said.spec.get(name).flag('import.assumed', 'Something of it.');
  refuseUnread(said, table);
  expect(unread(said)).toEqual([]);
  const left = foreign();
  left.spec.ignore('Nothing here needs it.');
  refuseUnread(left, table);
  expect(unread(left)).toEqual([]);
});
