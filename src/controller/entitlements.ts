import { exitCodes, TerminalError } from '../errors.ts';
import type { JsonObject } from '../manifest/json.ts';
import { nearest } from '../manifest/nearest.ts';
import { refusesPlan } from '../manifest/problem.ts';
import { type Address, addressOf, type Kind, kinds, type Resource } from '../manifest/resource.ts';
import { shownText } from '../manifest/shown.ts';
import { type World, worldOf } from '../plan/authority-world.ts';
import { compileBundle } from '../policy/compile.ts';
import type { Usage } from '../policy/context.ts';
import { argumentSchemas } from '../policy/arguments.ts';
import type { Decision } from '../policy/decision.ts';
import { decide } from '../policy/gate.ts';
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

/** What `Operations.get` tells of the resources that are live. */
interface LiveRecord {
  readonly address: string;
  readonly digest: string;
  readonly file: string;
  readonly line: number;
  readonly manifest: JsonObject;
}

export function worldOfRecords(records: readonly LiveRecord[]): World {
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

/** A resource as people name it: without a namespace the one of `default`, or the only one of that name. */
export function named(world: World, kind: Kind, text: string): Address {
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

export function find(world: World, kind: Kind, text: string): Address | undefined {
  const [first = '', second] = text.split('/');
  const usual = second === undefined ? addressOf({ kind, namespace: 'default', name: first }) : `${kind}/${text}`;
  if (world.resources.has(usual)) return usual;
  if (second !== undefined) return undefined;
  const same = [...world.resources.values()].filter((one) => one.kind === kind && one.name === first);
  return same.length === 1 ? same[0]?.address : undefined;
}

/** The gate's own decision on a first call with these arguments, of a run that has used nothing. */
export function decideFirstCall(
  world: World,
  { subject, system, tool }: { readonly subject: Address; readonly system: string; readonly tool: string },
  text: string,
): Decision {
  const resource = world.resources.get(addressAt('AgentSystem', system));
  if (resource === undefined) throw new TypeError(`AgentSystem ${system} is not among the resources`);
  const { content, authority } = compileBundle(resource, world.resources);
  const name = subject.startsWith('Agent/') ? (tool.split('/')[1] ?? tool) : tool;
  return decide(
    { kind: 'tool', subject, name, arguments: text },
    {
      clock: { lost: false, cancelled: false, overdue: false },
      bundle: content,
      schemas: argumentSchemas(content),
      pinned: authority.subjects[subject],
      live: undefined,
      usage: unused,
    },
  );
}

const unused: Usage = {
  step: { modelCalls: 0, toolCalls: 0, denials: 0, tokens: 0, repeated: new Map() },
  run: { tokens: 0 },
  budgets: new Map(),
};
