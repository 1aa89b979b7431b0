import { openForge } from './app-forge.ts';
import type { Closers } from './closers.ts';
import type { Config } from './config.ts';
import { exitCodes, TerminalError } from './errors.ts';
import { createControlPlane, ownFolder } from './controller/planning.ts';
import type { ControlPlane } from './controller/planning.ts';
import { openRepository } from './source/repository.ts';
import type { Repository } from './source/repository.ts';
import type { Database } from './store/database.ts';

/** Opens the repository that the settings name: a local one in place, a remote one through its mirror. */
export function openSource(config: Config): Promise<Repository> {
  if (config.repositories.length > 1) throw ambiguous(config);
  const { repository, surroundings, gitToken } = config;
  if (repository.kind === 'path') return openRepository({ path: repository.path, surroundings });
  const { url, directory } = repository;
  return openRepository({ url, directory, surroundings, ...(gitToken === undefined ? {} : { token: gitToken }) });
}

/** The same with a database beside it; closing the stack closes it. */
async function openPlane(config: Config, database: Database, stack: Closers): Promise<ControlPlane> {
  const repository = await openSource(config);
  stack.add(() => repository.close());
  return {
    ...createControlPlane(repository, database, sourceName(config)),
    forge: openForge(config, config.repository),
  };
}

/** One repository of those that the settings name, with the settings as they would be for it alone. */
export interface Kept {
  readonly config: Config;
  readonly plane: ControlPlane;
}

/** All that the settings name; closing the stack closes them. */
export async function openPlanes(config: Config, database: Database, stack: Closers): Promise<readonly Kept[]> {
  const kept: Kept[] = [];
  for (const one of eachRepository(config)) kept.push({ config: one, plane: await openPlane(one, database, stack) });
  return kept;
}

/** The settings as they would be for each repository alone. */
export function eachRepository(config: Config): readonly Config[] {
  return config.repositories.map((repository) => ({ ...config, repository, repositories: [repository] }));
}

/** The same by https and by ssh, and without what an address may or may not say. */
export function sourceName({ repository }: Config): string {
  if (repository.kind === 'path') return repository.name ?? ownFolder;
  const { host, pathname } = new URL(repository.url);
  return `${host.toLowerCase()}${pathname.replace(/\.git\/?$/, '').replace(/\/$/, '')}`;
}

function ambiguous({ repositories }: Config): TerminalError {
  const names = repositories.map((one) =>
    one.kind === 'path' ? one.path : new URL(one.url).host + new URL(one.url).pathname,
  );
  return new TerminalError(`PAWL_REPOSITORIES names several repositories: ${names.join(', ')}.`, {
    code: 'config.repository_ambiguous',
    help: 'Run this with PAWL_REPOSITORY set to one of them and PAWL_REPOSITORIES unset.',
    exit: exitCodes.usage,
  });
}
