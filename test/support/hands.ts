import type { Database } from '../../src/store/database.ts';
import { manifestOf } from './plans.ts';

/** Changes a role's row behind the back of apply. */
export async function editByHand(
  database: Database,
  row: { readonly environment: string; readonly name: string },
  value: string,
): Promise<void> {
  await database.db
    .updateTable('resource')
    .set({ body: JSON.stringify(manifestOf({ name: row.name, value })) })
    .where('environment', '=', row.environment)
    .where('name', '=', row.name)
    .execute();
}

/** Adds a role's row behind the back of apply. */
export async function addByHand(database: Database, environment: string, name: string): Promise<void> {
  await database.db
    .insertInto('resource')
    .values({
      environment,
      address: `AgentRole/default/${name}`,
      kind: 'AgentRole',
      namespace: 'default',
      name,
      digest: 'by hand',
      body: JSON.stringify(manifestOf({ name, value: 'by hand' })),
      bucket: 0,
      file: 'nowhere',
      line: 1,
      revision: 0,
    })
    .execute();
}
