import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { code, fenced, inert } from '../../../src/plan/render/inert.ts';
import { checkRunBytesMax, renderMarkdown } from '../../../src/plan/render/markdown.ts';
import { anyText } from '../../support/any-text.ts';
import { codeBlocks, foreign, isBalanced, nodesOf, parse } from './markdown.ts';
import { mermaidProblems } from './mermaid-rules.ts';
import { plans } from './plans.ts';
import { hugePlan, richPlan } from './rich.ts';

/** What somebody who may open a pull request could put into a name, a path, a prompt or a reason. */
const attacks = [
  '```\n# owned\n',
  '````````` js',
  '`x`',
  '</details>',
  '</summary><h1>',
  '<!-- pawl:plan prod -->',
  '-->',
  '@team and @octo/cat',
  '#123 GH-1 octo/cat#1 ABC-12 4f2c9e1a4f2c9e1a4f2c9e1a4f2c9e1a4f2c9e1a',
  'https://evil.example www.evil.example mail@evil.example ftp://evil',
  '[x](javascript:alert(1)) [y]: javascript:alert(1)',
  '![x](https://evil.example/track.png)',
  '<img src=x onerror=alert(1)> <script>',
  '| a | b |\n| --- | --- |',
  'a\\|b \\',
  '\u001b[2J\u202eevil\u2066\u200b\ufeff\u{e0041}\u2028',
  ':tada: :octocat:',
  '$x^2$ $$y$$ $`z`$',
  '\n===\n---\n# h\n## h\n> q\n1. l\n- l\n* l\n+ l',
  '[^1] [^1]: note',
  '&lt;b&gt; &#64;team',
  '**b** __b__ *i* _i_ ~~s~~',
  '- [ ] task',
  '"]; click n0 "javascript:alert(1)" %%{init: {}}%% end subgraph x',
  '#quot;#35;',
  '\r\n\t',
  '1. one',
  '',
  ' ',
];

describe('Markdown', () => {
  test.each(Object.entries({ ...plans, rich: richPlan() }))('%s: holds only what we wrote', (_name, made) => {
    const markdown = renderMarkdown(made);
    expect(foreign(markdown)).toEqual([]);
    expect(isBalanced(markdown)).toBe(true);
  });

  test('says the verdict in its first line', () => {
    const first = (made: Parameters<typeof renderMarkdown>[0]): string => renderMarkdown(made).split('\n')[0] ?? '';
    const open = richPlan('', { quarantined: [] });
    expect(first(open)).toBe('### pawl plan for `prod`: 4 decisions needed');
    expect(first(richPlan())).toBe('### pawl plan for `prod`: held by a rollback');
    expect(first(plans.update)).toBe('### pawl plan for `prod`: no decision needed');
    expect(first(plans.conflict)).toBe('### pawl plan for `prod`: cannot be applied, 1 conflict');
    const [guard] = open.guards;
    const kept = guard === undefined ? [] : [{ ...guard, acknowledgeable: false }];
    expect(first({ ...open, guards: kept })).toBe('### pawl plan for `prod`: refused by 1 guard');
    expect(first({ ...open, guards: [], risks: [], beside: {} })).toBe('### pawl plan for `prod`: no decision needed');
  });

  test.each(attacks.map((attack) => [JSON.stringify(attack), attack]))(
    '%s is inert wherever it stands',
    (_name, attack) => {
      const markdown = renderMarkdown(richPlan(attack));
      expect(foreign(markdown)).toEqual([]);
      expect(isBalanced(markdown)).toBe(true);
      expect(tableWidths(markdown)).toEqual([]);
      for (const { lang, value } of codeBlocks(markdown))
        if (lang === 'mermaid') expect(mermaidProblems(value)).toEqual([]);
      expect(markdown.match(/<!-- pawl:plan/g)?.length ?? 0).toBeGreaterThan(0);
      expect(markdown).not.toMatch(/(?!\n)[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u);
    },
  );

  test('any text at all is inert', () => {
    const piece = fc.oneof(fc.constantFrom(...attacks), fc.string({ unit: 'grapheme' }), anyText());
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 4 }), (pieces) => {
        const markdown = renderMarkdown(richPlan(pieces.join('')));
        expect(foreign(markdown)).toEqual([]);
        expect(isBalanced(markdown)).toBe(true);
        expect(tableWidths(markdown)).toEqual([]);
        for (const { lang, value } of codeBlocks(markdown)) {
          if (lang === 'mermaid') expect(mermaidProblems(value)).toEqual([]);
        }
      }),
      { numRuns: 25, endOnFailure: true },
    );
  });

  test('a code span holds exactly its text, in a line and in a cell', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom('`', ' ', 'a', '|', '\\', '$', '<', '&') }), (text) => {
        fc.pre(text.trim() !== '');
        expect(plainText(`x ${code(text)} y`)).toBe(`x ${text} y`);
        const cells = plainCells(`| h | i |\n| --- | --- |\n| ${code(text, { cell: true })} | y |`);
        expect(cells).toHaveLength(4);
        // Of a backslash before a pipe parsers think differently: it is written out.
        expect(cells[2]?.trim()).toBe(text.replaceAll(/\\(?=\\*\|)/g, '\\u{5c}').trim());
      }),
    );
  });

  test('words stay words, and what is not provably one becomes code', () => {
    expect(inert('Agent "support/writer" may newly write (2 times).')).toBe(
      'Agent "support/writer" may newly write (2 times).',
    );
    expect(inert('ask @team about #1 now.')).toBe('ask `@team` about `#1` now.');
    expect(inert('at https://evil.example/x, twice')).toBe('at `https://evil.example/x`, twice');
    expect(inert('1. first')).toBe('`1.` first');
    expect(inert('deny -> allow')).toBe('deny `->` allow');
  });

  test('a fence is longer than any within it', () => {
    const block = fenced(['a', '`````', '~~~'], 'text');
    expect(block.startsWith('``````text\n')).toBe(true);
    expect(codeBlocks(block)).toEqual([{ lang: 'text', value: 'a\n`````\n~~~' }]);
  });

  test('the marker tells environments apart and nothing ends it early', () => {
    const marker = renderMarkdown(plans.update, { environmentId: 'a--> <b>/prod' }).trimEnd().split('\n').at(-1);
    expect(marker).toBe('<!-- pawl:plan a%2D%2D%3E%20%3Cb%3E%2Fprod -->');
  });

  test('links to the whole plan only over https', () => {
    const cut = hugePlan(500);
    expect(renderMarkdown(cut, { fullPlan: 'https://pawl.example/plans/1' })).toContain(
      'The whole plan: [all of it](<https://pawl.example/plans/1>)',
    );
    expect(renderMarkdown(cut, { fullPlan: 'javascript:alert(1)' })).toContain('The whole plan: `pawl plan -o json');
  });
});

describe('limits of a comment', () => {
  const nasty = hugePlan(10_000);

  test('10,000 changes still give a readable comment', () => {
    const markdown = renderMarkdown(nasty);
    expect(Buffer.byteLength(markdown)).toBeLessThanOrEqual(60_000);
    expect(markdown.length).toBeLessThanOrEqual(60_000);
    expect(Buffer.byteLength(markdown)).toBeGreaterThan(50_000);
    expect(foreign(markdown)).toEqual([]);
    expect(isBalanced(markdown)).toBe(true);
    expect(markdown).toContain('Plan: 10000 to add, 0 to change, 0 to destroy.');
    expect(markdown).toMatch(/and 9,\d{3} more changes: ModelEndpoint `\+9,\d{3}`\./);
    expect(markdown).toMatch(
      /Cut to fit here: decisions, changes, access, prompt diffs, the plan as text\. The whole plan: /,
    );
  });

  test('any limit is kept, with everything closed', () => {
    const wide = richPlan('界'.repeat(200) + '😀`'.repeat(30));
    for (const made of [wide, richPlan('x'.repeat(5_000)), hugePlan(100)]) {
      for (const bytesMax of [checkRunBytesMax, 8_000, 3_000]) {
        const markdown = renderMarkdown(made, { bytesMax });
        expect(Buffer.byteLength(markdown)).toBeLessThanOrEqual(bytesMax);
        expect(foreign(markdown)).toEqual([]);
        expect(isBalanced(markdown)).toBe(true);
        expect(markdown.trimEnd().endsWith(' -->')).toBe(true);
      }
    }
  });
});

/** Rows of tables that have not as many cells as their head: a pipe from outside ended one. */
function tableWidths(markdown: string): readonly string[] {
  const found: string[] = [];
  for (const node of nodesOf(parse(markdown))) {
    if (node.type !== 'table' || !('children' in node)) continue;
    const rows = node.children as readonly { readonly children: readonly unknown[] }[];
    const width = rows[0]?.children.length;
    for (const [at, row] of rows.entries()) if (row.children.length !== width) found.push(`row ${at}`);
  }
  return found;
}

function plainText(markdown: string): string {
  return Array.from(nodesOf(parse(markdown)))
    .map((node) => ('value' in node && node.type !== 'html' ? String(node.value) : ''))
    .join('');
}

function plainCells(markdown: string): readonly string[] {
  return Array.from(nodesOf(parse(markdown))).flatMap((node) => {
    if (node.type !== 'tableCell') return [];
    return [
      Array.from(nodesOf(node))
        .map((inner) => ('value' in inner && inner.type !== 'html' ? String(inner.value) : ''))
        .join(''),
    ];
  });
}
