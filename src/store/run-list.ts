import type { Database } from './database-port.ts';
import { isUuid, type RunRow, runColumns, unknownRun } from './run.ts';
import { rowsOf } from './statement.ts';

export interface RunFilter {
  readonly environment: string;
  readonly limit: number;
  readonly states?: readonly RunRow['state'][];
  /** `name` or `namespace/name`. */
  readonly system?: string;
  /** A run's id: only runs that were made before it. */
  readonly before?: string;
  /** Only runs of systems of these namespaces. */
  readonly namespaces?: readonly string[];
}

const listText = `
select ${runColumns} from run r
where r.environment = $1
  and ($3::text[] is null or r.state = any ($3::text[]))
  and ($4::text is null or r.system = $4 or split_part(r.system, '/', 2) = $4)
  and ($5::uuid is null or (r.created_at, r.id) < (select b.created_at, b.id from run b where b.id = $5::uuid))
  and ($6::text[] is null or split_part(r.system, '/', 1) = any ($6::text[]))
order by r.created_at desc, r.id desc limit $2`;

/** The newest runs of an environment, newest first by the database's clock: ids come from many machines' clocks. */
export async function listRuns(database: Database, filter: RunFilter): Promise<readonly RunRow[]> {
  const { environment, limit, states = null, system = null, before = null, namespaces = null } = filter;
  if (before !== null && !isUuid(before)) throw unknownRun(before);
  const statement = { name: 'list_runs', text: listText, planned: 'always' } as const;
  return rowsOf<RunRow>(database.db, statement, [environment, limit, states, system, before, namespaces]);
}
