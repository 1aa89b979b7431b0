import type { Database } from '../../src/store/database.ts';

export interface JournalRow {
  readonly path: string;
  readonly phase: string;
  readonly outcome: string | null;
  readonly fence: number;
  readonly code: string | null;
  readonly reason: string | null;
}

/** The journal of a run, in the order of writing. */
export async function journalOf(database: Database, run: string): Promise<readonly JournalRow[]> {
  const rows = await database.db
    .selectFrom('step')
    .select(['path', 'phase', 'outcome', 'fence', 'error', 'decision'])
    .where('run', '=', run)
    .orderBy('seq')
    .execute();
  return rows.map(({ error, decision, ...row }) => ({
    ...row,
    code: textAt(error, 'code'),
    reason: textAt(decision, 'reason'),
  }));
}

function textAt(value: unknown, key: string): string | null {
  const member = typeof value === 'object' && value !== null ? Reflect.get(value, key) : undefined;
  return typeof member === 'string' ? member : null;
}
