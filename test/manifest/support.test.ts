import { describe, expect, test } from 'vitest';
import { enforcedFields } from '../../src/manifest/enforced-fields.ts';
import { isJsonList } from '../../src/manifest/json.ts';
import { missingParts } from '../../src/manifest/missing-parts.ts';
import { kinds } from '../../src/manifest/resource.ts';
import { fieldsTitled, pathText, type SchemaField, withInner } from '../../src/manifest/schema-field.ts';
import { missingFieldPart, supportOf, unsupportedIn } from '../../src/manifest/support.ts';

const titles = [...kinds, 'PawlSettings', 'Script', 'Lock'];

interface Row {
  readonly text: string;
  readonly title: string;
  readonly path: string;
  readonly value: string | undefined;
  readonly enforced: boolean;
}

const rows: readonly Row[] = [
  ...Object.keys(missingParts).map((text) => rowOf(text, false)),
  ...Object.entries(enforcedFields).flatMap(([title, paths]) => paths.map((path) => rowOf(`${title}.${path}`, true))),
];

function rowOf(text: string, enforced: boolean): Row {
  const [field = '', value] = text.split('=');
  const [title = '', ...rest] = field.split('.');
  return { text, title, path: rest.join('.'), value, enforced };
}

function rowsOf(title: string): readonly Row[] {
  return rows.filter((row) => row.title === title || (row.title === '*' && kinds.some((kind) => kind === title)));
}

/** The row's field, or one beneath it. */
function covers(row: Row, path: string): boolean {
  return row.path === '' || path === row.path || path.startsWith(`${row.path}.`) || path.startsWith(`${row.path}[]`);
}

function allFields(title: string): readonly SchemaField[] {
  return fieldsTitled(title).flatMap(withInner);
}

function valuesOf({ schema }: SchemaField): readonly string[] {
  return isJsonList(schema['enum']) ? schema['enum'].map(String) : [];
}

describe.each(titles)('the tables of what is enforced and what is missing, for %s', (title) => {
  const own = rowsOf(title);
  const ofKind = own.find(({ path }) => path === '');
  const leaves = allFields(title).filter(({ fields }) => fields.length === 0);

  test('have a row for every field of the schema', () => {
    const bare = leaves.map(({ path }) => pathText(path)).filter((path) => !own.some((row) => covers(row, path)));
    expect(bare).toEqual([]);
  });

  test('have a row for every value of a field of which only some values are done', () => {
    const bare = allFields(title).flatMap((field) => {
      const path = pathText(field.path);
      const valued = own.filter((row) => row.path === path && row.value !== undefined);
      const named = new Set(valued.map(({ value }) => value));
      return valued.length === 0
        ? []
        : valuesOf(field)
            .filter((value) => !named.has(value))
            .map((value) => `${path}=${value}`);
    });
    expect(bare).toEqual([]);
  });

  test('never say two things of one field', () => {
    if (ofKind !== undefined) {
      // A kind that is missing has only the rows that every kind has, which hold whether it is there or not.
      expect(own.filter((row) => row !== ofKind && row.title !== '*').map(({ text }) => text)).toEqual([]);
      return;
    }
    const doubled = own.flatMap((row) =>
      own
        .filter((other) => other !== row && covers(row, other.path) && !differByValue(row, other))
        .map(({ text }) => `${row.text} and ${text}`),
    );
    expect(doubled).toEqual([]);
  });
});

/** Rows of two values of one field, or a field that is done and a value of it that is not. */
function differByValue(row: Row, other: Row): boolean {
  if (row.path !== other.path) return row.value !== undefined;
  return row.value !== undefined && other.value !== undefined && row.value !== other.value;
}

test('no row names a kind, a field or a value that no schema has', () => {
  const dead = rows.filter(({ title, path, value }) => {
    const candidates = title === '*' ? kinds.slice(0, 1) : titles.filter((known) => known === title);
    if (path === '') return candidates.length === 0;
    const field = candidates.flatMap(allFields).find((known) => pathText(known.path) === path);
    if (field === undefined) return true;
    return value !== undefined && valuesOf(field).length > 0 && !valuesOf(field).includes(value);
  });
  expect(dead.map(({ text }) => text)).toEqual([]);
});

describe('what a document asks for in vain', () => {
  const agent = (spec: object): string[] =>
    unsupportedIn('Agent', { spec: { modelRef: 'm', ...spec } }).map(
      ({ path, part, value }) => `${path.join('.')}${value === undefined ? '' : `=${value}`}: ${part}`,
    );

  test('is found at its outermost field, once', () => {
    expect(agent({ expose: { a2a: true } })).toEqual(['spec.expose: exposed agents']);
  });

  test('is found by value', () => {
    const found = (type: string) =>
      unsupportedIn('Gateway', { spec: { type } }).map(({ value, part }) => [value, part]);
    expect(found('agent')).toEqual([['agent', 'exposed agents']]);
    expect(found('model')).toEqual([]);
  });

  test('is nothing where nothing of it is written', () => {
    expect(agent({ tools: [{ toolRef: 't' }] })).toEqual([]);
  });

  test.each(kinds.filter((kind) => Object.hasOwn(missingParts, kind)))(
    'is the kind alone where all of %s waits',
    (kind) => {
      expect(unsupportedIn(kind, { kind, spec: { description: 'd' } })).toEqual([
        { path: ['kind'], part: missingParts[kind], value: kind },
      ]);
    },
  );

  test('is found whatever an author calls things', () => {
    const graph = { constructor: { human: {} }, '[]': { review: {} }, '*': { agentRef: 'a' } };
    expect(unsupportedIn('AgentSystem', { spec: { graph } })).toEqual([]);
    const where = { agents: ['constructor'] };
    expect(unsupportedIn('AlertRule', { spec: { where } }).map(({ path }) => path.join('.'))).toEqual([
      'spec.where.agents',
    ]);
  });
});

test('a field is asked for by its path in a document, whatever the names and indexes in it', () => {
  expect(missingFieldPart('Agent', ['spec', 'tools', '0', 'mcpServerRef'])).toBeUndefined();
  expect(missingFieldPart('AlertRule', ['spec', 'where', 'agents', '0'])).toBe('metrics of agents and steps');
  expect(missingFieldPart('Gateway', ['spec', 'type'], 'agent')).toBe('exposed agents');
  expect(missingFieldPart('Gateway', ['spec', 'type'], 'model')).toBeUndefined();
  expect(missingFieldPart('Nothing', ['spec'])).toBeUndefined();
});

test('of a field is said whether this build does it', () => {
  expect(supportOf('Agent', ['spec', 'prompt'])).toEqual({ kind: 'enforced' });
  expect(supportOf('Agent', ['spec', 'expose', 'a2a'])).toEqual({ kind: 'missing', part: 'exposed agents' });
  expect(supportOf('Guard', ['spec', 'mode'])).toEqual({ kind: 'enforced' });
  expect(supportOf('Workforce', ['spec', 'entryAgents'])).toEqual({ kind: 'enforced' });
  expect(supportOf('Gateway', ['spec', 'type'])).toEqual({
    kind: 'partly',
    values: expect.objectContaining({ agent: 'exposed agents' }),
  });
});
