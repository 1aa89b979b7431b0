import { exitCodes, TerminalError } from '../errors.ts';
import type { JsonObject } from '../manifest/json.ts';
import { type Mistake, schemaCompiler } from '../policy/schema.ts';
import { currentBundle, readBundle } from '../store/bundle.ts';
import type { Database } from '../store/database-port.ts';

export interface SystemInput {
  readonly environment: string;
  /** `namespace/name` of the AgentSystem. */
  readonly system: string;
  readonly input: JsonObject;
}

/** Throws `run.input_invalid` where the schema of the live system refuses the input. False: no such system is live. */
export async function acceptInput(database: Pick<Database, 'db'>, request: SystemInput): Promise<boolean> {
  const { environment, system, input } = request;
  const current = await currentBundle(database.db, environment, system);
  const bundle = current === undefined ? undefined : await readBundle(database.db, current);
  if (bundle === undefined) return false;
  const { schema } = bundle.content.input;
  const verdict = schema === undefined ? undefined : schemaCompiler({ allErrors: true }).compile(schema)(input);
  if (verdict === undefined || verdict.kind === 'valid') return true;
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
