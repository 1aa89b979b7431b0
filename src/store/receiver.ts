import type { Kysely } from 'kysely';
import type { AlertReceiver, Secret } from '../manifest/types.gen.ts';
import { rowsOf } from './statement.ts';
import type { Tables } from './tables.gen.ts';

/** An AlertReceiver as the environment's current revision has it. */
export interface LiveReceiver {
  /** `namespace/name`. */
  readonly name: string;
  readonly spec: AlertReceiver['spec'];
}

interface Row {
  readonly address: string;
  readonly body: { readonly spec: unknown };
}

const kindText = `
select h.address, s.body::json as body from resource_history h join spec s on s.digest = h.digest
where h.environment = $1 and h.to_revision is null and h.address = any($2::text[])`;

/** By their names. What a hand did to a live row is drift, and sends nothing anywhere. */
export async function readReceivers(
  db: Kysely<Tables>,
  environment: string,
  names: readonly string[],
): Promise<readonly LiveReceiver[]> {
  if (names.length === 0) return [];
  const addresses = names.map((name) => `AlertReceiver/${name}`);
  const rows = await rowsOf<Row>(db, { name: 'receivers', text: kindText }, [environment, addresses]);
  // What was applied was held against the schema that the type is generated from.
  return rows.map(({ address, body }) => ({
    name: address.slice('AlertReceiver/'.length),
    spec: body.spec as AlertReceiver['spec'],
  }));
}

/** The same of one Secret: where its values are. */
export async function readSecretSpec(
  db: Kysely<Tables>,
  environment: string,
  name: string,
): Promise<Secret['spec'] | undefined> {
  const values = [environment, [`Secret/${name}`]];
  const [row] = await rowsOf<Row>(db, { name: 'receivers', text: kindText }, values);
  return row?.body.spec as Secret['spec'] | undefined;
}

/** Who hears of the environment's alerts, as the `pawl.yaml` that was last applied has it. */
export async function readAlertNames(db: Kysely<Tables>, environment: string): Promise<readonly string[]> {
  const text = `select rules::jsonb -> 'environment' -> 'alerts' as names from environment where name = $1`;
  const [row] = await rowsOf<{ names: readonly string[] | null }>(db, { name: 'alert_names', text }, [environment]);
  return (row?.names ?? []).map((name) => (name.includes('/') ? name : `default/${name}`));
}
