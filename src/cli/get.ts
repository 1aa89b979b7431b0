import { stringify } from 'yaml';
import type { ResourceRecord, RunRecord, WorkerRecord } from '../api/operations.ts';
import type { RunsRequest, RunState } from '../api/operations-run.ts';
import { exitCodes, TerminalError } from '../errors.ts';
import type { ExitCode } from '../errors.ts';
import { kinds } from '../manifest/resource.ts';
import type { Kind } from '../manifest/resource.ts';
import type { Door } from './app-port.ts';
import { chooseEnvironment, json, withDoor } from './context.ts';
import type { CliContext } from './context.ts';
import type { PinRecord } from '../api/operations-alert.ts';
import { nearest } from '../manifest/nearest.ts';
import { driftWord, pinsOf, showPins } from './get-pins.ts';
import { triggerListing, triggersNamed } from './get-triggers.ts';
import { renderTable } from './table.ts';
import { neutral } from '../manifest/neutral.ts';
import { watchRuns, why } from './watch-runs.ts';

export interface GetOptions {
  readonly kind: string;
  readonly name: string | undefined;
  readonly env?: string;
  readonly namespace?: string;
  readonly limit: number;
  readonly at?: string;
  readonly watch?: boolean;
  readonly state?: readonly RunState[];
  readonly system?: string;
  readonly before?: string;
  readonly all?: boolean;
  readonly run?: string;
  readonly output: string;
}

/** One listing in every format: what a row shows, what JSON holds, what names it. */
interface Listing {
  readonly head: readonly string[];
  readonly rows: readonly (readonly string[])[];
  readonly names: readonly string[];
  readonly records: readonly object[];
  /** What a worker found, where the list is of one MCP server. */
  readonly pin?: PinRecord | undefined;
}

export async function getCommand(context: CliContext, words: GetOptions): Promise<ExitCode> {
  if (words.kind === 'halts' || words.kind === 'halt') return (await import('./halt.ts')).getHalts(context, words);
  if (words.kind === 'approvals' || words.kind === 'approval') {
    const { state, ...rest } = words;
    if (state !== undefined) throw usage('--state is for runs.', 'Run `pawl approvals --state waiting,approved`.');
    return (await import('./approvals.ts')).getApprovals(context, rest);
  }
  const options = namedOptions(words);
  assertFits(options);
  if (options.watch === true) return watched(context, options);
  const listing = await withDoor(context, (door) => list(door, options));
  if (options.name !== undefined && listing.records.length === 0) throw notFound(options);
  show(context, listing, options.output);
  hintAtMore(context, listing, options);
  return exitCodes.success;
}

/** `agent support/draft` and `Agent/support/draft`, as `-o name` prints it, say kind, namespace and name. */
function namedOptions(words: GetOptions): GetOptions {
  const [kind = '', ...path] = words.kind.split('/');
  const parts = [...path, ...(words.name?.split('/') ?? [])];
  const [first, second] = parts;
  if (parts.length > 2) throw usage(`"${parts.join('/')}" is no name.`, 'Write `name` or `namespace/name`.');
  if (first === undefined) return words;
  return second === undefined ? { ...words, kind, name: first } : { ...words, kind, namespace: first, name: second };
}

async function list(door: Door, options: GetOptions): Promise<Listing> {
  const wide = options.output === 'wide';
  const only = options.name;
  if (options.kind === 'workers' || options.kind === 'worker') {
    const workers = await door.operations.workers();
    return workerListing(workers.filter((worker) => only === undefined || worker.id === only));
  }
  if (options.kind === 'runs' || options.kind === 'run') {
    if (only !== undefined) return runListing([await door.operations.run(only)], wide);
    return runListing(await door.operations.runs(await runsRequest(door, options)), wide);
  }
  const environment = await chooseEnvironment(door, options.env);
  const triggers = options.at === undefined && options.output !== 'yaml' ? triggersNamed(options.kind) : undefined;
  if (triggers !== undefined) {
    return triggerListing(door, { of: triggers, environment, namespace: options.namespace, name: only });
  }
  const wanted = parseKinds(options.kind);
  const filter = {
    environment,
    ...(only === undefined ? {} : { name: only }),
    ...(options.namespace === undefined ? {} : { namespace: options.namespace }),
    ...(options.at === undefined ? {} : { at: options.at }),
  };
  const found = await Promise.all(wanted.map((kind) => door.operations.get({ ...filter, kind })));
  const records = found.flat();
  return resourceListing(records, { wide, pins: await pinsOf(door, environment, records) });
}

const isRuns = (kind: string): boolean => kind === 'run' || kind === 'runs';

/** Options that only one sort of list knows. */
function assertFits(options: GetOptions): void {
  if (options.at !== undefined && /^(runs?|workers?|budgets?)$/.test(options.kind)) {
    throw usage(`--at is for resources: ${options.kind} are not part of a revision.`, 'Leave --at out.');
  }
  const given = (['watch', 'state', 'system', 'before'] as const).find((name) => options[name] !== undefined);
  if (given !== undefined && !isRuns(options.kind)) throw usage(`--${given} is for runs.`, `Leave --${given} out.`);
}

async function watched(context: CliContext, options: GetOptions): Promise<ExitCode> {
  if (options.name !== undefined)
    throw usage('-w watches a list of runs.', `Follow one with \`pawl trace ${neutral(options.name)} -f\`.`);
  if (options.before !== undefined) throw usage('-w watches the newest runs.', 'Leave --before out.');
  const { output } = options;
  if (output === 'yaml') throw usage('-w prints lines.', 'Use -o table, name or json.');
  return withDoor(context, async (door) =>
    watchRuns(context, door, { request: await runsRequest(door, options), output }),
  );
}

async function runsRequest(door: Door, { env, limit, state, system, before }: GetOptions): Promise<RunsRequest> {
  return {
    environment: await chooseEnvironment(door, env),
    limit,
    ...(state === undefined ? {} : { states: state }),
    ...(system === undefined ? {} : { system }),
    ...(before === undefined ? {} : { before }),
  };
}

/** `agents`, `Agent`, `agent,tools` or `all`. */
function parseKinds(text: string): readonly Kind[] {
  if (text === 'all') return kinds;
  const wanted = text.split(',').map((word) => {
    const kind = kinds.find((candidate) => spellings(candidate).includes(word.toLowerCase()));
    if (kind === undefined) throw unknownKind(word);
    return kind;
  });
  return [...new Set(wanted)];
}

/** Not kinds of resources: each has its own columns, so none can stand in a list with others. */
const alone = [
  'run',
  'runs',
  'worker',
  'workers',
  'all',
  'budget',
  'budgets',
  'halt',
  'halts',
  'approval',
  'approvals',
];

/** As the manifest says it and as people do: `AgentPolicy`, `agentpolicies`, `policy`, `policies`. */
function spellings(kind: Kind): readonly string[] {
  const whole = kind.toLowerCase();
  const short = shortNames[kind];
  return [whole, plural(whole), ...(short === undefined ? [] : [short, plural(short)])];
}

const shortNames: Readonly<Partial<Record<Kind, string>>> = {
  ModelEndpoint: 'model',
  AgentRole: 'role',
  ToolPermission: 'permission',
  AgentPolicy: 'policy',
  AgentSystem: 'system',
  TaskSchedule: 'schedule',
  TaskWebhook: 'webhook',
};

function plural(noun: string): string {
  return noun.endsWith('y') ? noun.replace(/y$/, 'ies') : `${noun}s`;
}

function unknownKind(word: string): TerminalError {
  if (alone.includes(word))
    return usage(`"${word}" cannot be listed together with others.`, `Run \`pawl get ${word}\`.`);
  const known = [
    ...kinds.map((kind) => spellings(kind).at(-1) ?? kind),
    'runs',
    'workers',
    'budgets',
    'halts',
    'approvals',
    'all',
  ];
  const guess = nearest(word.toLowerCase(), known);
  return usage(
    `There is no kind "${neutral(word)}".`,
    guess === undefined ? `One of ${known.join(', ')}.` : `Did you mean "${guess}"?`,
  );
}

function usage(message: string, help: string): TerminalError {
  return new TerminalError(message, { code: 'cli.usage', help, exit: exitCodes.usage });
}

interface Beside {
  readonly wide: boolean;
  readonly pins: ReadonlyMap<string, PinRecord>;
}

function resourceListing(records: readonly ResourceRecord[], { wide, pins }: Beside): Listing {
  const rows = records.map((record) => {
    const [kind = '', namespace = '', name = ''] = record.address.split('/');
    const narrow = [kind, namespace, name, String(record.generation), driftWord(record, pins.get(record.address))];
    return wide
      ? [...narrow, String(record.revision), record.digest.slice(0, 12), `${record.file}:${record.line}`]
      : narrow;
  });
  const head = ['KIND', 'NAMESPACE', 'NAME', 'GENERATION', 'DRIFTED'];
  return {
    head: wide ? [...head, 'REVISION', 'DIGEST', 'FILE'] : head,
    rows,
    names: records.map((record) => record.address),
    records,
    pin: records.length === 1 ? pins.get(records[0]?.address ?? '') : undefined,
  };
}

function runListing(runs: readonly RunRecord[], wide: boolean): Listing {
  const rows = runs.map((run) => {
    const state = `${run.state}${run.retryAt === undefined ? '' : ', again'}${run.held === undefined ? '' : ', held'}`;
    const narrow = [run.id, run.system, state, String(run.revision), run.createdAt];
    return wide ? [...narrow, run.endedAt ?? '-', run.error?.code ?? (why(run) || '-')] : narrow;
  });
  const head = ['RUN', 'SYSTEM', 'STATE', 'REVISION', 'CREATED'];
  return { head: wide ? [...head, 'ENDED', 'WHY'] : head, rows, names: runs.map((run) => run.id), records: runs };
}

function workerListing(workers: readonly WorkerRecord[]): Listing {
  const rows = workers.map((worker) => [
    worker.id,
    worker.host,
    String(worker.pid),
    worker.live ? 'yes' : 'no',
    worker.pool,
    `${worker.running}/${worker.slots}`,
    worker.tiers?.join(',') ?? 'not tried',
    worker.version,
  ]);
  const head = ['WORKER', 'HOST', 'PID', 'LIVE', 'POOL', 'RUNNING', 'TIERS', 'VERSION'];
  return { head, rows, names: workers.map((worker) => worker.id), records: workers };
}

/** The list goes on; who asked for names or JSON has the last id. */
function hintAtMore({ terminal }: CliContext, { names }: Listing, { kind, limit, name, output }: GetOptions): void {
  const last = names.at(-1);
  if (!isRuns(kind) || name !== undefined || last === undefined || names.length < limit) return;
  if (output === 'table' || output === 'wide') terminal.note(`Older ones: pawl get runs --before ${last}`);
}

function show({ terminal }: CliContext, listing: Listing, output: string): void {
  switch (output) {
    case 'json':
      json(terminal, { items: listing.records });
      return;
    case 'yaml':
      for (const record of listing.records) {
        // The database keeps a manifest's keys by length; sorted, they come out as people write them.
        const text = 'manifest' in record ? stringify(record.manifest, { sortMapEntries: true }) : stringify(record);
        terminal.out(`---\n${text.trimEnd()}`);
      }
      return;
    case 'name':
      for (const name of listing.names) terminal.out(neutral(name));
      return;
    default:
      if (listing.rows.length === 0) terminal.note('Nothing found.');
      else terminal.out(renderTable(listing.head, listing.rows, terminal.tableWidth));
      if (listing.pin !== undefined) showPins({ terminal }, listing.pin);
  }
}

function notFound(options: GetOptions): TerminalError {
  return new TerminalError(`There is no ${neutral(options.kind)} "${neutral(options.name ?? '')}".`, {
    code: 'resource.not_found',
    help: `Run \`pawl get ${neutral(options.kind)}\` to see what there is.`,
  });
}
