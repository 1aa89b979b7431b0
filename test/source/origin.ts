import { onTestFinished } from 'vitest';
import { openRepository, type Repository } from '../../src/source/repository.ts';
import { createRepository, type TestRepository } from '../support/git.ts';

export interface Origin {
  readonly origin: TestRepository;
  readonly repository: Repository;
}

/** A repository of the test's own and one reader of it; both go with the test. */
export async function openOrigin(reader: 'git-cli' | 'isomorphic'): Promise<Origin> {
  const origin = await createRepository();
  const repository = await openRepository({ path: origin.path, reader });
  onTestFinished(async () => {
    await repository.close();
    await origin.remove();
  });
  return { origin, repository };
}
