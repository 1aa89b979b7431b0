import type { Plan } from '../plan/change.ts';
import type { Excluded } from '../plan/excluded.ts';
import type { AcknowledgedContent } from '../store/acknowledgement.ts';
import type { Database } from '../store/database.ts';
import { pushersSince } from '../store/pull-commit.ts';
import { askerIn } from '../store/pull-hands.ts';
import { type InvolvedPull, involvedPulls } from '../store/pull-involved.ts';

/** Who brought a content that has to be acknowledged. */
export type Brought = (about: AcknowledgedContent) => readonly Excluded[];

/**
 * Who brought what of a plan, by the rows: authors and pushers of pull requests, who merged them since, and who pushed to
 * the branch itself.
 */
export async function broughtBy(
  db: Database['db'],
  plan: Plan,
  contents: readonly AcknowledgedContent[],
): Promise<Brought> {
  const { environment, digest: planDigest, target, base } = plan;
  const at = { environment, planDigest, commit: target.commit, revision: base.revision };
  const [pulls, pushed] = await Promise.all([
    involvedPulls(db, at, contents),
    pushersSince(db, { environment, revision: base.revision, branch: target.branch }, contents),
  ]);
  const found = new Map<string, Excluded[]>();
  const add = (about: AcknowledgedContent, hands: readonly Excluded[]): void => {
    found.set(keyOf(about), [...(found.get(keyOf(about)) ?? []), ...hands]);
  };
  for (const pull of pulls) add(pull, handsIn(pull));
  for (const { repository, login, ...about } of pushed) {
    add(about, [{ login, why: `pushed to ${target.branch} of ${repository}` }]);
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
