import type { Bundle } from '../manifest/bundle.ts';
import type { BundleMemory } from '../manifest/bundle-memory.ts';
import { own } from '../manifest/json.ts';
import type { Authority } from './authority.ts';
import type { Usage } from './context.ts';
import { type DataClass, toolClasses } from './data-class.ts';
import type { Revisions } from './effective.ts';
import { kept } from './kept.ts';
import type { Ledger } from './ledger.ts';

/** Whose calls, under which rules. */
export interface Touching {
  readonly revisions: { readonly [Side in keyof Revisions]: Revisions[Side] | undefined };
  readonly bundle: Bundle;
  readonly live: Authority | undefined;
}

/**
 * The classes of data that a run's calls have touched, by what either revision says of their tools; absent where no
 * rule asks. A call counts from the moment it is allowed: whether its answer arrived is not known before it is too late.
 */
export function touchedIn(ledger: Ledger, { revisions, bundle, live }: Touching): Pick<Usage, 'touched'> | undefined {
  const { pinned, live: row } = revisions;
  if ((pinned?.flow ?? row?.flow ?? pinned?.audit?.flow ?? row?.audit?.flow) === undefined) return undefined;
  const touched = new Set<DataClass>();
  for (const memory of ledger.remembered()) for (const one of ofSession(own(bundle.memories, memory))) touched.add(one);
  for (const tool of ledger.called()) {
    const definition = own(bundle.tools, tool);
    for (const one of definition === undefined ? [] : toolClasses(definition)) touched.add(one);
    for (const one of (live === undefined ? undefined : classesIn(live).get(tool)) ?? []) touched.add(one);
  }
  return { touched };
}

/** A session that pawl keeps holds what pawl put there; of one that is kept elsewhere nobody knows who wrote it. */
function ofSession(memory: BundleMemory | undefined): readonly DataClass[] {
  return memory?.http === undefined ? [] : ['privateRead', 'untrustedRead'];
}

/** What a revision's facts say of tools, whoever calls them. */
const classesIn = kept((authority: Authority): ReadonlyMap<string, readonly DataClass[]> => {
  const found = new Map<string, readonly DataClass[]>();
  for (const { facts, audit } of Object.values(authority.subjects)) {
    const known = { ...audit?.facts?.tools, ...facts?.tools };
    for (const [tool, { classes }] of Object.entries(known)) if (classes !== undefined) found.set(tool, classes);
  }
  return found;
});
