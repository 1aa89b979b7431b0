import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { whyOf } from '../../src/api/why-of.ts';
import { beginHalt, endHalts } from '../../src/store/halt.ts';
import { type OpenedDatabase, openTestDatabase } from '../support/databases.ts';
import { authorityOf, bundleOf, environment, install, submit, until, withWorker } from '../support/runs.ts';

/** A tool that is halted, then a prompt that the limit leaves no room for. */
describe('why says of a decision, long after it', () => {
  let opened: OpenedDatabase;
  let run: string;

  beforeAll(async () => {
    opened = await openTestDatabase('embedded');
    const { database } = opened;
    const usage = { inputTokens: 900, outputTokens: 10 };
    const turns = [{ toolCalls: [{ tool: 'echo', arguments: {} }], usage }, { text: 'never' }];
    const limits = { maxSteps: 10, maxToolCalls: 50, timeoutMs: 60_000, maxTokens: 1_000 };
    const bundle = bundleOf({
      nodes: { work: { agent: 'clerk' } },
      agents: { clerk: { limits } },
      replies: [{ agent: 'clerk', turns }],
    });
    await install(database, bundle);
    const scope = { kind: 'tool', name: 'default/echo' } as const;
    const { id } = await beginHalt(database, {
      environment,
      scope,
      reason: 'a leak',
      by: 'ann',
      aborts: false,
      denies: true,
    });
    run = (await submit(database)).id;
    await withWorker(database, () => until(database, run, 'Failed'));
    await endHalts(database, { environment, which: { id }, by: 'ann', reason: 'mended' });
  });
  afterAll(() => opened.close());

  const why = async (call: string) => {
    const record = await whyOf(opened.database, { run, call });
    const outcomes = new Map(
      record.steps.map(({ step, check, outcome }) => [`${step} ${check.slice(0, 12)}`, outcome]),
    );
    return { ...record, outcomes };
  };

  test('which halt refused it, by those that were in force then', async () => {
    const { recorded, again, same, outcomes } = await why('work/1.1');
    expect(recorded).toMatchObject({ kind: 'deny', reason: 'halt.tool', message: 'ann halted tool/default/echo.' });
    expect({ again, same }).toMatchObject({ again: recorded, same: true });
    expect([...outcomes.values()].slice(0, 3)).toEqual(['recorded', 'refused', 'not reached']);
  });

  test('that the prompt was too large for what was left, by the size that was recorded', async () => {
    const { recorded, again, same, without } = await why('work/2');
    expect(recorded).toMatchObject({ kind: 'deny', reason: 'limit.tokens' });
    // The sentence names the size: it is of the very prompt.
    expect({ again, same, without }).toMatchObject({ again: recorded, same: true, without: [] });
  });

  test('what was decided again, and what passed by the record alone', async () => {
    const { again, same, outcomes } = await why('work/1');
    expect({ again, same }).toMatchObject({ again: { kind: 'allow' }, same: true });
    expect(outcomes.get('M0 the worker o')).toBe('recorded');
    expect(outcomes.get('M1 no halt spea')).toBe('passed');
    expect(outcomes.get('M3 every policy')).toBe('passed');
    expect(outcomes.get('M7 the prompt f')).toBe('recorded');
    expect(outcomes.get('M9 limits and b')).toBe('passed');
    expect(outcomes.get('M10 decision and')).toBe('recorded');
    expect(outcomes.get('M11 the provider')).toBe('recorded');
  });
});

/** A guard of tools that lets the first call out and keeps its result back, and stops the second one's arguments. */
describe('why says of a guard at which check it stopped a call', () => {
  let opened: OpenedDatabase;
  let run: string;

  beforeAll(async () => {
    opened = await openTestDatabase('embedded');
    const { database } = opened;
    const call = (said: string) => ({ tool: 'echo', arguments: { said } });
    const turns = [{ toolCalls: [call('brought home'), call('taken out')] }, { text: 'went on' }];
    const bundle = bundleOf({
      nodes: { work: { agent: 'clerk' } },
      agents: { clerk: {} },
      replies: [{ agent: 'clerk', turns }],
    });
    const patterns = (pattern: string) =>
      ({ type: 'regex', patterns: [{ name: 'word', pattern, replacement: '' }] }) as const;
    const common = { calls: ['tool'], action: 'block', timeoutMs: 5_000 } as const;
    const guards = {
      'default/back': { ...common, mode: ['postCall'], provider: patterns('brought') },
      'default/out': { ...common, mode: ['preCall'], provider: patterns('taken') },
    } as const;
    const authority = authorityOf(bundle);
    const subjects = Object.entries(authority.subjects).map(
      ([name, row]) => [name, { ...row, guards: Object.keys(guards) }] as const,
    );
    await install(database, bundle, { ...authority, guards, subjects: Object.fromEntries(subjects) });
    run = (await submit(database)).id;
    await withWorker(database, () => until(database, run, 'Succeeded'));
  });
  afterAll(() => opened.close());

  test.each([
    ['work/1.1', 'T18', 'the result is of'],
    ['work/1.2', 'T5', 'no guard stops the arguments'],
  ])('%s at %s', async (call, step, check) => {
    const { steps } = await whyOf(opened.database, { run, call });
    const refused = steps.filter(({ outcome }) => outcome === 'refused');
    expect(refused).toMatchObject([{ step, check: expect.stringContaining(check), reason: 'guard.blocked' }]);
  });
});
