import { placesOf } from '../store/audit-call.ts';
import type { Database } from '../store/database.ts';
import type { WhyRule, WhyVerdict } from './operations-audit.ts';

interface Decided {
  readonly environment: string;
  /** Revisions. */
  readonly pinned: number;
  readonly live: number | undefined;
}

/** Where the rules that verdicts name stood in Git, in the pinned revision and in the live one. */
export async function rulesOf(
  database: Database,
  { environment, pinned, live }: Decided,
  verdicts: readonly WhyVerdict[],
): Promise<readonly WhyRule[]> {
  const rules = [...new Set(verdicts.flatMap(({ rule }) => [rule.split(' of ').at(-1) ?? '']))];
  const revisions = [
    ['pinned', pinned] as const,
    ...(live === undefined || live === pinned ? [] : [['live', live] as const]),
  ];
  const asked = rules.flatMap((rule) =>
    revisions.map(([of, revision]) => ({ rule, of, revision, address: rule.replace(/ \(live\)$|#.*$/g, '') })),
  );
  const places = await placesOf(
    database,
    environment,
    asked.map(({ address, revision }) => ({ address, revision })),
  );
  return asked.flatMap(({ rule, of, revision, address }) => {
    const place = places.find((one) => one.address === address && one.revision === revision);
    return place === undefined
      ? []
      : [{ rule, of, revision, commit: place.commit, file: place.file, line: place.line }];
  });
}
