import { describe, expect, test } from 'vitest';
import { expandBody, expandHeader, expandText, expandUrl } from '../../src/tools/template.ts';

const url = 'https://api.test/tickets/{id}?tag={tag}';

test('arguments are encoded for their place in the URL, all but RFC 6570’s unreserved characters', () => {
  expect(expandUrl(url, { id: 'a-b_c.d~e', tag: 'x' })).toBe('https://api.test/tickets/a-b_c.d~e?tag=x');
  expect(expandUrl(url, { id: 'a/b?c#d%2f', tag: "&=+ é!'()*" })).toBe(
    'https://api.test/tickets/a%2Fb%3Fc%23d%252f?tag=%26%3D%2B%20%C3%A9%21%27%28%29%2A',
  );
  expect(expandUrl(url, { id: 7, tag: ['a', true, 'b,c'] })).toBe(
    'https://api.test/tickets/7?tag=a,true,b%2Cc'.replace(',true,', '%2Ctrue%2C'),
  );
  expect(expandUrl(url, { id: '\r\nHost: evil', tag: null })).toBe(
    'https://api.test/tickets/%0D%0AHost%3A%20evil?tag=',
  );
});

describe('what would change the request’s shape is refused', () => {
  test.each([
    ['an empty path segment', url, { id: '' }],
    ['a missing path argument', url, {}],
    ['an object', url, { id: { a: 1 } }],
    ['the parent folder', url, { id: '..' }],
    ['the folder itself', url, { id: '.' }],
    ['the parent folder in two parts', 'https://api.test/{a}{b}/x', { a: '.', b: '.' }],
  ])('%s', (_name, template, args) => {
    expect(() => expandUrl(template, args)).toThrow(expect.objectContaining({ code: 'tool.argument_refused' }));
  });

  test.each(['https://{host}/x', 'https://api.{zone}.test/', '{url}', '/relative/{id}'])(
    'the template %s',
    (template) => {
      expect(() => expandUrl(template, { host: 'a', zone: 'b', url: 'c', id: 'd' })).toThrow(
        expect.objectContaining({ code: 'tool.template_invalid' }),
      );
    },
  );

  test.each(['a\r\nx-admin: 1', 'a\nb', 'a\0b', 'snow ☃'])('a header with %j', (text) => {
    expect(() => expandHeader('x-note', 'note {text}', { text })).toThrow(
      expect.objectContaining({ code: 'tool.argument_refused' }),
    );
  });
});

test('a header or parameter that is one placeholder without a value is left out', () => {
  expect(expandText('{a}', {})).toBeUndefined();
  expect(expandText('{a}', { a: null })).toBe('');
  expect(expandText('v{a}', {})).toBe('v');
  expect(expandHeader('x', '{a}', {})).toBeUndefined();
  expect(expandText('{constructor}', {})).toBeUndefined();
});

test('a body keeps the type of an argument that stands alone, and its absence', () => {
  const body = {
    amount: '{amount}',
    note: 'For {who}',
    tags: ['{tag}', 'fixed', '{none}'],
    gone: '{none}',
    deep: { list: '{list}' },
  };
  expect(expandBody(body, { amount: 3, who: 'Ann "A"', tag: null, list: [1, { a: 2 }] })).toEqual({
    amount: 3,
    note: 'For Ann "A"',
    tags: [null, 'fixed'],
    deep: { list: [1, { a: 2 }] },
  });
});

test('braces that name no argument stay as they are', () => {
  expect(expandBody('{ not one } {} {1}', {})).toBe('{ not one } {} {1}');
});
