import { ordinaryRules } from '../manifest/rules.ts';
import type { Resource } from '../manifest/resource.ts';
import { schemaDigest } from '../manifest/schemas.gen.ts';
import { rootOf } from '../manifest/digest.ts';
import type { Plan } from './change.ts';
import { plan } from './plan.ts';

/** What it would be to make resources live where nothing is, by the rules that hold where nobody wrote any. */
export function firstPlan(resources: ReadonlyMap<string, Resource>): Plan {
  const root = rootOf(Array.from(resources, ([address, { digest }]) => [address, digest]));
  const environment = {
    name: 'production',
    branch: 'main',
    paths: [''],
    apply: 'manual',
    rules: ordinaryRules,
  } as const;
  const snapshot = { environment, commit: 'none', tree: 'none', resources, root, problems: [] };
  const live = {
    environment: environment.name,
    lineage: 'none',
    // An empty revision, and not none: the first apply of all is one risk, and says nothing of what is in it.
    revision: 1,
    root: '',
    writes: 0,
    commit: undefined,
    heads: new Map(),
    bundles: new Map(),
    rules: ordinaryRules,
  };
  return plan(snapshot, live, { bodies: new Map(), subject: '', schemaDigest });
}
