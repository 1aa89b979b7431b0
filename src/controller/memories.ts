import type { MemorySearch } from '../plan/beside.ts';
import { compareText } from '../manifest/problem.ts';
import { countOtherwiseEmbedded } from '../store/memory-vector.ts';
import { vectorState } from '../store/vector.ts';
import type { BesideInput } from './beside-input.ts';

/** What a plan shows of them. */
const memoriesMax = 100;

/** How the memories of changed systems are searched that say what embeds them: those of which something is to be said. */
export async function readMemories({
  database,
  plan,
}: Pick<BesideInput, 'database' | 'plan'>): Promise<readonly MemorySearch[] | undefined> {
  const wanted = new Map<string, string>();
  for (const { content } of plan.bundles)
    for (const [path, { longTerm }] of Object.entries(content.memories ?? {}))
      if (longTerm?.embedding !== undefined) wanted.set(path, longTerm.embedding.by);
  if (wanted.size === 0) return undefined;
  const state = await vectorState(database.db);
  // The embedded database creates its extension with the first search.
  const pgvector = database.kind === 'embedded' && state === 'available' ? 'ready' : state;
  const otherwise = await countOtherwiseEmbedded(
    database.db,
    plan.environment,
    Array.from(wanted, ([path, embeddedBy]) => ({ path, embeddedBy })),
  );
  const memories = [...wanted.keys()]
    .sort(compareText)
    .map((memory) => ({ memory, pgvector, otherwise: otherwise.get(memory) ?? 0 }))
    .filter((one) => one.pgvector !== 'ready' || one.otherwise > 0);
  return memories.length === 0 ? undefined : memories.slice(0, memoriesMax);
}
