import { sql } from 'kysely';
import { expect, test } from 'vitest';
import { readOwedIssues } from '../../src/store/alert-issue.ts';
import { openTestDatabase } from '../support/databases.ts';

test('neither another repository’s alerts nor hundreds that are told already keep a new one or one that is over from its issue', async () => {
  const { database, close } = await openTestDatabase('embedded');
  const { db } = database;
  const add = (key: string, repository: string, { state = 'firing', published = 'open x' as string | null } = {}) =>
    Promise.all([
      sql`insert into alert (environment, key, fingerprint, severity, state, content, fired_at)
        values ('production', ${key}, 'f', 'warning', ${state}, '{}', now())`.execute(db),
      sql`insert into alert_issue (environment, receiver, key, repository, number, published, due_at)
        values ('production', 'ops/issues', ${key}, ${repository}, 1, ${published},
          now() - ${published === 'open x' && state === 'firing' ? 60 : 1} * interval '1 minute')`.execute(db),
    ]);
  try {
    for (let index = 0; index < 12; index += 1) await add(`told-${index}`, 'acme/agents');
    for (let index = 0; index < 12; index += 1) await add(`other-${index}`, 'acme/other');
    await add('fresh', 'Acme/Agents', { published: null });
    await add('over', 'acme/agents', { state: 'resolved' });
    const owed = await readOwedIssues(db, 'acme/agents', 4);
    expect(owed.slice(0, 2).map(({ key }) => key)).toEqual(['fresh', 'over']);
    expect(new Set(owed.map(({ repository }) => repository.toLowerCase()))).toEqual(new Set(['acme/agents']));
  } finally {
    await close();
  }
});
