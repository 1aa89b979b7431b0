import { exitCodes, TerminalError } from '../errors.ts';
import { type Mistake, schemaCompiler } from '../policy/schema.ts';
import { readBundle } from '../store/bundle.ts';
import type { Database } from '../store/database-port.ts';
import { readRoute, type Route, type Routing } from '../store/route.ts';

/**
 * What the run is to be pinned to. Throws `run.input_invalid` where the schema of that refuses the input. Undefined: no
 * such system is live.
 */
export async function acceptInput(database: Pick<Database, 'db'>, request: Routing): Promise<Route | undefined> {
  const { system, input } = request;
  const route = await readRoute(database.db, request);
  const bundle = route && (await readBundle(database.db, route.bundle));
  if (bundle === undefined) return undefined;
  const { schema } = bundle.content.input;
  const verdict = schema === undefined ? undefined : schemaCompiler({ allErrors: true }).compile(schema)(input);
  if (verdict === undefined || verdict.kind === 'valid') return route;
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
