import { expect, test } from 'vitest';
import type { RecordedRow } from '../../src/run/journal-entry.ts';
import { forgivenIn } from '../../src/run/forgiven.ts';

/** `place/call kind outcome`; `intent` in place of an outcome. */
function rows(...texts: readonly string[]): readonly RecordedRow[] {
  return texts.map((text) => {
    const [path = '', kind = '', outcome = ''] = text.split(' ');
    const isNew = text.endsWith(' new');
    return {
      path,
      phase: outcome === 'intent' ? 'intent' : 'result',
      node: path.slice(0, path.lastIndexOf('/')),
      kind,
      outcome: outcome === 'intent' ? undefined : outcome,
      error: text.includes('retryable') ? { code: 'x', message: '', retryable: true } : undefined,
      beforeRetry: !isNew,
    } as unknown as RecordedRow;
  });
}

const forgiven = (...texts: readonly string[]) => [...forgivenIn(rows(...texts))].sort();

test('the failures that ended the run are tried anew, all attempts of them', () => {
  expect(forgiven('a/1 tool intent', 'a/1 tool failed')).toEqual(['a/1']);
  expect(
    forgiven('a/1 model intent', 'a/1 model failed', 'a/1~2 model intent', 'a/1~2 model failed', 'b/1 tool done'),
  ).toEqual(['a/1', 'a/1~2']);
});

test('a failure that a model was told of stays, even where the next call failed', () => {
  expect(
    forgiven('a/1 model done', 'a/1.1 tool failed', 'a/1.2 tool done', 'a/2 model intent', 'a/2 model failed'),
  ).toEqual(['a/2']);
});

test('a failure that nobody was told of is tried anew beside the calls of its turn', () => {
  expect(forgiven('a/1 model done', 'a/1.1 tool failed', 'a/1.2 tool done')).toEqual(['a/1.1']);
});

test('a failure from which the graph went on stays; of several items each is looked at by itself', () => {
  const gone = ['a/1 tool intent', 'a/1 tool failed', 'a/end node failed'];
  expect(forgiven(...gone, 'b/1 tool intent', 'b/1 tool failed')).toEqual(['b/1']);
  expect(forgiven(...gone, 'b/join join done')).toEqual([]);
  expect(forgiven(...gone.map((row) => `x>${row}`), 'x>b/1 tool intent')).toEqual([]);
  expect(forgiven('a[0]/1 tool failed', 'a[1]/1 tool intent', 'a[1]/1 tool done')).toEqual(['a[0]/1']);
});

test('an attempt of a node that another attempt followed stays', () => {
  expect(forgiven('a/1 tool failed', 'a!2/1 tool intent', 'a!2/1 tool failed')).toEqual(['a!2/1']);
});

test('a failure within a nested place stays when the outer one went on', () => {
  expect(forgiven('a^1.1.helper/1 model failed', 'a/2 model intent', 'a/2 model failed')).toEqual(['a/2']);
  expect(forgiven('outer>inner/1 tool failed', 'outer/end node failed', 'b/1 tool intent')).toEqual([]);
  expect(forgiven('outer>inner/1 tool failed', 'outermost/1 tool done')).toEqual(['outer>inner/1']);
});

test('an outcome that nobody knows stays unless the call may be repeated', () => {
  expect(forgiven('a/1 tool unknown')).toEqual([]);
  expect(forgiven('a/1 tool unknown retryable')).toEqual(['a/1']);
});

test('failures since the run was started again count', () => {
  expect(forgiven('a/1 tool failed', 'a/1~2 tool intent new', 'a/1~2 tool failed new')).toEqual(['a/1']);
});

test('a failure for good is tried anew where nothing began after it', () => {
  const given = [
    'a/1 tool failed',
    'a/retry node failed',
    'a!2/1 tool intent',
    'a!2/1 tool failed',
    'a/end node failed',
  ];
  expect(forgiven(...given)).toEqual(['a!2/1', 'a/end']);
  // What had begun before goes on by itself, whatever it is made of.
  const beside = [
    'b/1 model intent',
    'c>d/1 tool intent',
    ...given,
    'b/1 model done',
    'b/1.1 tool done',
    'c>e/1 tool done',
  ];
  expect(forgiven(...beside)).toEqual(['a!2/1', 'a/end']);
  expect(forgiven(...given, 'b/1 model intent')).toEqual([]);
});

test('the failure of a node that failed for good once more is looked at by itself', () => {
  const once = ['a/1 tool failed', 'a/end node failed', 'a/1~2 tool failed', 'a/end~2 node failed'];
  expect(forgiven(...once)).toEqual(['a/1', 'a/1~2', 'a/end', 'a/end~2']);
});
