import { type Kysely, type Selectable, sql } from 'kysely';
import type { RoleBinding } from '../policy/person.ts';
import type { Database } from './database-port.ts';
import { noEnvironment, recordEvent } from './event.ts';
import type { ApiToken, Tables } from './tables.gen.ts';
import { inTransaction } from './transaction.ts';

export type TokenRow = Selectable<ApiToken>;

export interface NewToken {
  readonly id: string;
  readonly name: string;
  /** SHA-256 of the secret, in hex. */
  readonly digest: string;
  readonly roles: readonly RoleBinding[];
  readonly groups: readonly string[];
  readonly by: string;
  readonly lifeMs: number;
}

/** Keeps a token's digest, with an event that says who made it for whom. */
export function createToken(database: Database, token: NewToken): Promise<TokenRow> {
  const { id, name, digest, roles, groups, by, lifeMs } = token;
  return inTransaction(database, async (trx) => {
    const row = await trx
      .insertInto('api_token')
      .values({
        id,
        name,
        digest,
        roles: JSON.stringify(roles),
        groups: [...groups],
        created_by: by,
        expires_at: sql<Date>`now() + ${lifeMs} * interval '1 millisecond'`,
      })
      .returningAll()
      .executeTakeFirstOrThrow();
    const detail = {
      token: id,
      name,
      roles: roles.map(({ role, namespaces }) => ({ role, ...(namespaces === undefined ? {} : { namespaces }) })),
      groups,
      expires: row.expires_at.toISOString(),
    };
    await recordEvent(trx, { environment: noEnvironment, actor: by, action: 'token.created', detail });
    return row;
  });
}

/** Those that may still be used, and those that ended in the last 90 days; the newest first. */
export async function listTokens(db: Kysely<Tables>, limit: number): Promise<readonly TokenRow[]> {
  return await db
    .selectFrom('api_token')
    .selectAll()
    .where(sql<boolean>`least(expires_at, revoked_at) > now() - interval '90 days'`)
    .orderBy('created_at', 'desc')
    .orderBy('id')
    .limit(limit)
    .execute();
}

/** How many are good now. */
export async function countTokens(db: Kysely<Tables>): Promise<number> {
  const { count } = await db
    .selectFrom('api_token')
    .select(sql<number>`count(*)::int`.as('count'))
    .where(sql<boolean>`revoked_at is null and expires_at > now()`)
    .executeTakeFirstOrThrow();
  return count;
}

export interface FoundToken extends TokenRow {
  readonly is_expired: boolean;
}

/** One token, judged by the database's clock. */
export async function findToken(db: Kysely<Tables>, id: string): Promise<FoundToken | undefined> {
  return await db
    .selectFrom('api_token')
    .selectAll()
    .select(sql<boolean>`expires_at <= now()`.as('is_expired'))
    .where('id', '=', id)
    .executeTakeFirst();
}

/** Notes that a token was used, to the minute. */
export async function touchToken(db: Kysely<Tables>, id: string): Promise<void> {
  await sql`
    update api_token set used_at = now()
    where id = ${id} and (used_at is null or used_at < now() - interval '1 minute')`.execute(db);
}

/** Ends a token at once; undefined: there is none of that id, or it was revoked before. */
export function revokeToken(
  database: Database,
  { id, by }: { readonly id: string; readonly by: string },
): Promise<TokenRow | undefined> {
  return inTransaction(database, async (trx) => {
    const row = await trx
      .updateTable('api_token')
      .set({ revoked_at: sql<Date>`now()`, revoked_by: by })
      .where('id', '=', id)
      .where('revoked_at', 'is', null)
      .returningAll()
      .executeTakeFirst();
    if (row === undefined) return undefined;
    const detail = { token: id, name: row.name };
    await recordEvent(trx, { environment: noEnvironment, actor: by, action: 'token.revoked', detail });
    return row;
  });
}

/** Somebody was not let in; `refused` counts those since the last such event, as a flood is told of once a while. */
export function recordRefusal(
  database: Database,
  detail: { readonly source: string; readonly reason: string; readonly refused: number },
): Promise<void> {
  return inTransaction(database, (trx) =>
    recordEvent(trx, { environment: noEnvironment, actor: 'unknown', action: 'door.refused', detail }),
  );
}
