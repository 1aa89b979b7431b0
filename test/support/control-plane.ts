import { type ControlPlane, createControlPlane } from '../../src/controller/planning.ts';
import { openRepository } from '../../src/source/repository.ts';
import { type databaseKinds, openTestDatabase } from './databases.ts';
import { createRepository, type TestRepository } from './git.ts';

export interface OpenedPlane {
  readonly plane: ControlPlane;
  readonly git: TestRepository;
  readonly close: () => Promise<void>;
}

/** A database and an empty repository, and what plans and applies from one to the other. */
export async function openPlane(kind: (typeof databaseKinds)[number]): Promise<OpenedPlane> {
  const [opened, git] = [await openTestDatabase(kind), await createRepository()];
  const repository = await openRepository({ path: git.path, surroundings: { path: process.env['PATH'] ?? '' } });
  return {
    plane: createControlPlane(repository, opened.database),
    git,
    async close() {
      await repository.close();
      await opened.close();
      await git.remove();
    },
  };
}
