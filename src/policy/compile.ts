import type { Bundle } from '../manifest/bundle.ts';
import { sha256 } from '../manifest/digest.ts';
import type { JsonObject } from '../manifest/json.ts';
import type { Address, Resource } from '../manifest/resource.ts';
import type { Authority, SubjectAuthority } from './authority.ts';
import { bundleText } from './bundle-text.ts';
import { needsTokens } from './compile-auth.ts';
import { compileAuthority, subjectsOf } from './compile-authority.ts';
import { compileContent } from './compile-content.ts';
import { guardSecrets } from './compile-guards.ts';
import { type Estate, estateOf, viewOf } from './estate.ts';
import type { Subject } from './reach.ts';

export interface CompiledBundle {
  readonly content: Bundle;
  readonly authority: Authority;
  /** SHA-256 of canonical `{content, authority}`. */
  readonly digest: string;
}

/** Compiles one system: what a run of it keeps, and what its agents may do. Pure, whatever the order of anything. */
export function compileBundle(system: Resource, resources: ReadonlyMap<Address, Resource>): CompiledBundle {
  return compileSystem(system, estateOf(resources)).compiled;
}

export interface CompiledSystem {
  readonly compiled: CompiledBundle;
  /** Every address that the result depends on, but for policies that do not exist yet. */
  readonly used: ReadonlySet<Address>;
  readonly subjects: readonly Subject[];
  /** Length of its canonical text. */
  readonly bytes: number;
}

/** Compiles one of many systems of the same estate. */
export function compileSystem(system: Resource, estate: Estate): CompiledSystem {
  const view = viewOf(estate, system.address);
  const authority = compileAuthority(system, view);
  const guarding = authority.guards === undefined ? [] : guardSecrets(authority.guards);
  const content = withRules(compileContent(system, view, guarding), authority);
  const text = bundleText({ content, authority } as unknown as JsonObject);
  return {
    compiled: { content, authority, digest: sha256(text) },
    subjects: subjectsOf(system, view),
    used: view.used,
    bytes: text.length,
  };
}

/** Members of a row that a worker of an older engine would not heed. */
const newerRules: readonly (keyof SubjectAuthority)[] = [
  'approvals',
  'conditions',
  'flow',
  'rates',
  'egress',
  'isolation',
  'gateways',
  'maxOutputTokens',
  'guards',
  'audit',
];

function withRules(content: Bundle, { subjects, guards }: Authority): Bundle {
  const isNewer = Object.values(subjects).some(
    (row) => newerRules.some((rule) => row[rule] !== undefined) || row.budgets.some(({ scope }) => scope !== 'run'),
  );
  const needed = needsTokens(content, guards) ? 5 : isNewer ? 4 : 1;
  return needed > content.engineSchema ? { ...content, engineSchema: needed } : content;
}
