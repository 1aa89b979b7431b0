import { exitCodes, TerminalError } from '../errors.ts';
import { didYouMean } from '../manifest/nearest.ts';
import { type Mistake, schemaCompiler } from '../policy/schema.ts';
import { currentBundle, readBundle } from '../store/bundle.ts';
import type { Database } from '../store/database.ts';
import { listResources } from '../store/listing.ts';
import type { SubmitRequest } from './operations.ts';

/** The system's `namespace/name`, once its input schema has accepted the input. */
export async function acceptInput(database: Database, request: SubmitRequest): Promise<string> {
  const { environment, input } = request;
  const system = await qualifySystem(database, request);
  const current = await currentBundle(database.db, environment, system);
  const bundle = current === undefined ? undefined : await readBundle(database.db, current);
  if (bundle === undefined) throw unknownSystem(environment, system, []);
  const { schema } = bundle.content.input;
  const verdict = schema === undefined ? undefined : schemaCompiler({ allErrors: true }).compile(schema)(input);
  if (verdict === undefined || verdict.kind === 'valid') return system;
  throw unfit(
    system,
    verdict.kind === 'invalid' ? [verdict, ...(verdict.others ?? [])] : [{ pointer: '', ...verdict }],
  );
}

/** Every mistake at once: who starts a run mends them all, and tries again once. */
function unfit(system: string, mistakes: readonly Mistake[]): TerminalError {
  const said = [
    ...new Set(mistakes.map(({ pointer, message }) => (pointer === '' ? message : `${message} at ${pointer}`))),
  ];
  const places = said.length === 1 ? ` ${said.join('')}` : said.map((one) => `\n  ${one}`).join('');
  const look = `Look at \`spec.input.schema\` with \`pawl get AgentSystem ${system} -o yaml\`.`;
  // What a shell passes on without its quotes reads as a number, true or null.
  const bare = mistakes.find(({ pointer, message }) => message === 'must be string' && /^\/[\w-]+$/.test(pointer));
  return new TerminalError(`The input does not fit AgentSystem ${system}:${places}`, {
    code: 'run.input_invalid',
    help: bare === undefined ? look : `Quoted twice it is text: -i '${bare.pointer.slice(1)}="..."'. ${look}`,
    exit: exitCodes.usage,
  });
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
