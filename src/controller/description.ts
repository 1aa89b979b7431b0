import { exitCodes, TerminalError } from '../errors.ts';
import { describe, type Description } from '../manifest/describe.ts';
import { nearest } from '../manifest/nearest.ts';
import { type Problem, refusesPlan } from '../manifest/problem.ts';
import {
  addressOf,
  type Address,
  type Identity,
  type EnvironmentSettings,
  type Resource,
  type Snapshot,
} from '../manifest/resource.ts';
import { shownText } from '../manifest/shown.ts';
import { worldOf } from '../plan/authority-world.ts';
import { type Entitlement, entitlementsOf } from '../plan/entitlement.ts';
import type { Repository } from '../source/repository.ts';
import { settingsAt, snapshot } from '../source/snapshot.ts';

export interface Described {
  readonly environment: string;
  readonly address: Address;
  /** Absent where the manifest is wrong: its problems are all that there is to say. */
  readonly description?: Description;
  readonly problems: readonly Problem[];
  /** Of an agent or a system: what it may do in each system, and who says so; nothing while something is wrong. */
  readonly entitlements: readonly Entitlement[];
}

/** A resource as people name it: without a namespace it is the one of `default`, or the only one there is. */
export type Asked = Pick<Identity, 'kind' | 'name'> & { readonly namespace: string | undefined };

/** What the files of a working copy say of one resource; no database is asked. */
export async function describeFiles(
  files: Repository,
  { asked, environment }: { readonly asked: Asked; readonly environment: string | undefined },
): Promise<Described> {
  const taken = await snapshotOfFiles(files, environment);
  const address = addressIn(taken, asked);
  const common = { environment: taken.environment.name, address };
  const resource = taken.resources.get(address);
  if (resource !== undefined) {
    const description = describe(resource, taken);
    return { ...common, description, problems: description.problems, entitlements: entitlementsIn(taken, resource) };
  }
  const own = taken.problems.filter((problem) => problem.address === address);
  if (own.length === 0) throw notFound(asked, taken);
  return { ...common, problems: own, entitlements: [] };
}

function entitlementsIn({ resources, problems }: Snapshot, { kind, address }: Resource): readonly Entitlement[] {
  const isCaller = kind === 'Agent' || kind === 'AgentSystem';
  return isCaller && !problems.some(refusesPlan) ? entitlementsOf(worldOf(resources), { subject: address }) : [];
}

/** What the files of a working copy declare for one environment: the only one, where none is named. */
export async function snapshotOfFiles(files: Repository, environment: string | undefined): Promise<Snapshot> {
  const commit = await files.resolve('HEAD');
  const { settings, problems } = await settingsAt(files, commit);
  if (settings === undefined) throw unreadable(problems);
  return await snapshot(files, { commit, environment: choose(settings.environments, environment) });
}

function choose(declared: readonly EnvironmentSettings[], name: string | undefined): EnvironmentSettings {
  const names = declared.map((environment) => environment.name).join(', ');
  const [first, ...others] =
    name === undefined ? declared : declared.filter((environment) => environment.name === name);
  if (first === undefined) {
    throw new TerminalError(`pawl.yaml declares no environment "${name ?? ''}"; it has ${names || 'none'}.`, {
      code: 'environment.unknown',
      help: 'Check the name against pawl.yaml.',
      exit: exitCodes.usage,
    });
  }
  if (others.length === 0) return first;
  throw new TerminalError(`pawl.yaml declares several environments: ${names}.`, {
    code: 'cli.environment_ambiguous',
    help: 'Pass --env with one of them.',
    exit: exitCodes.usage,
  });
}

function unreadable(problems: readonly Problem[]): TerminalError {
  const [first] = problems;
  const message = first === undefined ? 'pawl.yaml cannot be read.' : `${first.file}:${first.line}: ${first.message}`;
  return new TerminalError(message, {
    code: first?.code ?? 'settings.missing',
    exit: exitCodes.findings,
    ...(first?.help === undefined ? {} : { help: first.help }),
  });
}

/** A manifest that is wrong is known by its problems alone. */
function addressIn({ resources, problems }: Snapshot, { kind, namespace, name }: Asked): Address {
  const usual = addressOf({ kind, namespace: namespace ?? 'default', name });
  if (namespace !== undefined || resources.has(usual)) return usual;
  const known = new Set([...resources.keys(), ...problems.flatMap(({ address }) => address ?? [])]);
  const named = [...known].filter((address) => address.startsWith(`${kind}/`) && address.endsWith(`/${name}`));
  return named.length === 1 ? (named[0] ?? usual) : usual;
}

/** A name that is one letter off, or right and of another namespace or kind. */
function notFound({ kind, namespace, name }: Asked, { resources, environment }: Snapshot): TerminalError {
  const kin = [...resources.values()].filter((resource) => resource.kind === kind);
  const near = nearest(
    name,
    kin.map((resource) => resource.name),
  );
  const same = (resource: Resource): boolean => resource.name === name;
  const meant = kin.find(same) ?? kin.find((resource) => resource.name === near) ?? [...resources.values()].find(same);
  const shown = namespace === undefined ? name : `${namespace}/${name}`;
  return new TerminalError(`The environment ${environment.name} has no ${kind} "${shownText(shown)}".`, {
    code: 'resource.not_found',
    help: meant === undefined ? 'Run `pawl validate` to see what is wrong.' : `Did you mean "${meant.address}"?`,
  });
}
