import { exitCodes, TerminalError } from '../errors.ts';
import type { Bundle } from '../manifest/bundle.ts';
import type { JsonObject } from '../manifest/json.ts';
import { nearest } from '../manifest/nearest.ts';
import { refusesPlan } from '../manifest/problem.ts';
import { type Address, addressOf, type Kind, kinds, type Resource } from '../manifest/resource.ts';
import { serverToolId } from '../manifest/server-tools.ts';
import { shownText } from '../manifest/shown.ts';
import type { AccessAnswer, AccessQuestion, AccessRow, AccessTarget } from '../plan/access-answer.ts';
import { type World, worldOf } from '../plan/authority-world.ts';
import { callersAsked, type EntitlementQuery, type Entitlement, entitlementsOf } from '../plan/entitlement.ts';
import { compileBundle, type CompiledBundle } from '../policy/compile.ts';
import type { Authority } from '../policy/authority.ts';
import type { Usage } from '../policy/context.ts';
import { argumentSchemas } from '../policy/arguments.ts';
import type { Decision } from '../policy/decision.ts';
import { decide } from '../policy/gate.ts';
import { tierOrder } from '../policy/tier.ts';
import { addressAt } from '../policy/typed.ts';
import type { Repository } from '../source/repository.ts';
import { snapshotOfFiles } from './description.ts';

/** The files of a working copy, as one world of rules; no database is asked. */
export async function worldOfFiles(files: Repository, environment: string | undefined): Promise<World> {
  const taken = await snapshotOfFiles(files, environment);
  const [first] = taken.problems.filter(refusesPlan);
  if (first === undefined) return worldOf(taken.resources);
  throw new TerminalError(`${first.file}:${first.line}: ${first.message}`, {
    code: first.code,
    help: 'Run `pawl validate`: while something is wrong, nothing can be said of what is permitted.',
    exit: exitCodes.findings,
  });
}

/** A resource as a revision's record has it. */
interface StoredRecord {
  readonly address: string;
  readonly digest: string;
  readonly file: string;
  readonly line: number;
  readonly manifest: JsonObject;
}

export function worldOfRecords(records: readonly StoredRecord[]): World {
  const resources = records.flatMap((record): readonly Resource[] => {
    const { address, manifest, digest, file, line } = record;
    const [word, namespace = '', name = ''] = address.split('/');
    const kind = kinds.find((one) => one === word);
    return kind === undefined
      ? []
      : [{ address, kind, namespace, name, manifest, digest, place: { file, line, column: 1 } }];
  });
  return worldOf(new Map(resources.map((one) => [one.address, one])));
}

/** Compiled rules that are in force; where they are not given, those of the world's resources are. */
export interface InForce {
  /** By `namespace/name` of the system; one that has none is left out. */
  authorities(systems: readonly string[]): Promise<ReadonlyMap<string, Authority>>;
  bundle(system: string): Promise<CompiledBundle | undefined>;
}

/** Answers who may call what, of people's names in a world. */
export async function answerAccess(world: World, question: AccessQuestion, inForce?: InForce): Promise<AccessAnswer> {
  const { agent, system, arguments: text, touched = [], input = {} } = question;
  const target = targetNamed(world, question.tool);
  const query: EntitlementQuery = {
    target,
    ...(agent === undefined ? {} : { subject: subjectNamed(world, agent) }),
    ...(system === undefined ? {} : { system: pathIn(named(world, 'AgentSystem', system)) }),
  };
  const rows: AccessRow[] = [];
  for (const entitlement of await entitlementsIn(world, query, inForce)) {
    if (text === undefined || target.kind === 'model') rows.push({ entitlement });
    else {
      const bundle =
        inForce === undefined ? compiledIn(world, entitlement.system) : await inForce.bundle(entitlement.system);
      rows.push({ entitlement, decision: shortened(decideFirstCall(bundle, entitlement, { text, touched, input })) });
    }
  }
  return { target, rows };
}

async function entitlementsIn(
  world: World,
  query: EntitlementQuery,
  inForce: InForce | undefined,
): Promise<readonly Entitlement[]> {
  if (inForce === undefined) return entitlementsOf(world, query);
  const systems = new Set(callersAsked(world, query).map(({ system }) => system));
  const authorities = await inForce.authorities([...systems]);
  return entitlementsOf(world, query, ({ subject, system }) => authorities.get(system)?.subjects[subject]);
}

/** What a person calls a tool or a model: a tool, where both are of that name. */
function targetNamed(world: World, text: string): AccessTarget {
  const served = /^mcp:([^:]+):(.+)$/.exec(text);
  const [, server = '', tool = ''] = served ?? [];
  if (served !== null) return { kind: 'tool', name: serverToolId(pathIn(named(world, 'McpServer', server)), tool) };
  const model = find(world, 'ModelEndpoint', text);
  if (find(world, 'Tool', text) === undefined && model !== undefined) return { kind: 'model', name: pathIn(model) };
  return { kind: 'tool', name: pathIn(named(world, 'Tool', text)) };
}

function subjectNamed(world: World, text: string): Address {
  const [word = '', ...rest] = text.split('/');
  return word === 'system' && rest.length > 0
    ? named(world, 'AgentSystem', rest.join('/'))
    : named(world, 'Agent', text);
}

function pathIn(address: Address): string {
  return address.slice(address.indexOf('/') + 1);
}

function shortened(decision: Decision): AccessRow['decision'] & object {
  // Nothing is drawn for a question.
  if (decision.kind === 'allow' || decision.kind === 'draw') return { kind: 'allow' };
  if (decision.kind === 'ask') return { kind: 'ask', asks: decision.asks };
  const { kind, reason, message } = decision;
  return { kind, reason, message };
}

/** A resource as people name it: without a namespace the one of `default`, or the only one of that name. */
function named(world: World, kind: Kind, text: string): Address {
  const found = find(world, kind, text);
  if (found !== undefined) return found;
  const known = [...world.resources.values()].filter((one) => one.kind === kind);
  const near = nearest(
    text.split('/').at(-1) ?? text,
    known.map(({ name }) => name),
  );
  throw new TerminalError(`There is no ${kind} "${shownText(text)}".`, {
    code: 'resource.not_found',
    help: near === undefined ? `Run \`pawl get ${kind}\`, or look into the files.` : `Did you mean "${near}"?`,
  });
}

function find(world: World, kind: Kind, text: string): Address | undefined {
  const [first = '', second] = text.split('/');
  const usual = second === undefined ? addressOf({ kind, namespace: 'default', name: first }) : `${kind}/${text}`;
  if (world.resources.has(usual)) return usual;
  if (second !== undefined) return undefined;
  const same = [...world.resources.values()].filter((one) => one.kind === kind && one.name === first);
  return same.length === 1 ? same[0]?.address : undefined;
}

function compiledIn(world: World, system: string): CompiledBundle | undefined {
  const resource = world.resources.get(addressAt('AgentSystem', system));
  return resource && compileBundle(resource, world.resources);
}

interface FirstCall extends Required<Pick<AccessQuestion, 'touched' | 'input'>> {
  readonly text: string;
}

/** The gate's own decision on a first call with these arguments, of a run that has used nothing. */
function decideFirstCall(
  bundle: CompiledBundle | undefined,
  { subject, system, name: tool }: Pick<Entitlement, 'subject' | 'system' | 'name'>,
  { text, touched, input }: FirstCall,
): Decision {
  if (bundle === undefined) throw new TypeError(`AgentSystem ${system} has no bundle`);
  const { content, authority } = bundle;
  const name = subject.startsWith('Agent/') ? offeredName(content, subject.slice('Agent/'.length), tool) : tool;
  return decide(
    { kind: 'tool', subject, name, arguments: text },
    {
      clock: { lost: false, cancelled: false, overdue: false },
      bundle: content,
      schemas: argumentSchemas(content),
      pinned: authority.subjects[subject],
      live: undefined,
      usage: { ...unused, touched: new Set(touched) },
      // Of no worker: what each one offers is its own to say.
      tiers: tierOrder,
      // Of no run: nobody can release it, and a condition on the time is asked now.
      where: { environment: '', run: '', step: '', call: '', input, now: new Date().toISOString() },
    },
  );
}

/** What the agent's model calls it by; where it lists nothing of the kind, the name that it would have. */
function offeredName({ agents }: Bundle, agent: string, tool: string): string {
  const tools = Object.entries(agents[agent]?.tools ?? {});
  return tools.find(([, id]) => id === tool)?.[0] ?? tool.split('/')[1] ?? tool;
}

const unused: Usage = {
  step: { modelCalls: 0, toolCalls: 0, denials: 0, tokens: 0, cost: 0, repeated: new Map() },
  run: { tokens: 0, cost: 0 },
  budgets: new Map(),
};
