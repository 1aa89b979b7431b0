import { exitCodes, TerminalError } from '../errors.ts';
import { didYouMean } from '../manifest/nearest.ts';
import { acceptInput } from '../run/accept.ts';
import type { Database } from '../store/database.ts';
import { listResources } from '../store/listing.ts';
import type { SubmitRequest } from './operations.ts';

/** The system's `namespace/name`, once its input schema has accepted the input. */
export async function acceptedSystem(database: Database, request: SubmitRequest): Promise<string> {
  const { environment, input } = request;
  const system = await qualifySystem(database, request);
  if (!(await acceptInput(database, { environment, system, input }))) throw unknownSystem(environment, system, []);
  return system;
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
