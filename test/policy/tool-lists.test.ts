import { describe, expect, test } from 'vitest';
import { toolUsesOf } from '../../src/policy/runnable.ts';
import { ToolLists } from '../../src/policy/tool-lists.ts';
import { agent } from '../plan/fixture.ts';

const use = (id: string) => ({ id, name: id.slice(id.indexOf('/') + 1), timeout: '3s', isAsked: false });

describe('lists of tools that agents share', () => {
  test('one is worked out once, and is the same for all', () => {
    const lists = new ToolLists();
    const first = lists.of('search', () => [use('default/search')]);
    expect(first).toEqual([use('default/search')]);
    expect(lists.of('search', () => [])).toBe(first);
    const others = [{ ...use('a/one'), timeout: undefined }, use('b/two'), { ...use('c/three'), isAsked: true }];
    expect(lists.of('others', () => others)).toEqual(others);
    const listed = ['one', 'two'].map((name) => agent(name, { tools: [{ toolRef: 'search' }] }));
    const [one, two] = listed.map((resource) => toolUsesOf(resource));
    expect(one).toBe(two);
  });

  test('so many bytes are held, and what was used longest ago goes first', () => {
    const lists = new ToolLists(1200);
    const made: string[] = [];
    const ask = (key: string) =>
      lists.of(key, () => {
        made.push(key);
        return [use(`default/${'x'.repeat(100)}`)];
      });
    for (const key of ['a', 'b', 'a', 'c', 'a', 'b']) ask(key);
    expect(made).toEqual(['a', 'b', 'c', 'b']);
    expect(lists.bytes).toBeLessThanOrEqual(1200);
  });

  test('a list above all bytes together drives nothing out', () => {
    const lists = new ToolLists(1200);
    const first = lists.of('a', () => [use('default/search')]);
    const large = 'x'.repeat(10_000);
    expect(lists.of(large, () => [use(`default/${large}`)])).toEqual([use(`default/${large}`)]);
    expect(lists.of('a', () => [])).toBe(first);
    expect(lists.bytes).toBeLessThan(1200);
  });
});
