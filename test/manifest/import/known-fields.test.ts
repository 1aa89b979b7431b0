import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import type { ForeignKind } from '../../../src/manifest/import/dialect.ts';
import { dialects } from '../../../src/manifest/import/dialects.ts';
import { fieldSteps, fieldTreeOf, type FieldTree } from '../../../src/manifest/import/field-tree.ts';
import { metadataFields } from '../../../src/manifest/import/metadata-fields.ts';

const folder = new URL('known-fields/', import.meta.url);

/** `<apiVersion> <Kind> <path>`: a field that the other system's own schema knows. */
interface Known {
  readonly apiVersion: string;
  readonly kind: string;
  readonly path: string;
}

function knownFields(file: string): readonly Known[] {
  const lines = readFileSync(new URL(file, folder), 'utf8').split('\n');
  return lines
    .filter((line) => line.trim() !== '' && !line.startsWith('#'))
    .map((line) => {
      const [apiVersion = '', kind = '', path = ''] = line.trim().split(/\s+/);
      return { apiVersion, kind, path };
    });
}

/** Whether a table says what becomes of a field: a row of its own, rows for all beneath it, or one that covers it. */
function isCovered(tree: FieldTree, path: string): boolean {
  let at = tree;
  for (const step of fieldSteps(path)) {
    if (at.row !== undefined && (at.row.fate !== 'mapped' || at.row.type === 'any')) return true;
    const next = at.children.get(step) ?? (step === '[]' ? undefined : at.children.get('*'));
    if (step === '**') return at.row !== undefined;
    if (next === undefined) return false;
    at = next;
  }
  return at.row !== undefined || at.children.size > 0;
}

const kindsOf = (name: string, { apiVersion, kind }: Pick<Known, 'apiVersion' | 'kind'>): readonly ForeignKind[] =>
  (dialects.find((dialect) => dialect.name === name)?.kinds ?? []).filter(
    (one) => one.kind === kind && one.apiVersions.includes(apiVersion),
  );

describe.each(dialects.filter(({ name }) => name !== 'kubernetes'))('$title', ({ name, kinds }) => {
  const file = `${name}.txt`;
  const known = readdirSync(folder).includes(file) ? knownFields(file) : [];

  test('every field that its schema knows has a row that says what becomes of it', () => {
    const missing = known.filter(
      (one) => !kindsOf(name, one).some(({ fields }) => isCovered(fieldTreeOf(fields), one.path)),
    );
    expect(missing.map(({ apiVersion, kind, path }) => `${apiVersion} ${kind} ${path}`)).toEqual([]);
  });

  test('every row is of a field that its schema knows', () => {
    const invented = kinds.flatMap((kind) =>
      kind.apiVersions.flatMap((apiVersion) => {
        const paths = known
          .filter((one) => one.apiVersion === apiVersion && one.kind === kind.kind)
          .map(({ path }) => path);
        return Object.keys(kind.fields)
          .filter((path) => !isMetadata(path) && !paths.some((one) => fits(one, path)))
          .map((path) => `${apiVersion} ${kind.kind} ${path}`);
      }),
    );
    // Versions that share a table need not share each of its fields.
    const named = (row: string) => {
      const [, kind = '', path = ''] = row.split(' ');
      return known.some((one) => one.kind === kind && fits(one.path, path));
    };
    expect(invented.filter((row) => !named(row))).toEqual([]);
  });
});

/** Above the `spec` all kinds have the same, and what their systems write there themselves. */
function isMetadata(path: string): boolean {
  return Object.hasOwn(metadataFields, path) || path.startsWith('metadata') || path.startsWith('status');
}

/** A row may stand for a field, for what holds it, or for something beneath a field that is opaque. */
function fits(known: string, row: string): boolean {
  if (
    known.replace(/\[\]$/, '') === row.replace(/\[\]$/, '') ||
    known.startsWith(`${row}.`) ||
    known.startsWith(`${row}[`)
  )
    return true;
  return known.endsWith('.**') && row.startsWith(known.slice(0, -3));
}
