import { isDeepStrictEqual } from 'node:util';
import { digest } from '../manifest/digest.ts';
import { isJsonObject, type Json, type JsonObject, own } from '../manifest/json.ts';
import { compareText } from '../manifest/problem.ts';
import { isProtected } from '../manifest/protection.ts';
import type { Address, Resource } from '../manifest/resource.ts';
import type { Rules } from '../manifest/rules.ts';
import { shownText } from '../manifest/shown.ts';
import { approversText } from './approvers.ts';
import { oldAddress } from './risk-access.ts';
import { isStricterSetting } from './risk-environment.ts';
import { causeAt, type FoundRisk } from './risk-found.ts';
import type { FoundItem } from './risk-items.ts';
import type { Sides } from './sides.ts';

interface ControlInput {
  readonly sides: Sides;
  readonly rules: Rules;
  readonly targetRules: Rules;
}

/** R13: the change is about who judges the next one. A policy that only becomes stricter is no such change. */
export function controlRisks({ sides, rules, targetRules }: ControlInput): readonly FoundRisk[] {
  return [...rulesRisks(rules, targetRules), ...sides.changed.flatMap((address) => resourceRisks(sides, address))];
}

function rulesRisks(rules: Rules, targetRules: Rules): readonly FoundRisk[] {
  if (isDeepStrictEqual(rules, targetRules)) return [];
  const parts = Object.keys({ ...rules, ...targetRules }).sort(compareText) as (keyof Rules)[];
  const items = parts.flatMap((part) => partItems(part, rules, targetRules));
  const isStricter = ({ key: [part, name] }: FoundItem): boolean =>
    part === 'environment' && isStricterSetting(String(name), rules.environment, targetRules.environment);
  return [
    ...rulesRisk(items.filter((item) => !isStricter(item))),
    ...rulesRisk(items.filter(isStricter)).map((risk) => ({
      ...risk,
      gate: 'notice' as const,
      title: `pawl.yaml becomes stricter: ${namesOf(items.filter(isStricter)).join(', ')}.`,
    })),
  ];
}

function rulesRisk(items: readonly FoundItem[]): readonly FoundRisk[] {
  if (items.length === 0) return [];
  const names = namesOf(items);
  return [
    {
      class: 'R13',
      subject: undefined,
      title: `pawl.yaml changes who judges the next plan: ${names.join(', ')}.`,
      items,
      causes: [{ address: 'pawl.yaml', place: { file: 'pawl.yaml', line: 1, column: 1 }, fields: names }],
      owned: [],
    },
  ];
}

/** `groups`, `environment.apply`: each part once. */
function namesOf(items: readonly FoundItem[]): readonly string[] {
  const names = items.map(({ key: [part, name] }) => (part === 'environment' ? `${part}.${name}` : String(part)));
  return [...new Set(names)];
}

function partItems(part: keyof Rules, rules: Rules, targetRules: Rules): readonly FoundItem[] {
  const entries = part === 'access' ? accessEntries : (from: Rules) => entriesOf(from[part]);
  const [before, after] = [entries(rules), entries(targetRules)];
  const names = [...new Set([...before.keys(), ...after.keys()])].sort(compareText);
  return names.flatMap((name) => {
    const [was, is] = [before.get(name), after.get(name)];
    if (isDeepStrictEqual(was, is)) return [];
    const said = part === 'approvals' ? approvalText : textOf;
    const accessed = `${is === undefined ? 'takes' : 'gives'} ${name}`;
    return [
      {
        detail: part === 'access' ? `access ${accessed}` : `${part} ${name}: ${said(was)} -> ${said(is)}`,
        key: [part, name, was === undefined ? undefined : digest(was), is === undefined ? undefined : digest(is)],
      },
    ];
  });
}

/** Entries by what they are called: groups by name, ownership by path. */
function entriesOf(value: unknown): ReadonlyMap<string, Json> {
  if (Array.isArray(value)) {
    return new Map(value.map((entry: { path?: string }, at) => [entry.path ?? String(at), entry as Json]));
  }
  return new Map(Object.entries((value ?? {}) as JsonObject));
}

/** By what each says: where it stands in the list means nothing. */
function accessEntries({ access = [] }: Rules): ReadonlyMap<string, Json> {
  return new Map(
    access.map((entry) => {
      const { role, namespaces, groups, users } = entry;
      const where =
        namespaces === undefined ? 'everywhere' : `in ${namespaces.map(shownText).join(', ') || 'no namespace'}`;
      const whom = groups.length + users.length === 0 ? 'nobody' : approversText({ groups, users, min: 1 });
      return [`${role} ${where}: ${whom}`, entry as unknown as Json];
    }),
  );
}

function textOf(value: Json | undefined): string {
  return value === undefined ? 'nothing' : shownText(JSON.stringify(value));
}

function approvalText(value: Json | undefined): string {
  if (!isJsonObject(value)) return 'nothing';
  const list = (name: string): string[] => (Array.isArray(value[name]) ? value[name].map(String) : []);
  return approversText({ groups: list('groups'), users: list('users'), min: Number(value['min'] ?? 1) });
}

/** Who owns it, who approves its calls, whether it may be deleted: of what is there before and after. */
function resourceRisks(sides: Sides, address: Address): readonly FoundRisk[] {
  const [before, after] = [sides.before.get(oldAddress(sides, address)), sides.after.get(address)];
  if (before === undefined || after === undefined) return [];
  const items = [
    ...changed('spec.owner', specOf(before)['owner'], specOf(after)['owner']),
    ...changed('spec.approval', specOf(before)['approval'], specOf(after)['approval']),
    ...(isProtected(before.manifest) && !isProtected(after.manifest)
      ? changed('metadata.annotations["pawl/protect"]', 'true', undefined)
      : []),
  ];
  if (items.length === 0) return [];
  return [
    {
      class: 'R13',
      subject: address,
      title: `${address} changes who decides about it: ${items.map(({ key }) => key[0]).join(', ')}.`,
      items: items.map(({ detail, key }) => ({ detail, key: [address, ...key] })),
      causes: [
        causeAt(
          sides,
          address,
          items.map(({ key }) => String(key[0])),
        ),
      ],
      owned: [],
    },
  ];
}

/** What had no such field gave nobody a say, so that there is nothing to lose. */
function changed(path: string, was: Json | undefined, is: Json | undefined): readonly FoundItem[] {
  if (was === undefined || isDeepStrictEqual(was, is)) return [];
  return [
    {
      detail: `${path}: ${textOf(was)} -> ${textOf(is)}`,
      key: [path, digest(was), is === undefined ? undefined : digest(is)],
    },
  ];
}

function specOf({ manifest }: Resource): JsonObject {
  const spec = own(manifest, 'spec');
  return isJsonObject(spec) ? spec : {};
}
