import type { Plan } from '../plan/change.ts';
import type { Excluded } from '../plan/excluded.ts';
import type { AcknowledgedContent } from '../store/acknowledgement.ts';
import type { Database } from '../store/database.ts';
import { askerIn } from '../store/pull-hands.ts';
import { type InvolvedPull, involvedPulls } from '../store/pull-involved.ts';

/** Who brought a content that has to be acknowledged. */
export type Brought = (about: AcknowledgedContent) => readonly Excluded[];

/** Who brought what of a plan, by the rows: authors and pushers of pull requests, and who merged them since. */
export async function broughtBy(
  db: Database['db'],
  plan: Plan,
  contents: readonly AcknowledgedContent[],
): Promise<Brought> {
  const { environment, digest: planDigest, target, base } = plan;
  const at = { environment, planDigest, commit: target.commit, revision: base.revision };
  const pulls = await involvedPulls(db, at, contents);
  const found = new Map<string, Excluded[]>();
  for (const pull of pulls) {
    const key = keyOf(pull);
    found.set(key, [...(found.get(key) ?? []), ...handsIn(pull)]);
  }
  return (about) => found.get(keyOf(about)) ?? [];
}

/** Whoever merged it may have agreed before: they are another than those who wrote it. */
export function handsIn(
  pull: Pick<InvolvedPull, 'repository' | 'number' | 'author' | 'pushers' | 'askers' | 'mergedBy' | 'mergedAt'>,
): readonly Excluded[] {
  const { repository, number, author, pushers, askers, mergedBy, mergedAt } = pull;
  const name = `${repository}#${number}`;
  const asked = pushers.flatMap((one) => askerIn(one) ?? []);
  return [
    { login: author, why: `opened ${name}` },
    ...[...new Set([...askers, ...asked])].map((login) => ({ login, why: `asked pawl for ${name}` })),
    ...pushers.flatMap((login) => (askerIn(login) === undefined ? [{ login, why: `pushed to ${name}` }] : [])),
    ...(mergedBy === null ? [] : [{ login: mergedBy, why: `merged ${name}`, since: mergedAt ?? undefined }]),
  ];
}

function keyOf({ class: kind, content }: AcknowledgedContent): string {
  return `${kind} ${content}`;
}
