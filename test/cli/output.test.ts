import pc from 'picocolors';
import { PassThrough } from 'node:stream';
import { describe, expect, test } from 'vitest';
import { failureOf } from '../../src/cli/failure.ts';
import { parseJsonInput, readInput } from '../../src/cli/input.ts';
import { renderProblems } from '../../src/cli/problems.ts';
import { renderDrift } from '../../src/cli/render-drift.ts';
import { renderTable } from '../../src/cli/table.ts';
import { clampWidth, createTerminal } from '../../src/cli/terminal.ts';
import type { ColorChoice } from '../../src/cli/terminal.ts';
import type { Change } from '../../src/plan/change.ts';

const plain = pc.createColors(false);
const settings = { noColor: false, forceColor: false, dumb: false, utf8: true, columns: undefined, debug: false };

describe('a table', () => {
  test('aligns its columns and never exceeds the width', () => {
    const text = renderTable(
      ['NAME', 'TEXT'],
      [
        ['a', 'x'.repeat(100)],
        ['long-name', 'y'],
      ],
      40,
    );
    expect(text.split('\n').map((line) => line.length)).toEqual([16, 40, 13]);
    expect(text).toContain('a           x');
  });
});

describe('a problem', () => {
  const problem = {
    code: 'reference.missing',
    severity: 'error',
    message: 'tool "send_mail" is not defined',
    file: 'agents/support.yaml',
    line: 2,
    column: 9,
    endColumn: 18,
    help: 'did you mean "send-email"?',
  } as const;

  test('shows code, sentence, place, the line with a caret, and the cure', () => {
    const text = renderProblems([problem], () => 'tools:\n      - send_mail\n', { width: 80, colors: plain });
    expect(text).toBe(
      [
        'error reference.missing: tool "send_mail" is not defined',
        '  --> agents/support.yaml:2:9',
        '2 |       - send_mail',
        '  |         ^^^^^^^^^',
        '  = help: did you mean "send-email"?',
        '  = pawl explain reference.missing',
      ].join('\n'),
    );
  });

  test('is told without an excerpt where the file cannot be shown', () => {
    const text = renderProblems([problem], () => undefined, { width: 80, colors: plain });
    expect(text).not.toContain('|');
    expect(text).toContain('agents/support.yaml:2:9');
  });

  test('a file name cannot forge a line', () => {
    const text = renderProblems([{ ...problem, file: 'a\n::error::x.yaml' }], () => undefined, {
      width: 80,
      colors: plain,
    });
    expect(text).toContain('a\\n::error::x.yaml:2:9');
  });
});

describe('drift', () => {
  const change: Change = {
    address: 'AgentPolicy/support/no-refunds',
    kind: 'AgentPolicy',
    namespace: 'support',
    name: 'no-refunds',
    action: 'update',
    class: 'outOfBand',
    place: { file: 'p.yaml', line: 1, column: 1 },
    precondition: 1,
    before: {},
    after: {},
    beforeDigest: 'a',
    afterDigest: 'b',
    fields: [{ path: 'spec.http.headers', action: 'update', before: undefined, after: undefined, sensitive: true }],
    unchanged: 0,
    reason: 'because live was changed after the last apply, by psql',
    sensitive: [],
  };

  test('names the resource, whose hand it was, and both ways out, and hides what is sensitive', () => {
    const text = renderDrift('production', [change], plain);
    expect(text).toContain('AgentPolicy/support/no-refunds');
    expect(text).toContain('by psql');
    expect(text).toContain('(sensitive)');
    expect(text).toContain('pawl apply');
  });

  test('none is said in one line', () => {
    expect(renderDrift('production', [], plain)).toBe('No drift. production is what its revision says.');
  });
});

describe('the terminal', () => {
  function color(choice: ColorChoice, overrides: object, isTTY: boolean): boolean {
    const stream = Object.assign(new PassThrough(), { isTTY, columns: 80 });
    const streams = { stdin: new PassThrough(), stdout: stream, stderr: stream };
    return createTerminal(streams, { settings: { ...settings, ...overrides }, choice, quiet: false }).color;
  }

  test('colours only a terminal that wants them, and --color wins over the environment', () => {
    expect(color('auto', {}, true)).toBe(true);
    expect(color('auto', {}, false)).toBe(false);
    expect(color('auto', { noColor: true }, true)).toBe(false);
    expect(color('auto', { dumb: true }, true)).toBe(false);
    expect(color('auto', { forceColor: true }, false)).toBe(true);
    expect(color('always', { noColor: true }, false)).toBe(true);
    expect(color('never', { forceColor: true }, true)).toBe(false);
  });

  test('is between 40 and 200 columns wide', () => {
    expect([clampWidth(10), clampWidth(80), clampWidth(1_000)]).toEqual([40, 80, 200]);
  });

  test('refuses to ask where nobody answers, and names the flag', async () => {
    const streams = { stdin: new PassThrough(), stdout: new PassThrough(), stderr: new PassThrough() };
    const terminal = createTerminal(streams, { settings, choice: 'never', quiet: false });
    await expect(terminal.ask('Apply? ', '--auto-approve')).rejects.toMatchObject({
      code: 'cli.not_interactive',
      exit: 64,
      help: 'Pass --auto-approve to answer it on the command line.',
    });
  });
});

describe('input', () => {
  const nowhere = { cwd: '/', stdin: new PassThrough() };

  test('a value that is JSON is taken as JSON, anything else as text', async () => {
    expect(
      await readInput({ set: ['n=3', 'flag=true', 'text=hello world', 'list=[1]', 'eq=a=b', 'empty='] }, nowhere),
    ).toEqual({
      n: 3,
      flag: true,
      text: 'hello world',
      list: [1],
      eq: 'a=b',
      empty: '',
    });
  });

  test('words without = are refused, all at once', async () => {
    await expect(readInput({ set: ['oops', 'a=1', '=b'] }, nowhere)).rejects.toMatchObject({
      code: 'cli.usage',
      exit: 64,
      message: '"oops", "=b" are not key=value.',
    });
  });

  test('a file that is not JSON is refused by name', () => {
    expect(() => parseJsonInput('{', 'in.json')).toThrow(/in\.json is not JSON/);
  });
});

describe('a failure', () => {
  test('that nobody expected exits 1 and says that it is a bug', () => {
    expect(failureOf(new Error('boom'))).toMatchObject({ code: 'internal.unexpected', exit: 1, message: 'boom' });
  });
});
