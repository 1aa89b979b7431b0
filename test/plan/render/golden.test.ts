import { stripVTControlCharacters } from 'node:util';
import { describe, expect, test } from 'vitest';
import { renderJson } from '../../../src/plan/render/json.ts';
import { renderMarkdown } from '../../../src/plan/render/markdown.ts';
import { renderText } from '../../../src/plan/render/text.ts';
import { tallyOf } from '../../../src/plan/render/tally.ts';
import { codeBlocks } from './markdown.ts';
import { plans } from './plans.ts';
import { hugePlan, richPlan } from './rich.ts';

const rich = richPlan();
const open = richPlan('', {
  quarantined: [],
  beside: {},
  drift: [],
  overrides: [],
  recompiled: { resources: [], systems: [] },
});
const golden = { ...plans, rich, open };

/** `npx vitest run test/plan/render -u` writes what changed; the difference is for a reader to judge. */
describe.each(Object.entries(golden))('%s', (name, made) => {
  test.each([40, 80, 200])('as text of %i columns', async (width) => {
    const text = renderText(made, { width, color: false });
    await expect(text).toMatchFileSnapshot(`golden/${name}-${width}.txt`);
    expect(stripVTControlCharacters(renderText(made, { width, color: true }))).toBe(text);
  });

  test('as JSON', async () => {
    await expect(`${JSON.stringify(renderJson(made), null, 2)}\n`).toMatchFileSnapshot(`golden/${name}.json`);
  });

  test('as Markdown', async () => {
    await expect(renderMarkdown(made)).toMatchFileSnapshot(`golden/${name}.md`);
  });
});

test('with colour', async () => {
  const text = renderText(open, { width: 80, color: true }).replaceAll('\u001b', '\\e');
  await expect(text).toMatchFileSnapshot('golden/open-80-color.txt');
});

test.each(Object.entries({ ...golden, huge: hugePlan(300) }))('%s: all three give the same figures', (_name, made) => {
  const { add, change, remove, move, adopt, widened, narrowed } = tallyOf(made);
  const expected = { add, change, remove, move, adopt, widened, narrowed };
  const text = renderText(made, { width: 40, color: false });
  const markdown = renderMarkdown(made);
  expect(figures(text)).toEqual(expected);
  expect(figures(markdown.split('\n').slice(0, 4).join('\n'))).toEqual(expected);
  expect(renderJson(made)).toMatchObject({ summary: expected });
  const json = JSON.parse(JSON.stringify(renderJson(made))) as {
    readonly access_changes: readonly { readonly direction: string }[];
  };
  expect(json.access_changes.filter(({ direction }) => direction === 'widened')).toHaveLength(widened);
  const [inside] = codeBlocks(markdown).filter(({ lang }) => lang === 'text');
  if (inside !== undefined && !inside.value.includes('more lines)')) expect(figures(inside.value)).toEqual(expected);
});

function figures(rendered: string): Readonly<Record<string, number>> {
  const figure = (pattern: RegExp): number => Number(pattern.exec(rendered)?.[1] ?? 0);
  return {
    add: figure(/^Plan: (\d+) to add/m),
    change: figure(/^Plan: .*?(\d+) to change/m),
    remove: figure(/^Plan: .*?(\d+) to destroy/m),
    move: figure(/^Plan: .*?(\d+) to move/m),
    adopt: figure(/^Plan: .*?(\d+) to adopt/m),
    widened: figure(/Risk: (\d+) widening/),
    narrowed: figure(/Risk: \d+ widening, (\d+) narrowing/),
  };
}
