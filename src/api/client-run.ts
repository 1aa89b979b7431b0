import type { RunRecord } from './operations.ts';
import type { ReplayOperations, ReplaySource } from './operations-replay.ts';
import type {
  RunChangesRequest,
  RunEvents,
  RunOperations,
  RunsRequest,
  RunStanding,
  TopRecord,
} from './operations-run.ts';

interface Sending {
  readonly get: <Result>(path: string) => Promise<Result>;
  /** The path of an environment, and of a run. */
  readonly of: (environment: string) => string;
  readonly run: (id: string) => string;
}

interface RunClient extends RunOperations, ReplayOperations {
  runs(request: RunsRequest): Promise<readonly RunRecord[]>;
  runChanges(request: RunChangesRequest): Promise<{ readonly seen: string; readonly runs: readonly RunRecord[] }>;
}

export function runClient({ get, of, run }: Sending): RunClient {
  return {
    runs: ({ environment, ...filter }) => get(`${of(environment)}/runs?${queryOf(filter)}`),
    runChanges: ({ environment, ...filter }) => get(`${of(environment)}/runs/changes?${queryOf(filter)}`),
    standing: async (id) => get<RunStanding>(`${run(id)}/standing`),
    replaySource: async ({ run: id, at }) => get<ReplaySource>(`${run(id)}/replay?${queryOf({ at })}`),
    runEvents: ({ environment, ...wanted }) => get<RunEvents>(`${of(environment)}/events?${queryOf(wanted)}`),
    top: (environment) => get<TopRecord>(`${of(environment)}/top`),
  };
}

/** A list goes as one text with commas. */
function queryOf(filter: Readonly<Record<string, number | string | readonly string[] | undefined>>): string {
  const query = new URLSearchParams();
  for (const [key, value] of Object.entries(filter)) {
    if (value !== undefined) query.set(key, Array.isArray(value) ? value.join(',') : String(value));
  }
  return query.toString();
}
