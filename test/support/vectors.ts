import { type databaseKinds, openTestDatabase } from './databases.ts';
import { prepareVectors } from '../../src/store/vector.ts';

/**
 * Whether a database of the kind compares vectors. The embedded one does; a server does where pgvector is installed
 * beside it, which no test does: docs/testing.md says how.
 */
export async function comparesByKind(): Promise<Readonly<Record<(typeof databaseKinds)[number], boolean>>> {
  const { database, close } = await openTestDatabase('postgres');
  try {
    return { embedded: true, postgres: (await prepareVectors(database)) === 'ready' };
  } finally {
    await close();
  }
}
