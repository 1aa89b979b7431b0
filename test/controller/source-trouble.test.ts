import { mkdtemp, rename, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import type { conditionReasons } from '../../src/controller/condition-reasons.ts';
import { Controller } from '../../src/controller/controller.ts';
import type { EnvironmentPass } from '../../src/controller/pass.ts';
import { createControlPlane } from '../../src/controller/planning.ts';
import { openRepository } from '../../src/source/repository.ts';
import { lastAttempt } from '../../src/store/attempt.ts';
import { readConditions } from '../../src/store/condition.ts';
import { readLive } from '../../src/store/live.ts';
import { listRevisions } from '../../src/store/revision.ts';
import { tickAcknowledged } from '../support/apply-acknowledged.ts';
import { type OpenedDatabase, openTestDatabase } from '../support/databases.ts';
import { createRepository, type GitHttpOptions, serveGit, type TestRepository } from '../support/git-http.ts';
import { silent } from '../support/runs.ts';
import { role, settings } from './fixture.ts';

const closers: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

interface Remote {
  readonly git: TestRepository;
  readonly opened: OpenedDatabase;
  readonly tick: () => Promise<readonly EnvironmentPass[]>;
  readonly door: { basicAuth?: NonNullable<GitHttpOptions['basicAuth']> };
}

const away = (git: TestRepository): string => `${git.path}.away`;

/** A controller that reads the repository over HTTP, with revision 1 live. */
async function open(reader: 'git-cli' | 'isomorphic'): Promise<Remote> {
  const [git, opened, directory] = await Promise.all([
    createRepository(),
    openTestDatabase('postgres'),
    mkdtemp(join(tmpdir(), 'pawl-mirror-')),
  ]);
  closers.push(
    () => git.remove(),
    () => opened.close(),
    () => rm(directory, { recursive: true, force: true }),
    () => rm(away(git), { recursive: true, force: true }),
  );
  await git.commit({ 'pawl.yaml': settings({ one: {} }), 'one/role.yaml': role('reader', 'tool:a:read') });
  const door: Remote['door'] = {};
  const server = await serveGit(git, door);
  const surroundings = { path: process.env['PATH'] ?? '' };
  const repository = await openRepository({ url: server.url, directory, reader, surroundings });
  closers.push(
    () => server.close(),
    () => repository.close(),
  );
  const plane = createControlPlane(repository, opened.database);
  const controller = new Controller({ plane, actor: 'controller', log: silent, now: () => 0 });
  const tick = () => tickAcknowledged(controller, plane);
  expect((await tick())[0]?.outcome).toMatchObject({ kind: 'applied', revision: 1 });
  return { git, opened, tick, door };
}

interface Trouble {
  readonly code: string;
  /** Of the condition SourceReady. */
  readonly reason: keyof (typeof conditionReasons)['SourceReady'];
  readonly make: (remote: Remote) => Promise<unknown>;
  readonly mend: (remote: Remote) => Promise<unknown>;
}

async function sourceOf(db: OpenedDatabase['database']['db']) {
  const found = (await readConditions(db, ['one'])).get('one')?.find(({ type }) => type === 'SourceReady');
  return [found?.status, found?.reason];
}

const troubles: Readonly<Record<string, Trouble>> = {
  'a deleted branch': {
    code: 'git.ref_not_found',
    reason: 'BranchMissing',
    make: ({ git }) => git.git('branch', '--move', 'main', 'elsewhere'),
    mend: ({ git }) => git.git('branch', '--move', 'elsewhere', 'main'),
  },
  'a repository that answers 404': {
    code: 'git.repository_not_found',
    reason: 'Refused',
    make: ({ git }) => rename(git.path, away(git)),
    mend: ({ git }) => rename(away(git), git.path),
  },
  'a repository that answers 401': {
    code: 'git.unauthorised',
    reason: 'Refused',
    make: async ({ door }) => {
      door.basicAuth = { user: 'pawl', password: 'new' };
    },
    mend: async ({ door }) => {
      delete door.basicAuth;
    },
  },
};

describe.each(['git-cli', 'isomorphic'] as const)('read by %s', (reader) => {
  test.each(Object.keys(troubles))('%s leaves what is live, is recorded once, and heals by itself', async (name) => {
    const trouble = troubles[name];
    if (trouble === undefined) throw new Error('no such trouble');
    const remote = await open(reader);
    const { git, tick, opened } = remote;
    const { db } = opened.database;
    const before = await readLive(db, 'one');
    await trouble.make(remote);
    expect((await tick())[0]).toMatchObject({
      environment: 'one',
      outcome: { kind: 'failed', code: trouble.code },
    });
    const recorded = await lastAttempt(db, 'one');
    expect(recorded).toMatchObject({ outcome: 'failed', code: trouble.code, revision: null });
    expect(await sourceOf(db)).toEqual(['False', trouble.reason]);
    await tick();
    expect(await lastAttempt(db, 'one')).toEqual(recorded);
    expect(await readLive(db, 'one')).toEqual(before);
    await trouble.mend(remote);
    await git.commit({ 'one/role.yaml': role('reader', 'tool:b:read') });
    expect((await tick())[0]?.outcome).toMatchObject({ kind: 'applied', revision: 2 });
    expect(await listRevisions(db, 'one', { limit: 10 })).toHaveLength(2);
    expect(await sourceOf(db)).toEqual(['True', 'Ready']);
  });
});
