import { digest } from './digest.ts';
import type { JsonObject } from './json.ts';
import { compareText } from './problem.ts';
import { riskNames } from './risk-codes.ts';
import {
  type AccessRule,
  type Approvers,
  type EnvironmentRules,
  type Group,
  type GuardLimits,
  ordinaryRules,
  type Owned,
  type Rules,
} from './rules.ts';
import { treePath } from './tree-path.ts';
import type { PawlSettings } from './types.gen.ts';

type Environment = PawlSettings['environments'][number];

/** The rules that `pawl.yaml` states for one of its environments, in one spelling: the order of lists means nothing. */
export function rulesOf(settings: PawlSettings, environment: Environment): Rules {
  return {
    groups: mapped(settings.groups ?? {}, groupOf),
    ownership: (settings.ownership ?? []).map(ownedOf).sort((a, b) => compareText(a.path, b.path)),
    approvals: approvalsOf(environment),
    guards: guardsOf(environment),
    ...(settings.access === undefined ? {} : { access: settings.access.map(accessOf).sort(byText) }),
    environment: environmentOf(settings, environment),
  };
}

function environmentOf({ secrets }: PawlSettings, environment: Environment): EnvironmentRules {
  const { branch, paths, namespaces, apply, drift, windows = [], signatures, alerts = [], health } = environment;
  return {
    branch,
    paths: paths.map(treePath),
    ...(namespaces === undefined ? {} : { namespaces: sorted(namespaces) }),
    apply,
    drift,
    windows: [...windows].sort((a, b) => compareText(JSON.stringify(a), JSON.stringify(b))),
    signatures: { mode: 'off', ...signatures },
    alerts: sorted(alerts),
    ...(health === undefined ? {} : { health }),
    recipients: sorted(secrets?.recipients ?? []),
  };
}

function groupOf({ github, oidc }: NonNullable<PawlSettings['groups']>[string]): Group {
  return {
    ...(github === undefined
      ? {}
      : {
          github: {
            ...(github.teams === undefined ? {} : { teams: sorted(github.teams) }),
            ...(github.users === undefined ? {} : { users: sorted(github.users) }),
          },
        }),
    ...(oidc === undefined
      ? {}
      : { oidc: [...oidc].sort((a, b) => compareText(JSON.stringify(a), JSON.stringify(b))) }),
  };
}

function ownedOf({ path, namespaces, kinds, owners }: NonNullable<PawlSettings['ownership']>[number]): Owned {
  return {
    path: treePath(path),
    ...(namespaces === undefined ? {} : { namespaces: sorted(namespaces) }),
    ...(kinds === undefined ? {} : { kinds: sorted(kinds) }),
    ...(owners === undefined ? {} : { owners: sorted(owners) }),
  };
}

function accessOf({
  role,
  namespaces,
  groups = [],
  users = [],
}: NonNullable<PawlSettings['access']>[number]): AccessRule {
  return {
    role,
    ...(namespaces === undefined ? {} : { namespaces: sorted(namespaces) }),
    groups: sorted(groups),
    users: sorted(users),
  };
}

function byText(a: AccessRule, b: AccessRule): number {
  return compareText(JSON.stringify(a), JSON.stringify(b));
}

/** `R4` is `budget.widened`, which is what they are kept by. */
function approvalsOf({ approvals = {} }: Environment): Rules['approvals'] {
  const named = Object.entries(approvals).map(([risk, approvers]): readonly [string, Approvers] => {
    const { groups = [], users = [], min } = approvers;
    return [nameOf(risk), { groups: sorted(groups), users: sorted(users), min }];
  });
  return Object.fromEntries(named.sort(([a], [b]) => compareText(a, b)));
}

function nameOf(risk: string): string {
  return (/^R\d+$/.test(risk) ? riskNames[Number(risk.slice(1)) - 1] : undefined) ?? risk;
}

function guardsOf({ guards }: Environment): GuardLimits {
  const { protectedKinds, ...limits } = { ...ordinaryRules.guards, ...guards };
  return { ...limits, protectedKinds: sorted(protectedKinds) };
}

function mapped<From, To>(
  record: Readonly<Record<string, From>>,
  convert: (value: From) => To,
): Readonly<Record<string, To>> {
  const entries = Object.entries(record).sort(([a], [b]) => compareText(a, b));
  return Object.fromEntries(entries.map(([key, value]) => [key, convert(value)]));
}

function sorted(texts: readonly string[]): readonly string[] {
  return [...texts].sort(compareText);
}

/** What stands for rules in a plan: the same rules have the same. */
export function digestOfRules(rules: Rules): string {
  return digest(rules as unknown as JsonObject);
}

/** The rules kept with an environment, from their text; undefined where none were kept. */
export function parseRules(text: string | null): Rules | undefined {
  if (text === null) return undefined;
  const kept: unknown = JSON.parse(text);
  if (typeof kept !== 'object' || kept === null)
    throw new TypeError('the rules kept with an environment are no object');
  return { ...ordinaryRules, ...kept };
}
