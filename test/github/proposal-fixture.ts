import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readEnvironment } from '../../src/controller/environments.ts';
import { type ControlPlane, createControlPlane, planCommit } from '../../src/controller/planning.ts';
import type { ProposalRequest } from '../../src/controller/proposal-request.ts';
import { planRollback, rollBack } from '../../src/controller/rollback.ts';
import type { GitHubRound } from '../../src/github/context.ts';
import { openGitHub } from '../../src/github/github.ts';
import { proposalsTick, wantedOf } from '../../src/github/proposals.ts';
import { createLog } from '../../src/log.ts';
import type { Plan } from '../../src/plan/change.ts';
import { openRepository } from '../../src/source/repository.ts';
import type { Database } from '../../src/store/database.ts';
import { listProposals, type ProposalRow, wantProposal } from '../../src/store/proposal.ts';
import { applyAcknowledged } from '../support/apply-acknowledged.ts';
import { openTestDatabase } from '../support/databases.ts';
import { startGitHub, type TestGitHub } from '../support/github/start-github.ts';
import type { Pull } from '../support/github/state.ts';

export interface Forge {
  readonly github: TestGitHub;
  readonly database: Database;
  readonly begin: (files: Readonly<Record<string, string>>) => Promise<Team>;
  readonly close: () => Promise<void>;
}

/** One repository on the forge, with what pawl and people do to it. */
export interface Team {
  /** `owner/name` */
  readonly name: string;
  readonly plane: ControlPlane;
  readonly push: (files: Readonly<Record<string, string | undefined>>, branch?: string) => Promise<string>;
  /** Plans the head of the environment's branch and applies it, all acknowledged. */
  readonly live: (environment: string) => Promise<Plan>;
  readonly rollBack: (environment: string, revision: number, more?: { pullRequest?: boolean }) => Promise<void>;
  readonly want: (request: ProposalRequest, by?: string) => Promise<void>;
  /** One round of the turn, as a sweep. */
  readonly round: (more?: Partial<GitHubRound>) => Promise<void>;
  readonly rows: (environment: string) => Promise<readonly ProposalRow[]>;
  readonly pulls: () => readonly Pull[];
  readonly read: (ref: string, path: string) => Promise<string>;
}

export async function openForge(): Promise<Forge> {
  const [github, opened] = [await startGitHub(), await openTestDatabase('postgres')];
  const folder = await mkdtemp(join(tmpdir(), 'pawl-mirrors-'));
  const closers: (() => Promise<unknown>)[] = [];
  let count = 0;
  return {
    github,
    database: opened.database,
    begin: async (files) => {
      count += 1;
      return await beginTeam({ github, database: opened.database, folder, closers }, `team-${count}`, files);
    },
    close: async () => {
      for (const close of closers) await close();
      await opened.close();
      await rm(folder, { recursive: true, force: true });
      await github.close();
    },
  };
}

interface Around {
  readonly github: TestGitHub;
  readonly database: Database;
  readonly folder: string;
  readonly closers: (() => Promise<unknown>)[];
}

async function beginTeam(around: Around, repo: string, files: Readonly<Record<string, string>>): Promise<Team> {
  const { github, database, folder, closers } = around;
  const [owner, name] = ['acme', `acme/${repo}`];
  await github.createRepository({ owner, name: repo, files, roles: { ann: 'write' } });
  const repository = await openRepository({
    url: github.cloneUrl(owner, repo),
    directory: folder,
    token: github.tokenOf('ann'),
    allowHttp: true,
    surroundings: { path: process.env['PATH'] ?? '' },
  });
  closers.push(() => repository.close());
  const plane = createControlPlane(repository, database);
  const client = openGitHub({
    apiUrl: github.apiUrl,
    repository: { owner, repo },
    login: {
      kind: 'app',
      appId: github.app.id,
      key: { kind: 'text', text: github.app.privateKey },
      installationId: undefined,
    },
    readSecret: async () => github.app.privateKey,
    limits: { writeMs: 0, secondMs: 1 },
  });
  const context = { github: client, plane, log: createLog('silent'), actor: 'pawl', hints: [], isSweep: true };
  return {
    name,
    plane,
    push: (changed, branch = 'main') => github.people.push(name, { branch, files: changed, as: 'ann' }),
    live: async (environment) => {
      await repository.fetch();
      const settings = await readEnvironment(repository, environment);
      const plan = await planCommit(plane, { settings, commit: await repository.resolve(settings.branch) });
      await applyAcknowledged(database, plan, 'ann');
      return plan;
    },
    rollBack: async (environment, revision, { pullRequest } = {}) => {
      const { plan } = await planRollback(plane, { environment, revision });
      await rollBack(plane, {
        environment,
        revision,
        planDigest: plan.digest,
        runs: 'finish',
        reason: 'it wrote too much',
        by: 'on-call',
        acknowledge: plan.risks.filter(({ gate }) => gate === 'ack').map(({ id }) => id),
        ...(pullRequest === undefined ? {} : { pullRequest }),
      });
    },
    want: (request, by = 'user:ann') => wantProposal(database.db, wantedOf(name, request, by)),
    round: async (more = {}) => {
      await repository.fetch();
      await proposalsTick({ ...context, ...more }, new AbortController().signal);
    },
    rows: (environment) => listProposals(database.db, environment),
    pulls: () => [...github.state(name).pulls.values()],
    read: (ref, path) => github.git(name, 'show', `${ref}:${path}`),
  };
}
