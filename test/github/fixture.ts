import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createControlPlane } from '../../src/controller/planning.ts';
import type { GitHubRound } from '../../src/github/context.ts';
import { openGitHub } from '../../src/github/github.ts';
import { createLog } from '../../src/log.ts';
import { openRepository } from '../../src/source/repository.ts';
import { openTestDatabase } from '../support/databases.ts';
import { startGitHub, type TestGitHub } from '../support/github/start-github.ts';
import type { Files } from '../support/github/bare.ts';
import type { Role } from '../support/github/state.ts';

/** A repository on GitHub, a database, and the rounds of a loop between them. */
export interface GitHubFixture {
  readonly hub: TestGitHub;
  /** One round that looks at everything. */
  readonly round: () => GitHubRound;
  readonly database: GitHubRound['plane']['database'];
  readonly close: () => Promise<void>;
}

export async function gitHubFixture(files: Files, roles: Readonly<Record<string, Role>>): Promise<GitHubFixture> {
  const [hub, opened, directory] = await Promise.all([
    startGitHub(),
    openTestDatabase('postgres'),
    mkdtemp(join(tmpdir(), 'pawl-mirror-')),
  ]);
  await hub.createRepository({ owner: 'acme', name: 'agents', files, roles });
  const key = { kind: 'text', text: hub.app.privateKey } as const;
  const github = openGitHub({
    apiUrl: hub.apiUrl,
    repository: { owner: 'acme', repo: 'agents' },
    login: { kind: 'app', appId: hub.app.id, key, installationId: undefined },
    readSecret: () => Promise.resolve(hub.app.privateKey),
    limits: { writeMs: 0, secondMs: 10 },
  });
  const repository = await openRepository({
    url: hub.cloneUrl('acme', 'agents'),
    directory,
    token: hub.tokenOf('acme'),
    allowHttp: true,
    surroundings: { path: process.env['PATH'] ?? '' },
  });
  const plane = createControlPlane(repository, opened.database);
  const log = createLog('silent');
  return {
    hub,
    database: opened.database,
    round: () => ({ github, plane, log, actor: 'github', hints: [], isSweep: true }),
    close: async () => {
      await opened.close();
      await rm(directory, { recursive: true, force: true, maxRetries: 5 });
      await hub.close();
    },
  };
}
