import type { Kysely } from 'kysely';
import type { JsonObject } from '../manifest/json.ts';
import type { Address } from '../manifest/resource.ts';
import type { Tables } from './tables.gen.ts';

/**
 * Writes a live row as somebody with a database console would: past every check. For the demo and for tests of
 * drift, which need a hand that is not apply's; nothing else may call it.
 */
export async function editByHand(
  db: Kysely<Tables>,
  row: { readonly environment: string; readonly address: Address },
  edit: (body: JsonObject) => JsonObject,
): Promise<void> {
  const at = db.selectFrom('resource').select('body').where('environment', '=', row.environment);
  const { body } = await at.where('address', '=', row.address).executeTakeFirstOrThrow();
  await db
    .updateTable('resource')
    .set({ body: JSON.stringify(edit(body)) })
    .where('environment', '=', row.environment)
    .where('address', '=', row.address)
    .execute();
}
