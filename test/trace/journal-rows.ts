import type { RunRecord } from '../../src/api/operations.ts';
import type { Bundle, BundleGraph, BundleNode } from '../../src/manifest/bundle.ts';
import type { RecordedRow } from '../../src/run/journal-entry.ts';
import { renderTrace } from '../../src/trace/render.ts';
import { trace } from '../../src/trace/trace.ts';
import { bundleOf } from '../support/runs.ts';

const startedAt = '2026-01-01T00:00:00.000Z';
export const begun: RunRecord = {
  id: '00000000-0000-7000-8000-000000000001',
  environment: 'production',
  system: 'default/work',
  revision: 3,
  state: 'Running',
  input: {},
  output: undefined,
  error: undefined,
  waits: [],
  createdAt: startedAt,
  startedAt,
  endedAt: undefined,
};
export const succeeded: RunRecord = { ...begun, state: 'Succeeded', endedAt: '2026-01-01T00:01:05.000Z' };
export const failed = (error: NonNullable<RunRecord['error']>): RunRecord => ({ ...succeeded, state: 'Failed', error });
export const waiting = (...waits: RunRecord['waits'][number][]): RunRecord => ({ ...begun, state: 'Waiting', waits });

type Nodes = Readonly<Record<string, Partial<BundleNode>>>;

function graphOf(nodes: Nodes): Pick<BundleGraph, 'nodes' | 'entries'> {
  const made = Object.entries(nodes).map(([name, node]) => {
    const from = Object.keys(nodes).filter((source) => nodes[source]?.edges?.some(({ to }) => to === name));
    return [name, { kind: 'tool', tool: 'default/echo', edges: [], from, ...node } as BundleNode] as const;
  });
  return {
    nodes: Object.fromEntries(made),
    entries: made.filter(([, { from }]) => from.length === 0).map(([name]) => name),
  };
}

export function bundleWith(nodes: Nodes, systems: Readonly<Record<string, Nodes>> = {}): Bundle {
  const base = bundleOf({
    nodes: { first: { agent: 'writer' } },
    agents: { writer: {}, helper: {} },
    tools: { echo: {} },
  });
  const nested = Object.entries(systems).map(
    ([name, inner]) => [name, { input: {}, limits: { timeoutMs: 1_000 }, ...graphOf(inner) }] as const,
  );
  return { ...base, ...graphOf(nodes), systems: Object.fromEntries(nested) };
}

export const agent = { kind: 'agent', agent: 'default/writer' } as const;
export const to = (...names: readonly string[]): Partial<BundleNode> => ({
  edges: names.map((name) => ({ to: name, default: false })),
});

/** Rows of a journal, a tenth of a second apart. */
export class Journal {
  readonly rows: RecordedRow[] = [];

  /** A model's answer without calls, or a tool's. */
  done(...paths: readonly string[]): this {
    for (const path of paths)
      this.#call(path, { outcome: 'done', body: '{"toolCalls":[]}', tokensIn: 10, tokensOut: 1 });
    return this;
  }

  failed(path: string, message = 'It said 500.'): this {
    return this.#call(path, { outcome: 'failed', error: { code: 'tool.failed', message } });
  }

  open(path: string): this {
    return this.#add({ ...this.#row(path), phase: 'intent' });
  }

  /** What was written of a failure that the run went on from. */
  fact(path: string, message = 'It said 500.'): this {
    const more = { kind: 'node', outcome: 'failed', error: { code: 'tool.failed', message } } as const;
    return this.#add({ ...this.#row(path), ...more });
  }

  said(path: string, by: string, more: Partial<RecordedRow> = { outcome: 'done', body: '{"size":3}' }): this {
    return this.#add({ ...this.#row(path), kind: 'human', target: by, ...more });
  }

  #call(path: string, result: Partial<RecordedRow>): this {
    return this.#add({ ...this.#row(path), phase: 'intent' }).#add({ ...this.#row(path), ...result });
  }

  #row(path: string): RecordedRow {
    const isTool = /\/\d+\.\d+$/.test(path) || !/write|ask|lead|helper|poll/.test(path);
    return {
      path,
      phase: 'result',
      node: path.slice(0, path.lastIndexOf('/')),
      kind: isTool ? 'tool' : 'model',
      target: isTool ? 'default/echo' : 'default/model',
      atMs: Date.parse(startedAt) + 100 * this.rows.length,
      argsDigest: undefined,
      body: undefined,
      decision: { kind: 'allow', rule: 'r' },
      outcome: undefined,
      error: undefined,
      tokensReserved: undefined,
      tokensIn: undefined,
      tokensOut: undefined,
      cost: undefined,
    };
  }

  #add(row: RecordedRow): this {
    this.rows.push(row);
    return this;
  }
}

interface Seen {
  readonly run?: RunRecord;
  readonly bundle: Bundle;
  readonly width?: number;
}

/** The lines of the tree, without the head, the totals, and what calls say of tokens and rules. */
export function tree(journal: Journal, { run = succeeded, bundle, width = 100 }: Seen): readonly string[] {
  const text = renderTrace(trace(run, journal.rows, bundle), { width, color: false });
  const shown = text.split('\n').filter((line) => /[├└│…]/.test(line) || /^ {3}\S/.test(line) || /^ {6}/.test(line));
  return shown.map((line) =>
    line.replace(/ {2}\d+ ms.*| {2}\d+\.\d s.*| {2}\d+ min.*| {2}allowed by r$/, '').trimEnd(),
  );
}
