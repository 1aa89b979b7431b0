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

export interface MovedDeployment {
  readonly environment: string;
  readonly commit: string;
  readonly isLive: boolean;
  /** That is live. */
  readonly revision: number;
}

/** Those of which the forge shows that they are live and are not, or the other way round. */
export async function movedDeployments(db: Kysely<Tables>, repository: string): Promise<readonly MovedDeployment[]> {
  const { rows } = await sql<MovedDeployment>`
    select told.environment, told.commit_id as commit, told.commit_id = live.commit_id as "isLive",
      live.revision::integer as revision
    from deployment as told join environment on environment.name = told.environment
    join revision as live on live.environment = environment.name and live.revision = environment.revision
    where told.repository = ${repository} and case told.state
      when 'success' then told.commit_id <> live.commit_id and told.description <> 'Revision ' || live.revision
      when 'inactive' then told.commit_id = live.commit_id else false end
    order by told.created_at limit 100`.execute(db);
  return rows;
}
