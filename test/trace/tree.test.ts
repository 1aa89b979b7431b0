import { describe, expect, test } from 'vitest';
import type { RunRecord } from '../../src/api/operations.ts';
import type { BundleNode } from '../../src/manifest/bundle.ts';
import { renderTrace } from '../../src/trace/render.ts';
import { trace } from '../../src/trace/trace.ts';
import { agent, begun, bundleWith, failed, Journal, succeeded, to, tree, waiting } from './journal-rows.ts';

describe('places within places', () => {
  test('a nested system has a row of its own, with its nodes below it', () => {
    const bundle = bundleWith(
      { call: { kind: 'system', system: 'default/inner', ...to('after') }, after: {} },
      { 'default/inner': { one: to('two'), two: {}, other: {} } },
    );
    expect(tree(new Journal().done('call>one/1', 'call>two/1', 'after/1'), { bundle })).toEqual([
      '├─ call  system default/inner  done',
      '│  ├─ one  tool default/echo  done',
      '│  │  └─ 1  tool default/echo  done',
      '│  ├─ two  tool default/echo  done',
      '│  │  └─ 1  tool default/echo  done',
      '│  └─ other  tool default/echo  skipped',
      '└─ after  tool default/echo  done',
      '   └─ 1  tool default/echo  done',
    ]);
  });

  test('a nested system runs while nothing that follows it began, and failed with what failed inside of it', () => {
    const bundle = bundleWith(
      { call: { kind: 'system', system: 'default/inner' } },
      { 'default/inner': { one: to('two'), two: {} } },
    );
    const journal = new Journal().done('call>one/1');
    expect(tree(journal, { bundle, run: begun })[0]).toContain('call  system default/inner  running');
    journal.failed('call>two/1');
    const run = failed({ code: 'tool.failed', message: 'It said 500.', node: 'call>two', path: 'call>two/1' });
    expect(tree(journal, { bundle, run })).toMatchObject([
      '└─ call  system default/inner  failed',
      '   ├─ one  tool default/echo  done',
      expect.anything(),
      '   └─ two  tool default/echo  failed',
      '      └─ 1  tool default/echo  failed',
      '           tool.failed: It said 500.',
    ]);
  });

  test('delegates and agents that were called stand below whom they worked for', () => {
    const bundle = bundleWith({ lead: { ...agent, delegates: ['help'] }, help: {} });
    const journal = new Journal().done('lead/1', 'lead/1.1', 'lead^1.1.helper/1', 'lead/2');
    journal.done('lead:help/1', 'lead@d2/1');
    expect(tree(journal, { bundle }).filter((line) => !/model/.test(line))).toEqual([
      '├─ lead  agent default/writer  done',
      '│  ├─ 1.1  tool default/echo  done',
      expect.stringMatching(/├─ helper {2}agent default\/\w+ {2}called in 1\.1 {2}done/),
      '│  └─ help  tool default/echo  delegate  done',
      '└─ lead@d2  agent default/writer  with reports  done',
    ]);
  });

  test('cycles, turns and attempts say what they are', () => {
    const bundle = bundleWith({ poll: { ...agent, ...to('fetch') }, fetch: {} });
    const journal = new Journal().done('poll/1', 'poll@2/1').failed('fetch/1').fact('fetch/retry').done('fetch!2/1');
    journal.done('poll#2/1', 'fetch#2/1');
    expect(tree(journal, { bundle }).filter((line) => /^[├└]/.test(line))).toEqual([
      '├─ poll  agent default/writer  done',
      '├─ poll@2  agent default/writer  turn 2  done',
      '├─ fetch  tool default/echo  failed, tried again',
      '├─ fetch!2  tool default/echo  attempt 2  done',
      '├─ poll#2  agent default/writer  cycle 2  done',
      '└─ fetch#2  tool default/echo  cycle 2  done',
    ]);
  });
});

describe('how a place stands', () => {
  const bundle = bundleWith({ fetch: to('after'), after: {} });

  test('a failure that the graph went on from is said in its last attempt, though the run succeeded', () => {
    const journal = new Journal().failed('fetch/1').fact('fetch/retry').failed('fetch!2/1').fact('fetch/end');
    expect(tree(journal.done('after/1'), { bundle }).filter((line) => /^[├└]/.test(line))).toEqual([
      '├─ fetch  tool default/echo  failed, tried again',
      '├─ fetch!2  tool default/echo  attempt 2  failed, went on',
      '└─ after  tool default/echo  done',
    ]);
  });

  test('a failure before the first call is shown with its reason', () => {
    const journal = new Journal().fact('fetch/end', 'No such field.').done('after/1');
    expect(tree(journal, { bundle }).slice(0, 2)).toEqual([
      '├─ fetch  tool default/echo  failed, went on',
      '│    tool.failed: No such field.',
    ]);
  });

  test('what a run was cut off from has stopped, and has not failed', () => {
    const run: RunRecord = { ...succeeded, state: 'Cancelled' };
    expect(tree(new Journal().open('fetch/1'), { bundle, run })).toEqual([
      '├─ fetch  tool default/echo  stopped',
      '│  └─ 1  tool default/echo  unknown',
      '└─ after  tool default/echo  skipped',
    ]);
  });

  test('a node that gives a value ran where what follows it did, and is skipped where nothing came to it', () => {
    const values = bundleWith({
      given: { kind: 'value', ...to('after') },
      after: { edges: [{ to: 'never', when: 'false', default: false }] },
      never: { kind: 'value' },
    });
    expect(tree(new Journal().done('after/1'), { bundle: values }).filter((line) => /value/.test(line))).toEqual([
      '├─ given  value  done',
      '└─ never  value  skipped',
    ]);
  });
});

describe('people', () => {
  const bundle = bundleWith({ write: agent, ask: { kind: 'human' } as Partial<BundleNode> });

  test('who answered, approved or wanted changes is said by name', () => {
    const changes = { outcome: 'done', body: '{"verdict":"changes","text":"shorter"}' } as const;
    const journal = new Journal().said('ask/human', 'ada').done('write/1').said('write/review', 'grace', changes);
    journal.done('write@r2/1').said('write@r2/review', 'ada', { outcome: 'done', body: '{"verdict":"approved"}' });
    expect(tree(journal, { bundle }).filter((line) => !/model/.test(line))).toEqual([
      '├─ ask  answered by ada',
      '├─ write  agent default/writer  done',
      '│  └─ review  changes wanted by grace',
      '└─ write@r2  agent default/writer  after review 1  done',
      '   └─ review  approved by ada',
    ]);
  });

  test('what waits for them is waiting, and the head says how to answer', () => {
    const run = waiting(
      { path: 'ask/human', kind: 'human', dueAt: undefined },
      { path: 'write/review', kind: 'review', dueAt: undefined },
    );
    const text = renderTrace(trace(run, new Journal().done('write/1').rows, bundle), { width: 200, color: false });
    expect(text).toContain('for people to answer at ask: pawl waits');
    expect(text).toMatch(/─ ask {2}waiting\n/);
    expect(text).toMatch(/─ write {2}agent default\/writer {2}done/);
    expect(text).toMatch(/─ review {2}waiting\n/);
  });

  test('an answer that came too late to be one shows as its failure', () => {
    const late = {
      outcome: 'failed',
      error: { code: 'human.expired', message: 'Nobody answered at ask in time.' },
    } as const;
    const journal = new Journal().said('ask/human', '', late).fact('ask/end', 'Nobody answered at ask in time.');
    expect(tree(journal, { bundle }).slice(0, 2)).toEqual([
      '├─ ask  failed, went on',
      '│    human.expired: Nobody answered at ask in time.',
    ]);
  });
});

describe('many', () => {
  const bundle = bundleWith({ each: { forEach: 'input.list' } });
  const items = (count: number, journal = new Journal()): Journal => {
    for (let item = 0; item < count; item += 1) journal.done(`each[${item}]/1`);
    return journal;
  };

  test('items that stand alike are folded into one line', () => {
    expect(tree(items(500), { bundle }).filter((line) => !/ 1 {2}tool/.test(line))).toEqual([
      '└─ each  tool default/echo  done  500 items',
      '   ├─ [0]  tool default/echo  done',
      '   ├─ [1]  tool default/echo  done',
      '   ├─ [2]  tool default/echo  done',
      '   ├─ … 496 more items, all done',
      '   └─ [499]  tool default/echo  done',
    ]);
  });

  test('one that failed among them is never hidden, in the order of the list', () => {
    const journal = new Journal().failed('each[250]/1').fact('each/end');
    for (let item = 0; item < 500; item += 1) if (item !== 250) journal.done(`each[${item}]/1`);
    const lines = tree(journal, { bundle }).filter((line) => !/ 1 {2}tool/.test(line));
    expect(lines.filter((line) => /failed|more/.test(line))).toEqual([
      '└─ each  tool default/echo  failed, went on  500 items',
      '   │    tool.failed: It said 500.',
      '   ├─ … 246 more items, all done',
      '   ├─ [250]  tool default/echo  failed',
      '   │       tool.failed: It said 500.',
      '   ├─ … 245 more items, all done',
    ]);
  });

  test('turns of a loop and calls of a long step are folded too', () => {
    const journal = new Journal().done('poll/1');
    for (let turn = 2; turn <= 100; turn += 1) journal.done(`poll@${turn}/1`);
    for (let call = 2; call <= 200; call += 1) journal.done(`poll@100/${call}`);
    const text = tree(journal, { bundle: bundleWith({ poll: agent }) }).join('\n');
    expect(text).toContain('… 95 more turns, all done');
    expect(text).toContain('… 188 more calls, all done');
    expect(text.split('\n').length).toBeLessThan(30);
  });
});

describe('any terminal', () => {
  const deep = 'call>call>call>call>call>call>call>work';
  const bundle = bundleWith(
    { call: { kind: 'system', system: 'default/inner' } },
    { 'default/inner': { call: { kind: 'system', system: 'default/inner' }, work: {} } },
  );

  test.each([40, 80, 200])('%i columns hold every line, however deep', (width) => {
    const journal = new Journal().failed(`${deep}/1`, 'The endpoint said more than fits on a line of this terminal.');
    const text = renderTrace(trace(begun, journal.rows, bundle), { width, color: false });
    expect(Math.max(...text.split('\n').map((line) => line.length))).toBeLessThanOrEqual(width);
    expect(text.split('\n').filter((line) => line.includes('work'))).not.toEqual([]);
  });

  test('names that act on a terminal come out as text', () => {
    const journal = new Journal().said('ask/human', 'ada\u001b[2J\u202e\n└─ fake');
    journal.done('x\u001b]0;t\u0007>y[0]/1');
    const text = renderTrace(trace(begun, journal.rows, bundle), { width: 200, color: false, unicode: false });
    expect(text).toContain('answered by ada\\u{1b}[2J\\u{202e}\\n└─ fake');
    expect(text).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f\u202e]/);
  });
});
