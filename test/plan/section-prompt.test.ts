import { describe, expect, test } from 'vitest';
import { promptChanges } from '../../src/plan/section-prompt.ts';
import { agent, tool } from './fixture.ts';
import { replaced, sidesBetween } from './fixture-sides.ts';

const writer = (prompt: string) => agent('writer', { prompt });
const between = (before: string, after: string) =>
  promptChanges(sidesBetween([writer(before)], [writer(after)]), 100).shown;

const long =
  'You help customers. Be brief. Cite the manual. Never promise a refund. Ask when unsure. Answer in English.';

describe('prompts', () => {
  test('are compared sentence by sentence, with the neighbours of what changed', () => {
    const [change] = between(long, long.replace('Never promise a refund.', 'Promise nothing.'));
    expect(change).toMatchObject({
      address: 'Agent/default/writer',
      text: 'prompt',
      fate: 'changed',
      agents: ['Agent/default/writer'],
    });
    expect(change?.lines).toEqual([
      { sign: ' ', text: '', skipped: 2 },
      { sign: ' ', text: 'Cite the manual.' },
      { sign: '-', text: 'Never promise a refund.' },
      { sign: '+', text: 'Promise nothing.' },
      { sign: ' ', text: 'Ask when unsure.' },
      { sign: ' ', text: '', skipped: 1 },
    ]);
  });

  test('tell their tokens by the rule that budgets are held by', () => {
    const [change] = between('a'.repeat(30), '漢'.repeat(30));
    expect(change?.tokens).toEqual({ before: 10, after: 30 });
  });

  test('a paragraph that is wrapped anew says nothing new', () => {
    const [change] = between('You help customers. Be\nbrief. Cite.\n', 'You help\ncustomers. Be brief.\nCite.\n');
    expect(change?.lines).toEqual([]);
  });

  test('entries of lists, headings, tables and code are not run together', () => {
    const text = '# Rules\n- one. two\n- three\n1. four\n```\nx = 1. y\n\nz\n```\n| a | b |\n';
    const [change] = promptChanges(sidesBetween([], [writer(text)]), 100).shown;
    expect(change?.lines.map((line) => line.text)).toEqual([
      '# Rules',
      '- one.',
      'two',
      '- three',
      '1. four',
      '```',
      'x = 1. y',
      'z',
      '```',
      '| a | b |',
    ]);
  });

  test('hidden characters are counted, named, and written out in the lines', () => {
    const [change] = between('Be brief.', 'Be brief.\u202e Obey\u200b me.');
    expect(change?.hidden).toEqual([
      { character: 'U+200B', name: 'ZERO WIDTH SPACE', count: 1 },
      { character: 'U+202E', name: 'RIGHT-TO-LEFT OVERRIDE', count: 1 },
    ]);
    expect(change?.lines.map(({ text }) => text)).toContain('Be brief.\\u{202e} Obey\\u{200b} me.');
  });

  test('a text that only loses a hidden character brings none', () => {
    expect(between('Be\u200b brief.', 'Be brief.')[0]?.hidden).toEqual([]);
  });

  test('a fragment shows in every agent whose prompt holds it, because the prompt is the one with fragments taken in', () => {
    const before = ['a', 'b', 'c'].map((name) => agent(name, { prompt: name === 'c' ? 'Other.' : 'Be kind. Help.' }));
    const after = ['a', 'b', 'c'].map((name) => agent(name, { prompt: name === 'c' ? 'Other.' : 'Be strict. Help.' }));
    const { shown } = promptChanges(sidesBetween(before, after), 100);
    expect(shown.map(({ address }) => address)).toEqual(['Agent/default/a', 'Agent/default/b']);
  });

  test('an agent that changes elsewhere is silent', () => {
    const before = [agent('writer', { prompt: 'Help.', description: 'One.' })];
    const after = [
      agent('writer', {
        prompt: 'Help.',
        description: 'Two.',
        limits: { maxSteps: 3, maxToolCalls: 1, timeout: '1m' },
      }),
    ];
    expect(promptChanges(sidesBetween(before, after), 100).shown).toEqual([]);
  });
});

describe('other texts that models are shown', () => {
  const users = [
    agent('a', { tools: [{ toolRef: 'refund' }] }),
    agent('b', { tools: [{ toolRef: 'refund' }] }),
    agent('c'),
  ];

  test("a tool's description is told with the agents whose models read it", () => {
    const before = [...users, tool('refund', { description: 'Refunds an order.' })];
    const after = replaced(before, tool('refund', { description: 'Refunds an order. Always call it first.' }));
    const [change, ...others] = promptChanges(sidesBetween(before, after), 100).shown;
    expect(others).toEqual([]);
    expect(change).toMatchObject({
      address: 'Tool/default/refund',
      text: 'description',
      agents: ['Agent/default/a', 'Agent/default/b'],
    });
    expect(change?.lines.at(-1)).toEqual({ sign: '+', text: 'Always call it first.' });
  });

  test('what a schema says of arguments is told with its place', () => {
    const schema = (description: string) => ({ type: 'object', properties: { id: { type: 'string', description } } });
    const before = [tool('refund', { inputSchema: schema('The order.') })];
    const after = [tool('refund', { inputSchema: schema('The order, or any other.') })];
    const [change] = promptChanges(sidesBetween(before, after), 100).shown;
    expect(change?.text).toBe('inputSchema');
    expect(change?.lines).toEqual([
      { sign: '-', text: '- properties.id: The order.' },
      { sign: '+', text: '- properties.id: The order, or any other.' },
    ]);
  });

  test('a schema that only allows more says nothing in words', () => {
    const before = [tool('refund', { inputSchema: { type: 'object', maxProperties: 1 } })];
    const after = [tool('refund', { inputSchema: { type: 'object', maxProperties: 9 } })];
    expect(promptChanges(sidesBetween(before, after), 100).shown).toEqual([]);
  });
});

describe('bounds', () => {
  test('of ten thousand prompts some are shown, and those with hidden characters before others', () => {
    const names = Array.from({ length: 10_000 }, (_one, at) => `a${String(at).padStart(5, '0')}`);
    const before = names.map((name) => agent(name, { prompt: 'Help.' }));
    const after = names.map((name) => agent(name, { prompt: name === 'a09999' ? 'Help\u200b.' : 'Help!' }));
    const { shown, more } = promptChanges(sidesBetween(before, after), 50);
    expect([shown.length, more]).toEqual([50, 9_950]);
    expect(shown.at(-1)?.address).toBe('Agent/default/a09999');
  });

  test('a text without end is compared by pieces, and shown in part', () => {
    const [change] = between('x'.repeat(200_000), `${'x'.repeat(100_000)}y${'z'.repeat(100_000)}`);
    expect(change?.lines.length).toBe(200);
    expect(change?.moreLines).toBeGreaterThan(0);
    expect(change?.lines.every(({ text }) => text.length <= 400)).toBe(true);
  });

  test('as many sorts of hidden characters as there are do not fill the plan', () => {
    const many = String.fromCodePoint(...Array.from({ length: 100 }, (_one, at) => 0xe000 + at));
    const [change] = between('Help.', many);
    expect([change?.hidden.length, change?.moreHidden]).toEqual([20, 80]);
  });
});
