import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Controller } from '../../src/controller/controller.ts';
import { type ControlPlane, createControlPlane } from '../../src/controller/planning.ts';
import { type GitHub, openGitHub } from '../../src/github/github.ts';
import { GitHubLoop } from '../../src/github/loop.ts';
import { turns } from '../../src/github/turns.ts';
import { webhookDoor } from '../../src/github/webhook.ts';
import { createLog } from '../../src/log.ts';
import { openRepository } from '../../src/source/repository.ts';
import { openDatabase } from '../../src/store/database.ts';
import { tickAcknowledged } from '../support/apply-acknowledged.ts';
import { type CuttingProxy, cuttingProxy } from '../support/cutting-proxy.ts';
import { startGitHub, type TestGitHub } from '../support/github/start-github.ts';
import { listen } from '../support/loopback.ts';
import { createDatabase } from '../support/postgres.ts';

export const team = 'acme/agents';
const repositoryName = { owner: 'acme', repo: 'agents' };

/** A repository on GitHub, its people, and pawl beside them: controller, loop and webhooks. */
export interface Team {
  readonly github: TestGitHub;
  readonly plane: ControlPlane;
  readonly proxy: CuttingProxy;
  /** One round of everything that pawl does, an hour after the last; a sweep looks at all of GitHub. */
  readonly round: (options?: { readonly sweep?: boolean }) => Promise<readonly string[]>;
  /** The controller's part of one: GitHub hears nothing of it. */
  readonly tick: () => Promise<unknown>;
  readonly close: () => Promise<void>;
}

export async function openTeam(files: Readonly<Record<string, string>>): Promise<Team> {
  const [github, made] = [await startGitHub(), await createDatabase()];
  const roles = { ann: 'write', bob: 'maintain' } as const;
  await github.createRepository({ owner: 'acme', name: 'agents', files, roles });
  const proxy = await cuttingProxy(made.url);
  const database = await openDatabase({ url: proxy.url, applicationName: 'the-story' });
  const directory = await mkdtemp(join(tmpdir(), 'pawl-story-'));
  const repository = await openRepository({
    url: github.cloneUrl('acme', 'agents'),
    directory,
    token: github.tokenOf('ann'),
    allowHttp: true,
    surroundings: { path: process.env['PATH'] ?? '' },
  });
  const plane = createControlPlane(repository, database);
  const clock = { now: 0 };
  const log = createLog('silent');
  const now = (): number => clock.now;
  const controller = new Controller({ plane, actor: 'controller', log, now });
  const context = { github: clientOf(github), plane, log, actor: 'github' };
  const loop = new GitHubLoop({ context, turns, now, sweepMs: sweepHours * hourMs });
  const receiver = await receiveWebhooks(github, plane);
  return {
    github,
    plane,
    proxy,
    tick: () => {
      clock.now += hourMs;
      return tickAcknowledged(controller, plane).catch(() => []);
    },
    round: async ({ sweep = false } = {}) => {
      clock.now += sweep ? sweepHours * hourMs : hourMs;
      await github.webhooks.settled();
      const passes = await tickAcknowledged(controller, plane).catch(() => []);
      const result = await loop.tick().catch((error: unknown) => ({ kind: 'failed' as const, error }));
      const failed = result.kind === 'taken' ? result.failed : [result.kind];
      return [...failed, ...passes.flatMap(({ outcome }) => (outcome.kind === 'failed' ? [outcome.code] : []))];
    },
    close: async () => {
      await loop.close();
      github.webhooks.to(undefined);
      await receiver.close();
      await repository.close();
      await database.close();
      await proxy.close();
      await made.drop();
      await rm(directory, { recursive: true, force: true, maxRetries: 5 });
      await github.close();
    },
  };
}

const hourMs = 3_600_000;
/** Longer than the story has steps: what webhooks bring is not found by a sweep that happens to be due. */
const sweepHours = 10_000;

function clientOf(github: TestGitHub): GitHub {
  const { id: appId, privateKey, installationId } = github.app;
  return openGitHub({
    apiUrl: github.apiUrl,
    repository: repositoryName,
    login: { kind: 'app', appId, key: { kind: 'text', text: privateKey }, installationId },
    readSecret: () => Promise.resolve(privateKey),
    limits: { writeMs: 0, secondMs: 1 },
  });
}

/** As `POST /hooks/github` has it. */
export async function receiveWebhooks(
  github: TestGitHub,
  { database }: Pick<ControlPlane, 'database'>,
): Promise<{ close: () => Promise<void> }> {
  const door = webhookDoor({
    database,
    repositories: [repositoryName],
    secret: () => Promise.resolve(github.webhooks.secret),
    log: createLog('silent'),
  });
  const receiver = await listen(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(Buffer.from(chunk));
    const headers = Object.fromEntries(Object.entries(request.headers).map(([name, text]) => [name, String(text)]));
    await door({ body: Buffer.concat(chunks), headers });
    response.writeHead(202).end();
  });
  github.webhooks.to(receiver.url);
  return receiver;
}
