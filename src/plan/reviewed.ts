import type { Plan } from './change.ts';

/** What a plan does, as it is held against what reviewers were shown: `[address, action, digest of what it becomes]`. */
export function operationsOf({ changes }: Plan): readonly (readonly [string, string, string | null])[] {
  return changes.map(({ address, action, afterDigest }) => [address, action, afterDigest ?? null]);
}

/** The risks that it showed: `[class, content]`. */
export function risksShownOf({ risks }: Plan): readonly (readonly [string, string])[] {
  return risks.map(({ class: kind, content }) => [kind, content]);
}
