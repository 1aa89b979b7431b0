import { readdir, readFile } from 'node:fs/promises';
import { sql } from 'kysely';
import type { Database } from '../../src/store/database.ts';

/** Every row of every table, as text. */
export async function dump(database: Database): Promise<string> {
  const tables = await sql<{ name: string }>`
    select format('%I.%I', schemaname, tablename) as name from pg_tables where schemaname = 'public' order by 1`.execute(
    database.db,
  );
  if (tables.rows.length <= 10) throw new Error('the schema has more tables than that');
  const texts: string[] = [];
  for (const { name } of tables.rows) {
    const { rows } = await sql<{ row: string }>`select t::text as row from ${sql.raw(name)} t`.execute(database.db);
    texts.push(`${name}\n${rows.map(({ row }) => row).join('\n')}`);
  }
  return texts.join('\n');
}

/** The command lines of all processes, which every user of the machine reads, by process. */
export async function commandLines(): Promise<readonly (readonly [pid: number, text: string])[]> {
  return read(await processes(), 'cmdline');
}

/** The environments of the processes that another one started, and those that they started. */
export async function environmentsBelow(pid: number): Promise<readonly (readonly [pid: number, text: string])[]> {
  const parents = new Map<number, number>();
  for (const [one, text] of await read(await processes(), 'stat')) {
    parents.set(one, Number(/\) \S (\d+)/.exec(text)?.[1] ?? 0));
  }
  const isBelow = (one: number, depth = 0): boolean => {
    const parent = parents.get(one) ?? 0;
    return parent === pid || (parent > 1 && depth < 50 && isBelow(parent, depth + 1));
  };
  const below = [...parents.keys()].filter((one) => isBelow(one));
  // Until a process that was forked becomes its program, the kernel shows its parent's lines for it, and its parent's
  // environment, which whoever reads it can read at the parent.
  const lines = new Map(await read([...parents.keys()], 'cmdline'));
  const begun = below.filter((one) => lines.get(one) !== lines.get(parents.get(one) ?? 0));
  return read(begun, 'environ');
}

async function processes(): Promise<readonly number[]> {
  return (await readdir('/proc')).filter((name) => /^\d+$/.test(name)).map(Number);
}

/** What has ended meanwhile, or is not ours to read, is left out. */
async function read(pids: readonly number[], file: string): Promise<readonly (readonly [number, string])[]> {
  const texts = await Promise.all(
    pids.map(async (pid) => [pid, await readFile(`/proc/${pid}/${file}`, 'utf8').catch(() => '')] as const),
  );
  return texts.filter(([, text]) => text !== '');
}
