import type { JsonObject } from '../manifest/json.ts';
import type { Address } from '../manifest/resource.ts';
import { type FoundHead, foundHead } from './resource.ts';
import { rowsOf } from './statement.ts';
import { type Suspension, suspensionOf } from './sync.ts';
import type { StoreTransaction } from './transaction.ts';

/** What an apply is about to write, by what it has to look up of it. */
export interface AboutToWrite {
  /** Of all that changes; of a move both. */
  readonly addresses: readonly Address[];
  /** Digests of resources' bodies and of bundles. */
  readonly specs: readonly string[];
  readonly bundles: readonly string[];
}

/** What is there before an apply writes. */
export interface ApplyBase {
  /** An edited one is digested again. */
  readonly heads: ReadonlyMap<Address, FoundHead>;
  /** Which of the digests are stored. Contents never change, so that these need not be written out and sent again. */
  readonly stored: { readonly specs: ReadonlySet<string>; readonly bundles: ReadonlySet<string> };
  readonly suspension: Suspension | undefined;
  /** Some override is in force, or was and is not taken back. */
  readonly isOverridden: boolean;
  /** Some rollout is under way. */
  readonly isRollingOut: boolean;
}

// One statement, because each is a way to the server and back while the environment is locked; and one value for many
// rows, which the driver reads faster than as many rows.
const baseText = `
select
  (select json_agg(json_build_array(address, generation, digest, touched_by,
    case when touched_at is not null then body end))
    from resource where environment = $1 and address = any($2::text[])) as heads,
  (select json_agg(digest) from spec where digest = any($3::text[])) as specs,
  (select json_agg(digest) from bundle where digest = any($4::text[])) as bundles,
  (${suspensionOf('$1')}) as suspension,
  exists (select from override where environment = $1 and ended_at is null) as "isOverridden",
  exists (select from rollout where environment = $1 and ended_at is null) as "isRollingOut"`;

interface BaseRow extends Pick<ApplyBase, 'isOverridden' | 'isRollingOut'> {
  readonly heads: readonly HeadRow[] | null;
  readonly specs: readonly string[] | null;
  readonly bundles: readonly string[] | null;
  readonly suspension: Suspension | null;
}

type HeadRow = readonly [Address, number, string, string | null, JsonObject | null];

/** Reads it all at one moment. The environment is locked by an earlier statement: what that waited for is seen here. */
export async function readApplyBase(
  trx: StoreTransaction,
  environment: string,
  { addresses, specs, bundles }: AboutToWrite,
): Promise<ApplyBase> {
  const statement = { name: 'apply_base', text: baseText };
  const [row] = await rowsOf<BaseRow>(trx, statement, [environment, addresses, specs, bundles]);
  if (row === undefined) throw new TypeError('a select without a table gives a row');
  return {
    heads: new Map(
      (row.heads ?? []).map(([address, generation, digest, touchedBy, body]) => [
        address,
        foundHead({ address, generation, digest, touchedBy, body }),
      ]),
    ),
    stored: { specs: new Set(row.specs), bundles: new Set(row.bundles) },
    suspension: row.suspension ?? undefined,
    isOverridden: row.isOverridden,
    isRollingOut: row.isRollingOut,
  };
}
