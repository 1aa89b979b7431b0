import type { BundleTool } from '../manifest/bundle.ts';
import type { SecretUse } from '../manifest/bundle-secret.ts';
import type { BundleIsolation, BundleVariable } from '../manifest/bundle-world.ts';
import { compareText } from '../manifest/problem.ts';
import { qualify } from '../manifest/reference.ts';
import type { Resource } from '../manifest/resource.ts';
import { durationMs } from './duration-ms.ts';
import { notRunnable } from './runnable.ts';
import type { SpecOf } from './typed.ts';

type Program = Extract<BundleTool['impl'], { readonly type: 'cli' }>;

/** What a call of a command-line tool starts. */
export function programOf(tool: Resource, spec: SpecOf<'Tool'>): Program {
  const { cli } = spec;
  if (cli === undefined) throw notRunnable(tool, 'names no program');
  return {
    type: 'cli',
    command: cli.command,
    args: cli.args,
    env: variablesOf(tool, cli.env),
    ...(cli.stdin === undefined ? {} : { stdin: cli.stdin }),
    isolation: programIsolationOf(spec),
  };
}

/** By name, whatever the order of writing. */
export function variablesOf(
  resource: Resource,
  env: readonly NonNullable<SpecOf<'Tool'>['cli']>['env'][number][],
): readonly BundleVariable[] {
  const variables = env.map((one): BundleVariable => {
    const { name, value, secretRef, mountPath } = one;
    if (secretRef === undefined) return { name, value: value ?? '' };
    const secret = { secret: qualify(secretRef.name, resource.namespace), key: secretRef.key };
    return { name, secret, ...(mountPath === undefined ? {} : { mountPath }) };
  });
  return variables.sort((a, b) => compareText(a.name, b.name));
}

/** The Secrets among the variables of a program. */
export function variableSecrets(env: readonly BundleVariable[]): readonly SecretUse[] {
  return env.flatMap((variable) => ('secret' in variable ? [variable.secret] : []));
}

/** What may do much harm runs in the strongest tier that there is for a program, unless its author says otherwise. */
function programIsolationOf({ isolation, risk, egress }: SpecOf<'Tool'>): BundleIsolation {
  const isRisky = risk === 'high' || risk === 'critical';
  const min = isolation?.min ?? (isRisky ? 'sandbox' : 'process');
  if (min === 'inline') throw new TypeError('a program in pawl’s own process: validation comes first');
  return {
    min,
    ...(isolation?.memory === undefined ? {} : { memory: isolation.memory }),
    ...(isolation?.cpuTime === undefined ? {} : { cpuTimeMs: durationMs(isolation.cpuTime) }),
    ...networkOf(isolation, egress),
    filesystem: isolation?.filesystem ?? 'readOnly',
  };
}

/** Where a program or a container may connect to; nothing: nowhere. */
export function networkOf(
  isolation: SpecOf<'Tool'>['isolation'],
  egress: SpecOf<'Tool'>['egress'],
): Pick<BundleIsolation, 'network'> {
  if (isolation?.network !== 'declared' || egress === undefined) return {};
  return { network: { hosts: [...egress.hosts].sort(compareText), allowPrivate: egress.allowPrivate } };
}
