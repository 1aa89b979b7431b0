import { findRoot, noRepository } from '../config.ts';
import { exitCodes, TerminalError } from '../errors.ts';
import type { Address } from '../manifest/resource.ts';
import { shownText } from '../manifest/shown.ts';
import { neutral } from '../manifest/neutral.ts';
import type { World } from '../plan/authority-world.ts';
import type { Entitlement, VerdictOrigin } from '../plan/entitlement.ts';
import { chooseEnvironment, type CliContext, withDoor } from './context.ts';

export interface WorldOptions {
  readonly env?: string;
  readonly live?: true;
}

/** The rules of the working copy, or of what is live. */
export async function readWorld(context: CliContext, { env, live }: WorldOptions): Promise<World> {
  const { worldOfFiles, worldOfRecords } = await import('../controller/entitlements.ts');
  if (live === true) {
    return await withDoor(context, async (door) =>
      worldOfRecords(await door.operations.get({ environment: await chooseEnvironment(door, env) })),
    );
  }
  const root = findRoot(context.cwd);
  if (root === undefined) throw noRepository(context.cwd);
  const { WorkingCopy } = await import('../source/working-copy.ts');
  return await worldOfFiles(new WorkingCopy({ root }), env);
}

/** What a person calls a tool or a model: a tool, where both are of that name. */
export async function targetNamed(
  world: World,
  text: string,
): Promise<{ readonly kind: 'tool' | 'model'; readonly name: string }> {
  const { find, named } = await import('../controller/entitlements.ts');
  const model = find(world, 'ModelEndpoint', text);
  if (find(world, 'Tool', text) === undefined && model !== undefined) return { kind: 'model', name: pathIn(model) };
  return { kind: 'tool', name: pathIn(named(world, 'Tool', text)) };
}

export function pathIn(address: Address): string {
  return address.slice(address.indexOf('/') + 1);
}

/** No caller at all: an agent that is in no system makes no calls. */
export function noCaller(agent: string): TerminalError {
  return new TerminalError(`"${shownText(agent)}" is in no system, so that it makes no calls.`, {
    code: 'resource.not_found',
    help: 'Name it as `agentRef` of a node in an AgentSystem.',
    exit: exitCodes.findings,
  });
}

/** `AgentRole/support/reader roles/reader.yaml:6 tool:search:read`, one line each. */
export function originLines({ origins, verdict, missing }: Entitlement): readonly string[] {
  if (missing.length > 0) return missing.map((permission) => `no role gives ${neutral(permission)}`);
  if (origins.length === 0) return [neutral(verdict.rule)];
  return origins.map(originLine);
}

function originLine({ address, file, line, permission }: VerdictOrigin): string {
  return [
    `${neutral(address)}  ${neutral(`${file}:${line}`)}`,
    ...(permission === undefined ? [] : [neutral(permission)]),
  ].join('  ');
}

/** A row for programs. */
export function entitlementJson({ verdict, ...row }: Entitlement): object {
  return { ...row, verdict: verdict.kind, rule: verdict.rule, reason: verdict.reason ?? null };
}
