import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import type { BlameRecord, RevisionRecord, ShownRevision } from '../../src/api/operations-revision.ts';
import type { Operations } from '../../src/api/operations.ts';
import type { App } from '../../src/cli/app-port.ts';
import { compareFiles } from '../../src/controller/compare-files.ts';
import type { Change } from '../../src/plan/change.ts';
import { say, type Said } from './fixture.ts';

const agent = (prompt: string, steps: number, name = 'clerk') => `apiVersion: pawl/v1
kind: Agent
metadata: { name: ${name}, namespace: support }
spec:
  modelRef: small
  prompt: ${prompt}
  limits: { maxSteps: ${steps} }
`;
const before = agent('Be warm.', 4);
const after = `${agent('Be warm and short, and never promise a refund that a person has not seen.', 9)}---\n${agent('x', 1, 'temp')}`;

let folder: string;
let changes: readonly Change[];
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pawl-revisions-'));
  await writeFile(join(folder, 'before.yaml'), before);
  await writeFile(join(folder, 'after.yaml'), after);
  ({ changes } = await compareFiles({
    from: join(folder, 'before.yaml'),
    to: join(folder, 'after.yaml'),
    cwd: folder,
  }));
});
afterAll(() => rm(folder, { recursive: true }));
afterEach(() => {
  vi.unstubAllEnvs();
});

/** A command against the one operation that it asks, in a window of so many columns. */
function typed(words: readonly string[], operations: Partial<Operations> = {}, columns = 80): Promise<Said> {
  vi.stubEnv('COLUMNS', String(columns));
  const environments = () => Promise.resolve([{ name: 'production' }]);
  const door = { operations: { environments, ...operations }, via: 'postgres', close: () => Promise.resolve() };
  return say(words, { app: { open: () => Promise.resolve(door) } as unknown as App, cwd: folder });
}

function tooWide({ stdout }: Said, columns: number): readonly string[] {
  return stdout.split('\n').filter((line) => line.length > columns);
}

const record: RevisionRecord = {
  revision: 7,
  commit: '4f2c9e1d0b7a4f2c9e1d0b7a4f2c9e1d0b7a4f2c',
  subject: 'Be short',
  summary: { add: 1, change: 1, remove: 0, move: 0, adopt: 0, orphan: 0 },
  revertOf: undefined,
  appliedBy: 'ada',
  appliedAt: '2026-01-02T03:04:05.000Z',
};

describe('show', () => {
  const show = (more: Partial<ShownRevision> = {}, words: readonly string[] = [], columns = 80) => {
    const shown = { record, changes, acknowledgements: [], ...more };
    return typed(['show', '7', ...words], { show: () => Promise.resolve(shown) }, columns);
  };

  test('tells what a revision changed, by whom and of which commit', async () => {
    const said = await show();
    expect([said.exit, said.stderr]).toEqual([0, '']);
    expect(said.stdout).toContain(`Revision 7 of production
Commit:    4f2c9e1d0b7a Be short
Applied:   2026-01-02T03:04:05.000Z by ada
`);
    for (const part of [
      'Agent "support/clerk" differs',
      'Agent "support/temp" is new',
      '~ spec.limits.maxSteps = 4 -> 9',
    ])
      expect(said.stdout).toContain(part);
    expect(said.stdout).toMatch(/\nChanged: 1 added, 1 changed, 0 removed\.\n$/);
  });

  test.each([40, 80])('fits in %i columns', async (columns) => {
    expect(tooWide(await show({}, [], columns), columns)).toEqual([]);
  });

  test('says who agreed, what a rollback returned from and to, and what it holds, with no word that acts on a terminal', async () => {
    const { stdout } = await show({
      changes: [],
      record: {
        ...record,
        rollback: { from: 6, to: 5, reason: 'refunds\u001b[2J', runs: 'finish' },
        quarantine: { held: 2, released: 1 },
      },
      acknowledgements: [{ id: 'R1-3f2a', by: 'sam', at: '2026-01-02T03:00:00.000Z', reason: 'seen' }],
    });
    expect(stdout).toContain('Rollback:  from revision 6 to the content of revision 5: refunds');
    expect(stdout).not.toContain('\u001b[2J');
    expect(stdout).toContain('Quarantine: 2 contents held, 1 released');
    expect(stdout).toContain('Agreed:    R1-3f2a access.widened by sam at 2026-01-02T03:00:00.000Z: seen');
    expect(stdout).toContain('Changed: 0 added, 0 changed, 0 removed.');
    expect((await show({ record: { ...record, revertOf: 4 } })).stdout).toContain('Returns:   to what revision 4 said');
  });

  test('gives the same as JSON', async () => {
    const { stdout } = await show({}, ['-o', 'json']);
    expect(JSON.parse(stdout)).toMatchObject({
      format_version: '1.0',
      environment: 'production',
      revision: 7,
      changes: [
        { address: 'Agent/support/clerk', change: { actions: ['update'] } },
        { address: 'Agent/support/temp', change: { actions: ['create'] } },
      ],
    });
  });

  test('a word that is no revision is refused before anything is asked', async () => {
    const said = await typed(['show', 'main']);
    expect([said.exit, said.stdout]).toEqual([64, '']);
    expect(said.stderr).toContain('cli.usage');
    expect(said.stderr).toContain('main');
  });
});

describe('diff', () => {
  const files = ['diff', 'before.yaml', 'after.yaml'];

  test.each([40, 80])('of two files tells each field in %i columns, and exits 2', async (columns) => {
    const said = await typed(files, {}, columns);
    expect([said.exit, said.stderr, tooWide(said, columns)]).toEqual([2, '', []]);
    expect(said.stdout).toMatch(/^From before\.yaml to after\.yaml:\n/);
    expect(said.stdout).toMatch(/\nDiff: 1 added, 1 changed, 0 removed\.\n$/);
  });

  test('of what is the same says so, and exits 0', async () => {
    const said = await typed(['diff', 'before.yaml', 'before.yaml']);
    expect([said.exit, said.stdout]).toEqual([0, 'No differences between before.yaml and before.yaml.\n']);
  });

  test('gives both sides and counts as JSON', async () => {
    const said = await typed([...files, '-o', 'json']);
    expect([said.exit, JSON.parse(said.stdout)]).toMatchObject([
      2,
      { environment: null, from: 'before.yaml', summary: { added: 1, changed: 1, removed: 0, moved: 0 } },
    ]);
  });

  test('of two revisions asks the environment', async () => {
    const compare: Operations['compare'] = ({ environment, from, to }) =>
      Promise.resolve({ environment, from: `revision ${from}`, to, changes });
    const said = await typed(['diff', '1', 'live'], { compare });
    expect([said.exit, said.stdout]).toEqual([2, expect.stringMatching(/^From revision 1 to live:\n/)]);
  });

  test('of a file and a revision is refused, and says what can be compared', async () => {
    const said = await typed(['diff', 'before.yaml', 'live']);
    expect([said.exit, said.stdout]).toEqual([64, '']);
    expect(said.stderr).toContain('"before.yaml" is a file or a folder, and the other side is not.');
    expect(said.stderr).toContain('working-copy');
  });
});

describe('blame', () => {
  const given = { subject: 'Be short', by: 'ada', at: '2026-01-02T03:04:05.678Z', commit: record.commit };
  const blamed: BlameRecord = {
    environment: 'production',
    address: 'Agent/support/clerk',
    removedBy: undefined,
    formerly: [],
    fields: [
      { path: 'spec.limits.maxSteps', value: 9, sensitive: false, revision: 7, ...given },
      { path: 'spec.prompt', value: 'Be warm and short.', sensitive: false, revision: 2, ...given },
      { path: 'spec.token', sensitive: true, revision: 1, ...given },
    ],
  };
  const blame = (
    words: readonly string[],
    { columns = 80, ...more }: Partial<BlameRecord> & { columns?: number } = {},
  ) =>
    typed(['blame', ...words], { blame: ({ address }) => Promise.resolve({ ...blamed, ...more, address }) }, columns);

  test('tells the revision, the commit and the person of each field, and shows nothing sensitive', async () => {
    const { exit, stdout, stderr } = await blame(['agent/support/clerk'], { columns: 200 });
    expect([exit, stderr]).toEqual([0, '']);
    expect(
      stdout
        .trimEnd()
        .split('\n')
        .map((line) => line.split(/ {2,}/)),
    ).toEqual([
      ['FIELD', 'REVISION', 'COMMIT', 'BY', 'WHEN', 'VALUE'],
      ['spec.limits.maxSteps', '7', '4f2c9e1', 'ada', '2026-01-02T03:04:05Z', '9'],
      ['spec.prompt', '2', '4f2c9e1', 'ada', '2026-01-02T03:04:05Z', '"Be warm and short."'],
      ['spec.token', '1', '4f2c9e1', 'ada', '2026-01-02T03:04:05Z', '(sensitive)'],
    ]);
  });

  test.each([40, 80])('in %i columns keeps the field and its revision', async (columns) => {
    const said = await blame(['agent/support/clerk'], { columns });
    expect(tooWide(said, columns)).toEqual([]);
    expect(said.stdout).toMatch(/^spec\.limits\.maxSteps +7 /m);
  });

  test('tells of a removed resource and of its former names beside the table', async () => {
    const { stderr } = await blame(['agent/support/clerk'], { removedBy: 9, formerly: ['Agent/support/typist'] });
    expect(stderr).toBe(`Revision 9 removed Agent/support/clerk; this is what it was.
It was Agent/support/typist before.
`);
  });

  test('gives the same as JSON, of the namespace default where none is named', async () => {
    const { stdout } = await blame(['agent/clerk', '-o', 'json']);
    expect(JSON.parse(stdout)).toMatchObject({
      format_version: '1.0',
      address: 'Agent/default/clerk',
      removedBy: null,
      fields: [{ revision: 7 }, { revision: 2 }, { revision: 1, sensitive: true }],
    });
  });

  test.each(['clerk', 'robot/clerk', 'agent/a/b/c', 'agent/'])('%j names no resource', async (word) => {
    const said = await blame([word]);
    expect([said.exit, said.stdout]).toEqual([64, '']);
    expect(said.stderr).toContain(`"${word}" names no resource.`);
    expect(said.stderr).toContain('Agent/namespace/name');
  });
});
