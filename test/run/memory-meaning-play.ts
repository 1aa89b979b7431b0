import { sql } from 'kysely';
import type { Bundle, BundleModel } from '../../src/manifest/bundle.ts';
import type { Json } from '../../src/manifest/json.ts';
import { memoryTool, memoryToolId } from '../../src/manifest/memory-tools.ts';
import { memoriesOn } from '../../src/memory/memories.ts';
import type { Authority, SubjectAuthority } from '../../src/policy/authority.ts';
import type { StoredBundle } from '../../src/run/executor.ts';
import { type Replayed, type ReplayOptions, replayRun } from '../../src/run/replay-run.ts';
import { readSteps } from '../../src/store/claim.ts';
import type { Database } from '../../src/store/database.ts';
import type { RunRow } from '../../src/store/run.ts';
import { prepareVectors } from '../../src/store/vector.ts';
import { type databaseKinds, type OpenedDatabase, openTestDatabase } from '../support/databases.ts';
import { type EmbeddingServer, startEmbeddingServer } from '../support/embedding-server.ts';
import { type JournalRow, journalOf } from '../support/journal.ts';
import {
  authorityOf,
  bundleOf,
  environment,
  install,
  silent,
  submit,
  system,
  until,
  workerOn,
} from '../support/runs.ts';

const memory = 'default/notes';
const operations = ['ingest', 'read', 'search', 'write'] as const;

/** The ModelEndpoint that embeds. */
export const endpoint = 'default/embed';
export const allowed = { kind: 'allow', rule: 'Agent/default/talker' } as const;

interface Setting {
  /** What the endpoint is other than the server's. */
  readonly model?: Partial<BundleModel>;
  /** Of the agent, in place of those that allow all. */
  readonly rules?: Partial<SubjectAuthority>;
  readonly longTerm?: { readonly minScore?: number; readonly topK?: number };
  readonly by?: string;
  readonly dimensions?: number;
  /** Nothing embeds its entries. */
  readonly goesByWords?: true;
  /** Texts of one request. */
  readonly together?: number;
  readonly guards?: Authority['guards'];
  /** Of the tools. */
  readonly timeoutMs?: number;
  /** What a retrieval tool of the system's own looks for, in the place of the agent. */
  readonly looksFor?: string;
}

interface Played extends RunRow {
  readonly journal: readonly JournalRow[];
  readonly rows: readonly {
    readonly path: string;
    readonly phase: string;
    readonly body: string | null;
    readonly cost: number;
    readonly error: Json;
  }[];
}

interface Replaying extends Partial<Pick<ReplayOptions, 'onDiverge' | 'models' | 'comparesVectors'>> {
  readonly setting?: Setting;
}

export interface Meaning {
  readonly opened: OpenedDatabase;
  readonly server: EmbeddingServer;
  readonly play: MeaningPlay;
}

/** A database that compares vectors where it can, a server that embeds, and a play on both. */
export async function openMeaning(kind: (typeof databaseKinds)[number]): Promise<Meaning> {
  const [opened, server] = await Promise.all([openTestDatabase(kind), startEmbeddingServer()]);
  await prepareVectors(opened.database);
  return { opened, server, play: new MeaningPlay(opened.database, server.url) };
}

export async function closeMeaning({ opened, server }: Pick<Meaning, 'opened' | 'server'>): Promise<void> {
  await server.close();
  await opened.close();
}

/** A run of one agent with a memory that is searched by meaning; a server embeds. */
export class MeaningPlay {
  readonly #database: Database;
  readonly #url: string;

  constructor(database: Database, url: string) {
    this.#database = database;
    this.#url = url;
  }

  async begin(turns: Json, setting: Setting = {}): Promise<void> {
    const { content, authority } = this.#under(turns, setting);
    await install(this.#database, content, authority);
  }

  /** Replays a run under what is given here. */
  async replay({ id }: RunRow, turns: Json, { setting = {}, ...options }: Replaying = {}): Promise<Replayed> {
    const rows = (await readSteps(this.#database, [id])).get(id) ?? [];
    const recorded = { id, environment, system, revision: 1, input: { number: 1 }, rows };
    return replayRun(recorded, {
      target: this.#under(turns, setting),
      onDiverge: 'stop',
      models: 'ask',
      comparesVectors: true,
      secrets: () => Promise.resolve({ kind: 'unread', reason: 'env_missing', why: 'there is none' }),
      log: silent,
      version: '0',
      signal: new AbortController().signal,
      ...options,
    });
  }

  #under(turns: Json, setting: Setting): StoredBundle {
    const bundle = remembering(turns, this.#url, setting);
    const authority = authorityOf(bundle);
    const row = authority.subjects['Agent/default/talker'];
    if (row === undefined) throw new Error('the agent has rules');
    const models = { ...row.models, [endpoint]: allowed };
    const all = Object.entries(authority.subjects).map(([address, rules]) => [address, { ...rules, models }]);
    const subjects = { ...Object.fromEntries(all), 'Agent/default/talker': { ...row, models, ...setting.rules } };
    const { guards } = setting;
    return { content: bundle, authority: { ...authority, subjects, ...(guards === undefined ? {} : { guards }) } };
  }

  async run(options: Parameters<typeof workerOn>[1] = {}): Promise<Played> {
    const worker = workerOn(this.#database, { memories: memoriesOn(this.#database), graceMs: 100, ...options });
    await worker.start();
    try {
      const row = await submit(this.#database, { input: { number: 1 } });
      const ended = await until(this.#database, row.id);
      const { rows } = await sql<Played['rows'][number]>`
        select path, phase, body, cost::int as cost, error from step where run = ${row.id} order by at`.execute(
        this.#database.db,
      );
      return { ...ended, journal: await journalOf(this.#database, row.id), rows };
    } finally {
      await worker.stop();
    }
  }

  /** What the memory holds, by key. */
  async kept(): Promise<readonly { key: string; value: string; embedded_by: string | null; length: number | null }[]> {
    const { rows } = await sql<{ key: string; value: string; embedded_by: string | null; length: number | null }>`
      select key, value, embedded_by, cardinality(embedding) as length from memory_entry
      order by key, chunk`.execute(this.#database.db);
    return rows;
  }

  async keys(): Promise<readonly string[]> {
    return [...new Set((await this.kept()).map(({ key }) => key))];
  }
}

function remembering(turns: Json, url: string, setting: Setting): Bundle {
  const { model, longTerm, by = 'a', dimensions = 64, timeoutMs = 30_000, looksFor, together, goesByWords } = setting;
  const names = Object.fromEntries(operations.map((one) => [`memory_${one}`, memoryToolId(memory, one)]));
  const tools = Object.fromEntries(
    operations.map((one) => [memoryToolId(memory, one), { ...memoryTool(memory, one), timeoutMs }]),
  );
  const bundle = bundleOf({
    nodes:
      looksFor === undefined ? { talk: { agent: 'talker' } } : { talk: { tool: 'find', input: { query: looksFor } } },
    agents: { talker: { tools: names, memory: { memory, allow: operations, maxHistory: 4 } } },
    tools: { find: { operations: ['read'], impl: { type: 'retrieval', memory, topK: 3 } } },
    replies: [{ agent: 'talker', turns }],
    pricing: { inputPerMTok: 0, outputPerMTok: 0 },
  });
  const embedder: BundleModel = {
    provider: 'openaiCompatible',
    model: 'words',
    baseUrl: url,
    allowPrivate: true,
    parameters: { maxOutputTokens: 4096 },
    pricing: { inputPerMTok: 1_000_000, outputPerMTok: 0 },
    ...model,
  };
  const embedding = { endpoint, by, dimensions, ...(together === undefined ? {} : { together }) };
  const session = { ttlMs: 60_000, maxMessages: 50 };
  return {
    ...bundle,
    models: { ...bundle.models, [endpoint]: embedder },
    secrets: { 'default/crm': { source: 'env', keys: { token: 'PAWL_SECRET_CRM' } } },
    tools: { ...bundle.tools, ...tools },
    memories: {
      [memory]: {
        type: 'postgres',
        session,
        longTerm: { topK: 5, ...(goesByWords ? {} : { embedding }), ...longTerm },
      },
    },
  };
}

/** An answer that calls one tool. */
export function call(tool: string, args: Json): Json {
  return { toolCalls: [{ tool, arguments: args }] };
}

export const say: Json = { text: 'Done.' };

/** What became of each call but the agent's own turns: its path, and its outcome or the code of its failure. */
export function outcomes({ journal }: Played): readonly (readonly [string, string | null])[] {
  return journal.flatMap(({ path, phase, outcome, code }) =>
    phase === 'result' && !/\/\d+$/.test(path) ? [[path, code ?? outcome] as const] : [],
  );
}

/** What a search found; undefined: it has no result. */
export function foundAt(
  { rows }: Played,
  path: string,
): readonly { key: string; score: number; foundBy?: string }[] | undefined {
  const body = rows.find((row) => row.path === path && row.phase === 'result')?.body ?? 'null';
  return (JSON.parse(body) as { entries: { key: string; score: number; foundBy?: string }[] } | null)?.entries;
}
