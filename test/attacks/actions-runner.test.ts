import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { annotationsOf } from '../../src/action/planned.ts';
import { writeOutputs, writeSummary, summaryBytesMax } from '../../src/action/runner-files.ts';
import { commandsOf } from '../../src/cli/github-annotations.ts';
import { pushEvent } from '../support/actions-events.ts';
import { runStep } from '../support/actions-runner.ts';
import { createRepository, type TestRepository } from '../support/git.ts';
import { agent, sound } from '../support/small-repository.ts';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** What an author may write in a manifest, a file's name or a commit so that a build log obeys it. */
const hostile = [
  '::add-mask::hunter2',
  '%0A::error file=x::owned',
  '::stop-commands::x',
  '##[set-env name=PATH]/tmp',
  '##vso[task.setvariable variable=x]y',
  '\n::set-output name=errors::0',
  '\r::error::owned',
  'EOF\nhas-changes=false\nx<<EOF',
  '<img src=x onerror=alert(1)> @octo/security #1 <!-- pawl:plan -->',
  '\u001b[2J\u202e::error::x',
] as const;

let git: TestRepository;
beforeEach(async () => {
  git = await createRepository();
});
afterEach(async () => {
  await git.remove();
});

describe('the log of a step', () => {
  test('holds no command but ours, whatever prompts, descriptions, names and subjects say', async () => {
    const before = await git.commit(sound);
    const prompt = hostile
      .map((text) => `    ${text.replaceAll(/[\r\n]/g, '\n    ').replaceAll(/[^\n -~]/g, '')}`)
      .join('\n');
    const after = await git.commit(
      {
        'agents/clerk.yaml': `apiVersion: pawl/v1\nkind: Agent\nmetadata: { name: clerk }\nspec:\n  modelRef: model\n  description: ${JSON.stringify(hostile.join(' ').replaceAll(/[\r\n\u001b\u202e]/g, ' '))}\n  prompt: |\n${prompt}\n`,
        '::error::x,file=y.txt': 'a name\n',
        'agents/%0A::error::owned.yaml': agent('other', '  roles: []\n'),
      },
      hostile.join(' ').replaceAll(/[\r\n]/g, ' '),
    );
    const step = await runStep({ workspace: git.path, event: pushEvent({ before, after }), by: 'bundle' });
    expect(step.exit, step.log).toBeLessThanOrEqual(3);
    assertOurs(step);
    expect(step.log).not.toMatch(/[\u001b\u202e]/);
    expect(step.outputs['errors']).toMatch(/^\d+$/);
  });

  test.each(hostile.map((text, index) => [index, text] as const))(
    'an unknown field called %i',
    async (_index, text) => {
      const before = await git.commit(sound);
      const field = JSON.stringify(text);
      const after = await git.commit({ 'agents/clerk.yaml': agent('clerk', `  ${field}: 1\n  modelRef2: ${field}\n`) });
      const step = await runStep({ workspace: git.path, event: pushEvent({ before, after }) });
      expect(step.exit).toBe(3);
      assertOurs(step);
      expect(Number(step.outputs['errors'])).toBeGreaterThan(0);
      // Nothing of it is markup: punctuation stands as character references.
      expect(step.summary).not.toMatch(/<img|@octo|<!--/);
    },
  );

  test('a failure names no more than it must, on one line', async () => {
    for (const text of hostile) {
      const step = await runStep({ workspace: git.path, inputs: { base: text, environment: text } });
      assertOurs(step);
      expect(step.exit).not.toBe(0);
    }
  });

  function assertOurs({ commands }: Awaited<ReturnType<typeof runStep>>): void {
    const ours = new Set(['error', 'warning', 'notice', 'group', 'endgroup', 'stop-commands']);
    expect(commands.filter(({ name }) => !ours.has(name))).toEqual([]);
    for (const { name, properties } of commands) {
      const allowed = ['file', 'line', 'col', 'endColumn', 'title'];
      expect(Object.keys(properties).filter((key) => !allowed.includes(key))).toEqual([]);
      // Every annotation has a title of ours: a forged one would not.
      if (['error', 'warning', 'notice'].includes(name))
        expect(properties['title']).toMatch(/^(?:[a-z_]+\.[a-z_.]+|pawl\b.*)$/);
      if (name === 'stop-commands') expect(properties).toEqual({});
    }
    expect(commands.filter(({ message }) => message.trim() === 'owned')).toEqual([]);
  }
});

describe('annotations', () => {
  test('are escaped so that the runner reads back what was meant', () => {
    const text = 'a%0A,b:c\r\n::error::d';
    const { lines } = commandsOf([{ level: 'error', title: text, message: text, file: text, line: 1 }]);
    expect(lines).toEqual([
      '::error file=a%250A%2Cb%3Ac%0D%0A%3A%3Aerror%3A%3Ad,line=1,title=a%250A%2Cb%3Ac%0D%0A%3A%3Aerror%3A%3Ad::a%250A,b:c%0D%0A::error::d',
    ]);
  });

  test('are ten of a level, and the rest is counted', () => {
    const many = Array.from({ length: 25 }, (_, index) => ({
      level: 'warning' as const,
      title: 't',
      message: `${index}`,
    }));
    const { lines, left } = commandsOf([...many, { level: 'notice', title: 't', message: 'n' }]);
    expect(lines).toHaveLength(11);
    expect(left).toBe('15 more warnings');
  });

  test('of a plan whose JSON is not what it should be have no place rather than a wrong one', () => {
    const json = {
      risks: [{ id: 5, name: null, gate: 'ack', title: ['x'], causes: [{ place: { file: 7, line: 'x' } }] }, 'no risk'],
      guards: {},
      diagnostics: [null],
    };
    const found = annotationsOf({ environment: 'production', json, markdown: '' });
    expect(found).toEqual([
      { level: 'warning', title: 'pawl production: ', message: '' },
      { level: 'warning', title: 'pawl production: ', message: '' },
    ]);
  });

  test('over the limit stand in the summary by number', async () => {
    const before = await git.commit(sound);
    const fields = Array.from({ length: 30 }, (_, index) => `  wrong${index}: 1\n`).join('');
    const after = await git.commit({ 'agents/clerk.yaml': agent('clerk', fields) });
    const step = await runStep({ workspace: git.path, event: pushEvent({ before, after }) });
    expect(step.commands.filter(({ name }) => name === 'error')).toHaveLength(10);
    expect(step.shown.join('\n')).toContain('Not annotated: 20 more errors.');
    expect(step.summary).toContain('20 more errors');
    expect(step.summary.match(/wrong\d+/g)?.length).toBeGreaterThanOrEqual(30);
  });
});

describe('files of the runner', () => {
  let folder = '';
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'pawl-files-'));
  });
  afterEach(async () => {
    await rm(folder, { recursive: true });
  });

  test('no value ends its own heredoc: the delimiter is drawn anew each time', async () => {
    const file = join(folder, 'output');
    await writeOutputs(file, { plans: 'pawl_\nerrors=0\n' });
    await writeOutputs(file, { plans: 'pawl_\nerrors=0\n' });
    const delimiters = (await readFile(file, 'utf8')).match(/(?<=plans<<)pawl_[0-9a-f]{32}/g);
    expect(new Set(delimiters).size).toBe(2);
  });

  test('a page is never over a mebibyte, with what stands in it already: GitHub would drop it whole', async () => {
    const file = join(folder, 'summary');
    await writeFile(file, 'x'.repeat(100_000));
    await writeSummary(
      file,
      Array.from({ length: 30 }, () => 'é'.repeat(30_000)),
    );
    const page = await readFile(file, 'utf8');
    expect(Buffer.byteLength(page)).toBeLessThanOrEqual(summaryBytesMax);
    expect(Buffer.byteLength(page)).toBeGreaterThan(900_000);
    expect(page).toMatch(/\n\d+ more are not shown here: the page would be too large\.\n$/);
  });

  test('a page that cannot be written is an error that says so', async () => {
    await expect(writeSummary(folder, ['x'])).rejects.toMatchObject({ code: 'action.output_failed' });
  });

  test('without them the log alone is written', async () => {
    const before = await git.commit(sound);
    const env = { GITHUB_OUTPUT: undefined, GITHUB_STEP_SUMMARY: undefined, RUNNER_TEMP: undefined };
    const step = await runStep({ workspace: git.path, event: pushEvent({ before, after: before }), env });
    expect(step).toMatchObject({ exit: 0, outputs: {}, summary: '' });
  });
});
