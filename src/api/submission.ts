import { exitCodes, TerminalError } from '../errors.ts';
import { didYouMean } from '../manifest/nearest.ts';
import { acceptInput } from '../run/accept.ts';
import type { Database } from '../store/database.ts';
import { listResources } from '../store/listing.ts';
import type { Pin } from '../store/route.ts';
import type { SubmitRequest } from './operations.ts';

/** The system's `namespace/name`, once the input schema of the revision that the run gets has accepted the input. */
export async function acceptedSystem(
  database: Database,
  request: SubmitRequest,
  id: string,
): Promise<{ readonly system: string; readonly pin?: Pin }> {
  const { environment, input, idempotencyKey } = request;
  const system = await qualifySystem(database, request);
  const route = await acceptInput(database, { environment, system, input, id, idempotencyKey });
  if (route === undefined) throw unknownSystem(environment, system, []);
  return { system, ...(route.pin === undefined ? {} : { pin: route.pin }) };
}

/** A bare name is enough where one namespace alone has it. */
async function qualifySystem(database: Database, { environment, system }: SubmitRequest): Promise<string> {
  if (system.includes('/')) return system;
  const live = await listResources(database.db, { environment, kind: 'AgentSystem' });
  const paths = live.map((resource) => resource.address.replace('AgentSystem/', ''));
  const matches = paths.filter((path) => path.endsWith(`/${system}`));
  const [match, ...others] = matches;
  if (match !== undefined && others.length === 0) return match;
  if (match === undefined) throw unknownSystem(environment, system, paths);
  throw new TerminalError(`Several namespaces have an AgentSystem "${system}": ${matches.join(', ')}.`, {
    code: 'run.system_ambiguous',
    help: 'Name it with its namespace.',
    exit: exitCodes.usage,
  });
}

function unknownSystem(environment: string, system: string, known: readonly string[]): TerminalError {
  const names = [...known, ...known.map((path) => path.split('/')[1] ?? '')];
  const guess = didYouMean(system, names);
  return new TerminalError(`No AgentSystem "${system}" is live in the environment ${environment}.`, {
    code: 'run.system_unknown',
    help: guess ?? 'Look at `pawl get AgentSystem`, and apply the commit that declares it.',
  });
}
