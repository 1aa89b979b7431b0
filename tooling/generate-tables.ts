// Writes src/store/tables.gen.ts from the migrations, by way of the embedded database, so that no server is needed.
// `--check` fails when the file is stale.
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { generate, PostgresDialect } from 'kysely-codegen';
import { openDatabase } from '../src/store/database.ts';
import { migrate } from '../src/store/migrate.ts';

const target = fileURLToPath(new URL('../src/store/tables.gen.ts', import.meta.url));

const columns: Record<string, string> = {
  'resource.body': 'JsonColumn<JsonObject>',
  'revision.summary': 'JsonColumn<RevisionSummary>',
  'override.patch': 'JsonColumn<JsonObject>',
  'acknowledgement.membership': 'JsonColumnDefault<Membership>',
  'api_token.roles': 'JsonColumn<readonly RoleBinding[]>',
  'event.detail': 'JsonColumnDefault<JsonObject>',
  'run.input': 'JsonColumn<Json>',
  'run.output': 'JsonColumnOrNull<Json>',
  'run.error': 'JsonColumnOrNull<RunFailure>',
  'run.requires': 'JsonColumnOrNull<JsonObject>',
  'run.cause': 'JsonColumnOrNull<JsonObject>',
  'tick.error': 'JsonColumnOrNull<RunFailure>',
  'delivery.error': 'JsonColumnOrNull<RunFailure>',
  'rate.limits': 'JsonColumn<JsonObject>',
  'server_look.definitions': 'JsonColumnOrNull<JsonObject>',
  'server_look.told': 'JsonColumn<JsonObject>',
  'server_look.tools': 'JsonColumn<readonly JsonObject[]>',
  'step.decision': 'JsonColumnOrNull<JsonObject>',
  'step.error': 'JsonColumnOrNull<JsonObject>',
  'wait.resolution': 'JsonColumnOrNull<JsonObject>',
};

const header = `// Generated from src/store/migrations by tooling/generate-tables.ts. Do not edit.
import type { ColumnType } from 'kysely';
import type { Json, JsonObject } from '../manifest/json.ts';
import type { Membership, RoleBinding } from '../policy/person.ts';
import type { JsonColumn, JsonColumnDefault, JsonColumnOrNull, RevisionSummary, RunFailure } from './json-column.ts';

export type Generated<T> =
  T extends ColumnType<infer S, infer I, infer U> ? ColumnType<S, I | undefined, U> : ColumnType<T, T | undefined, T>;

`;

async function tables(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'pawl-tables-'));
  try {
    const database = await openDatabase({ directory: join(folder, 'db') });
    try {
      await migrate(database);
      // kysely-codegen sees Kysely's types through its CommonJS build, which TypeScript takes for others.
      return await generated(database.db as unknown as Introspected);
    } finally {
      await database.close();
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

type Introspected = Parameters<typeof generate>[0]['db'];

async function generated(db: Introspected): Promise<string> {
  const text = await generate({
    db,
    dialect: new PostgresDialect(),
    outFile: null,
    excludePattern: 'kysely_*',
    overrides: { columns },
    typeMapping: { int8: 'number' },
    typeOnlyImports: true,
  });
  // kysely-codegen's own JSON types give way to ours, and `DB` to the name that the code uses.
  const declarations = text.slice(text.indexOf('export type Timestamp'));
  return header + declarations.replace('export interface DB ', 'export interface Tables ');
}

const fresh = await tables();
if (process.argv.includes('--check')) {
  const current = await readFile(target, 'utf8').catch(() => '');
  if (current !== fresh) {
    console.error('src/store/tables.gen.ts is stale: run `npm run generate`.');
    process.exitCode = 1;
  }
} else {
  await writeFile(target, fresh);
}
