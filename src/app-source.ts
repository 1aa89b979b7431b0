import { openForge } from './app-forge.ts';
import type { Closers } from './closers.ts';
import type { Config } from './config.ts';
import { createControlPlane } from './controller/planning.ts';
import type { ControlPlane } from './controller/planning.ts';
import { openRepository } from './source/repository.ts';
import type { Repository } from './source/repository.ts';
import type { Database } from './store/database.ts';

/** Opens the repository that the settings name: a local one in place, a remote one through its mirror. */
export function openSource(config: Config): Promise<Repository> {
  const { repository, surroundings, gitToken } = config;
  if (repository.kind === 'path') return openRepository({ path: repository.path, surroundings });
  const { url, directory } = repository;
  return openRepository({ url, directory, surroundings, ...(gitToken === undefined ? {} : { token: gitToken }) });
}

/** The same with a database beside it; closing the stack closes it. */
export async function openPlane(config: Config, database: Database, stack: Closers): Promise<ControlPlane> {
  const repository = await openSource(config);
  stack.add(() => repository.close());
  return { ...createControlPlane(repository, database), forge: openForge(config, config.repository) };
}
