import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { fillPrompt, parsePrompt, type PromptPart, writePrompt } from '../../src/manifest/prompt-template.ts';

/** Pieces without their places. */
const pieces = (text: string) =>
  parsePrompt(text).parts.map((part) => {
    if (part.kind === 'text') return part.text;
    return part.kind === 'input' ? { input: part.name } : { fragment: `${part.library} ${part.key}` };
  });

const faults = (text: string) =>
  parsePrompt(text).faults.map(({ message, start, end }) => `${start}-${end} ${message}`);

describe('the pieces of a prompt', () => {
  test('are text, inputs and fragments', () => {
    expect(pieces('Dear {{ name }}, {{> shared/tone }}{{>other/lib/a.b-c}}!')).toEqual([
      'Dear ',
      { input: 'name' },
      ', ',
      { fragment: 'shared tone' },
      { fragment: 'other/lib a.b-c' },
      '!',
    ]);
  });

  test('a text without braces is itself, whatever else it holds', () => {
    const text = 'a { b } \\ \\\\ }} ${x} {% raw %}';
    expect([pieces(text), writePrompt(parsePrompt(text).parts), fillPrompt(text, {})]).toEqual([[text], text, text]);
  });

  test('a backslash makes braces characters, and two make one before a placeholder', () => {
    expect(pieces('\\{{ name }}')).toEqual(['{{ name }}']);
    expect(pieces('\\\\{{ name }}')).toEqual(['\\', { input: 'name' }]);
    expect(pieces('\\\\\\{{ name }}')).toEqual(['\\{{ name }}']);
  });

  test('of more than two braces the last two open', () => {
    expect(pieces('{{{ name }}}')).toEqual(['{', { input: 'name' }, '}']);
  });

  test.each([
    ['a {{ name', '2-4 A `{{` is not closed on its line.'],
    ['{{ na\nme }}', '0-2 A `{{` is not closed on its line.'],
    ['{{}}', '0-4 What stands between `{{` and `}}` is no name of an input.'],
    ['{{ a.b }}', '0-9 What stands between `{{` and `}}` is no name of an input.'],
    ['{{#if x}}', '0-9 Prompts have no logic: a placeholder is the name of an input alone.'],
    ['{{ x | upper }}', '0-15 Prompts have no logic: a placeholder is the name of an input alone.'],
    ['{{> tone }}', '0-11 A fragment is written `{{> library/key }}`, and this is none.'],
  ])('%j is reported at its place', (text, fault) => {
    expect(faults(text)).toEqual([fault]);
  });

  test('everything that is wrong is reported, up to a limit', () => {
    expect(faults('{{ a b }} {{ ok }} {{')).toHaveLength(2);
    expect(faults('{{ '.repeat(20_000))).toHaveLength(50);
  });
});

describe('values', () => {
  test('stand where their placeholders stood, and what is no text is canonical JSON', () => {
    const values = { a: 'x', b: 2, c: { z: 1, a: [true, null] } };
    expect(fillPrompt('{{a}} {{ b }} {{c}} {{a}}', values)).toBe('x 2 {"a":[true,null],"z":1} x');
  });

  test('are never looked up in a prototype', () => {
    expect(() => fillPrompt('{{ constructor }}', {})).toThrow('without a value');
  });
});

const name = fc.stringMatching(/^[A-Za-z_][A-Za-z0-9_]{0,5}$/);
const prose = fc
  .array(fc.constantFrom('{', '}', '\\', '{{', '}}', '{{ x }}', '{{> a/b }}', 'a', ' ', '\n'), { minLength: 1 })
  .map((pieces) => pieces.join(''));
const part: fc.Arbitrary<PromptPart> = fc.oneof(
  prose.map((text) => ({ kind: 'text' as const, text })),
  name.map((input) => ({ kind: 'input' as const, name: input, start: 0, end: 0 })),
);

/** Neighbouring texts are one. */
function merged(parts: readonly PromptPart[]): readonly unknown[] {
  const out: unknown[] = [];
  for (const { kind, ...rest } of parts) {
    const last = out.at(-1);
    if (kind === 'text' && 'text' in rest && typeof last === 'string') out[out.length - 1] = last + rest.text;
    else out.push('text' in rest ? rest.text : { input: 'name' in rest ? rest.name : '' });
  }
  return out;
}

describe('for any pieces', () => {
  test('what is written is read as the same pieces', () => {
    fc.assert(
      fc.property(fc.array(part), (parts) => {
        const written = writePrompt(parts);
        expect(parsePrompt(written).faults).toEqual([]);
        expect(pieces(written)).toEqual(merged(parts));
        expect(writePrompt(parsePrompt(written).parts)).toBe(written);
      }),
      { numRuns: 1_000 },
    );
  });

  test('filling in is putting values between texts, and a value is never expanded', () => {
    fc.assert(
      fc.property(fc.array(part), prose, (parts, value) => {
        const names = parts.flatMap((piece) => (piece.kind === 'input' ? [piece.name] : []));
        const values = Object.fromEntries(names.map((input) => [input, value]));
        const expected = parts.map((piece) => (piece.kind === 'text' ? piece.text : value)).join('');
        expect(fillPrompt(writePrompt(parts), values)).toBe(expected);
        // The order in which values come does not show.
        expect(fillPrompt(writePrompt(parts), Object.fromEntries(Object.entries(values).reverse()))).toBe(expected);
      }),
      { numRuns: 1_000 },
    );
  });

  test('reading never throws and loses no character of a text without a token', () => {
    fc.assert(
      fc.property(prose, (text) => {
        const { parts } = parsePrompt(text);
        expect(parts.every((piece) => piece.kind !== 'text' || piece.text !== '')).toBe(true);
      }),
    );
  });
});
