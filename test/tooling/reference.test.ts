import { readdirSync, readFileSync } from 'node:fs';
import { Ajv } from 'ajv';
import { describe, expect, test } from 'vitest';
import { parse, parseAllDocuments } from 'yaml';
import { codes } from '../../src/codes.ts';
import { parseDocuments } from '../../src/manifest/document.ts';
import { docName, documented, type FieldDoc } from '../../src/manifest/field-doc.ts';
import { editorSchema } from '../../src/manifest/editor-schema.ts';
import { kinds } from '../../src/manifest/resource.ts';
import { parseScript } from '../../src/manifest/script.ts';
import { parseSettings } from '../../src/manifest/settings.ts';
import { validate } from '../../src/manifest/validate.ts';
import { referencePages } from '../../tooling/reference-page.ts';

const pages = new Map(referencePages().map(({ file, text }) => [file, text]));
const root = new URL('../../', import.meta.url);
/** Compiled once: it takes a second. */
const accepts = new Ajv({ strict: false }).compile(JSON.parse(editorSchema()));

function pageOf(file: string): string {
  const text = pages.get(file);
  if (text === undefined) throw new Error(`there is no page ${file}`);
  return text;
}

/** The YAML of each page's example, with the page that it is on. */
const examples = [...pages].flatMap(([file, text]) =>
  Array.from(text.matchAll(/## Example\n\n```yaml\n([\s\S]*?)```/g), ([, yaml = '']) => ({ file, yaml })),
);

describe('the reference pages', () => {
  test('are one for each kind, with an index that leads to each', () => {
    const index = pageOf('README.md');
    const links = Array.from(index.matchAll(/^\| \[([^\]]+)\]\(([^)]+)\)/gm), ([, name = '', file = '']) => ({
      name,
      file,
    }));
    expect(links.map(({ name }) => name).sort()).toEqual([...kinds, 'Script', 'pawl.lock.yaml', 'pawl.yaml'].sort());
    for (const { file } of links) expect(pageOf(file)).toContain('## Fields');
  });

  test.each(examples)('$file has an example that validates, for pawl and for editors', ({ file, yaml }) => {
    const bytes = Buffer.from(yaml);
    if (file === 'script.md') {
      expect(parseScript({ path: 'a.script.yaml', bytes }).problems).toEqual([]);
      return;
    }
    expect([accepts(parse(yaml)), accepts.errors]).toEqual([true, null]);
    const problems =
      file === 'pawl-yaml.md'
        ? parseSettings({ path: 'pawl.yaml', bytes }).problems
        : parseDocuments({ path: 'a.yaml', bytes }).documents.flatMap((document) => validate(document).problems);
    expect(problems.filter(({ severity, code }) => severity === 'error' || code !== 'manifest.unsupported')).toEqual(
      [],
    );
  });

  test('have an example for every kind', () => {
    expect(examples).toHaveLength(kinds.length + 2);
  });

  test('say of a field its type, default, bounds, who notices a change, and that it is not enforced', () => {
    const agent = pageOf('agent.md');
    expect(agent).toMatch(
      /\| `timeout` \| duration, default `5m` \| running runs if tighter \| How long one step may take\./,
    );
    expect(agent).toMatch(
      /\| `observability` \| map \|[^\n]*\*\*Validates; not enforced yet:\*\* observability settings\./,
    );
    expect(agent).toContain('### `spec.observability`\n\n> **Validates; not enforced yet:** observability settings.');
    expect(pageOf('agent-system.md')).toContain('### `spec.graph.*.edges[]`');
  });

  test('know of every field whether this build does it', () => {
    const all = (doc: FieldDoc): readonly FieldDoc[] => [doc, ...doc.fields.flatMap(all)];
    const docs = [...kinds, 'PawlSettings', 'Script', 'Lock'].flatMap((title) => {
      const doc = documented(title);
      return doc === undefined ? [] : all(doc);
    });
    expect(docs.length).toBeGreaterThan(900);
    expect(docs.filter(({ support }) => support.kind === 'unlisted').map(docName)).toEqual([]);
  });

  test('hold every code, with its cause and its cure', () => {
    const page = pageOf('codes.md');
    for (const code of Object.keys(codes)) expect(page).toContain(`| \`${code}\` | `);
  });

  test('are tables that GitHub reads: every row has the cells of its head', () => {
    for (const [file, text] of pages) {
      let cells = 0;
      for (const line of text.replaceAll(/```[\s\S]*?```/g, '').split('\n')) {
        if (!line.startsWith('|')) cells = 0;
        else {
          const count = line.split(/(?<!\\)\|/).length;
          cells ||= count;
          expect([file, line, count]).toEqual([file, line, cells]);
        }
      }
    }
  });

  test('have no tag in a table but line breaks', () => {
    for (const [file, text] of pages) {
      const prose = text.replaceAll(/```[\s\S]*?```/g, '').replaceAll(/`[^`\n]*`/g, '');
      const tags = [...prose.matchAll(/<\/?[a-z!][^>]*>/g)]
        .map(([tag]) => tag)
        .filter((tag) => !/^<(br|!--)/.test(tag));
      expect([file, tags]).toEqual([file, []]);
    }
  });
});

test('the schemas for editors in the repository are as many as there are kinds, and two umbrellas', () => {
  const files = readdirSync(new URL('schemas/editor/', root));
  expect(files).toHaveLength(kinds.length + 2);
  for (const file of files)
    expect(JSON.parse(readFileSync(new URL(`schemas/editor/${file}`, root), 'utf8'))).toHaveProperty('$schema');
});

test('what the pages say of editors is what they need', () => {
  const [, comment] = /```yaml\n(# yaml-language-server[^\n]*)/.exec(pageOf('README.md')) ?? [];
  expect(comment).toBe('# yaml-language-server: $schema=../.schemas/pawl.schema.json');
  expect(parseAllDocuments(comment ?? '')).toHaveLength(0);
});
