import { type Kysely, sql } from 'kysely';
import type { Tables } from './tables.gen.ts';

export interface DeploymentKey {
  readonly repository: string;
  readonly environment: string;
  readonly commit: string;
}

/** A deployment as it stands on the forge. */
export interface DeploymentAt {
  readonly id: number | undefined;
  readonly state: string | undefined;
  readonly description: string | undefined;
}

export async function readDeployment(db: Kysely<Tables>, key: DeploymentKey): Promise<DeploymentAt> {
  const row = await db
    .selectFrom('deployment')
    .select(['deployment_id', 'state', 'description'])
    .where('repository', '=', key.repository)
    .where('environment', '=', key.environment)
    .where('commit_id', '=', key.commit)
    .executeTakeFirst();
  return {
    id: row?.deployment_id ?? undefined,
    state: row?.state ?? undefined,
    description: row?.description ?? undefined,
  };
}

export async function recordDeployment(db: Kysely<Tables>, key: DeploymentKey, at: DeploymentAt): Promise<void> {
  const { repository, environment, commit } = key;
  const { id = null, state = null, description = null } = at;
  await sql`
    insert into deployment (repository, environment, commit_id, deployment_id, state, description)
    values (${repository}, ${environment}, ${commit}, ${id}, ${state}, ${description})
    on conflict (repository, environment, commit_id) do update set deployment_id = excluded.deployment_id,
      state = excluded.state, description = excluded.description`.execute(db);
}
