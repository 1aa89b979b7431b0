import { canonicalText } from '../manifest/digest.ts';
import { isJsonObject, type Json, type JsonObject } from '../manifest/json.ts';
import { linkHash } from '../policy/audit-link.ts';
import { eventSays } from '../store/audit-fold.ts';
import {
  auditedEnvironments,
  type ChainLink,
  chainLinks,
  isAudited,
  type RecordRow,
  recordRows,
  recordStandings,
  runWithoutRecord,
} from '../store/audit-read.ts';
import type { Database } from '../store/database-port.ts';
import { isUuid, unknownRun } from '../store/run.ts';

/** Where an environment's chain stood, kept outside of the database. */
export interface AuditAnchor {
  readonly environment: string;
  readonly lineage: string;
  readonly seq: number;
  readonly hash: string;
  readonly at: string;
}

export interface AuditBreak {
  /** `environment`: its chain. `run`: the record of one run. */
  readonly chain: 'environment' | 'run';
  readonly environment: string | undefined;
  readonly run: string | undefined;
  readonly seq: number;
  readonly fault: 'edited' | 'missing' | 'moved' | 'truncated' | 'not folded so' | 'lineage';
  /** One sentence: what was expected, and what is there. */
  readonly message: string;
}

export interface AuditReport {
  readonly environments: readonly {
    readonly environment: string;
    /** Links of its chain, and the last one's hash. */
    readonly links: number;
    readonly head: string | undefined;
    /** Whether the chain was held against an anchor. */
    readonly anchored: boolean;
  }[];
  readonly runs: number;
  readonly rows: number;
  /** Rows that no environment's chain has yet: they are bound to the rows before them alone. */
  readonly pending: { readonly rows: number; readonly runs: number; readonly ended: readonly string[] };
  readonly break: AuditBreak | undefined;
}

export interface VerifyRequest {
  /** One run's record instead of everything. */
  readonly run?: string | undefined;
  readonly anchors?: readonly AuditAnchor[];
}

const endedShown = 10;
const standingsMax = 500;

/** Reads every chain from its beginning, and says where the first one is broken. */
export async function verifyAudit(database: Database, request: VerifyRequest = {}): Promise<AuditReport> {
  const report: Mutable = {
    environments: [],
    runs: 0,
    rows: 0,
    pending: { rows: 0, runs: 0, ended: [] },
    break: undefined,
  };
  if (request.run !== undefined) await assertKnown(database, request.run);
  if (request.run === undefined) report.break = await environmentsBreak(database, request.anchors ?? [], report);
  report.break ??= await recordsBreak(database, request.run, report);
  if (request.run !== undefined) report.break ??= await foldsBreak(database, request.run);
  if (request.run === undefined && report.break === undefined) {
    const bare = await runWithoutRecord(database);
    const message = 'The journal of the run holds calls, and there is no record of any of them.';
    if (bare !== undefined) report.break = inRun(bare.id, { seq: 1, fault: 'missing', message }, bare.environment);
  }
  return report;
}

/** A run that was removed with its record is still named by its environment's chain. */
async function assertKnown(database: Database, run: string): Promise<void> {
  if (!isUuid(run) || !(await isAudited(database, run))) throw unknownRun(run);
}

type Mutable = {
  -readonly [Key in keyof AuditReport]: AuditReport[Key];
} & {
  environments: AuditReport['environments'][number][];
  pending: { rows: number; runs: number; ended: string[] };
};

type Found = Pick<AuditBreak, 'seq' | 'fault' | 'message'>;

function inRun(run: string, found: Found, environment?: string): AuditBreak {
  return { chain: 'run', environment, run, ...found };
}

async function environmentsBreak(
  database: Database,
  anchors: readonly AuditAnchor[],
  report: Mutable,
): Promise<AuditBreak | undefined> {
  for (const { name, lineage } of await auditedEnvironments(database)) {
    const ours = anchors.filter(({ environment }) => environment === name);
    const other = ours.find((anchor) => anchor.lineage !== lineage);
    if (other !== undefined) {
      const message = `The anchor is of lineage ${other.lineage}, and this environment is of ${lineage ?? 'none'}: another database's, or one that was set up anew.`;
      return { chain: 'environment', environment: name, run: undefined, seq: other.seq, fault: 'lineage', message };
    }
    const read = await chainBreak(database, name, ours);
    report.environments.push({ environment: name, links: read.links, head: read.head, anchored: ours.length > 0 });
    if (read.found !== undefined) return { chain: 'environment', environment: name, run: read.run, ...read.found };
  }
  const known = new Set(report.environments.map(({ environment }) => environment));
  const lost = anchors.find(({ environment }) => !known.has(environment));
  if (lost === undefined) return undefined;
  const message = `The anchor of ${lost.at} is of ${lost.seq} links, and there is no such environment.`;
  return { chain: 'environment', environment: lost.environment, run: undefined, seq: 1, fault: 'truncated', message };
}

interface ChainRead {
  readonly links: number;
  readonly head: string | undefined;
  readonly found?: Found;
  readonly run?: string | undefined;
}

async function chainBreak(database: Database, name: string, anchors: readonly AuditAnchor[]): Promise<ChainRead> {
  let seq = 0;
  let head = '';
  for await (const link of chainLinks(database, name)) {
    const found = linkFault(link, { seq: seq + 1, before: head }) ?? anchorFault(link, anchors) ?? targetFault(link);
    if (found !== undefined) return { links: seq, head, found, run: link.run ?? undefined };
    seq = link.seq;
    head = link.hash;
  }
  const beyond = anchors.find((anchor) => anchor.seq > seq);
  if (beyond === undefined) return { links: seq, head: seq === 0 ? undefined : head };
  const message = `The anchor of ${beyond.at} is of ${beyond.seq} links, and the chain ends after ${seq}.`;
  return { links: seq, head, found: { seq: seq + 1, fault: 'truncated', message } };
}

interface Expected {
  readonly seq: number;
  readonly before: string;
}

/** A row by itself, and after the one before it. */
function rowFault(row: Pick<RecordRow, 'seq' | 'text' | 'hash'>, { seq, before }: Expected): Found | undefined {
  if (row.seq !== seq) {
    const rows = row.seq - seq === 1 ? `Row ${seq} is` : `Rows ${seq} to ${row.seq - 1} are`;
    return { seq, fault: 'missing', message: `${rows} not there; the next row is ${row.seq}.` };
  }
  const hash = linkHash(before, row.text);
  if (hash === row.hash) return undefined;
  const message = `The text and the row before it have the hash ${short(hash)}; the row says ${short(row.hash)}.`;
  return { seq, fault: 'edited', message };
}

function linkFault(link: ChainLink, expected: Expected): Found | undefined {
  const found = rowFault(link, expected);
  if (found !== undefined) return found;
  const says = textOf(link.text);
  const isItself =
    says?.['seq'] === link.seq &&
    says['kind'] === link.kind &&
    (link.kind === 'run' ? says['run'] === link.run && says['to'] === link.runSeq : says['event'] === link.event);
  if (isItself) return undefined;
  return { seq: link.seq, fault: 'moved', message: 'The text of the row is of another place than its columns say.' };
}

function anchorFault({ seq, hash }: ChainLink, anchors: readonly AuditAnchor[]): Found | undefined {
  const anchor = anchors.find((one) => one.seq === seq && one.hash !== hash);
  if (anchor === undefined) return undefined;
  const message = `The anchor of ${anchor.at} has the hash ${short(anchor.hash)} here; the chain has ${short(hash)}: it was written anew.`;
  return { seq, fault: 'edited', message };
}

/** What the link points to, as that is now. */
function targetFault(link: ChainLink): Found | undefined {
  const { seq, head, row } = link;
  const says = textOf(link.text) ?? {};
  if (link.kind === 'run') {
    const expected = wordOf(says['head']);
    if (head === expected) return undefined;
    if (head === null) {
      const message = `The record of run ${link.run} had come to row ${link.runSeq}, which is not there.`;
      return { seq, fault: 'truncated', message };
    }
    const message = `Row ${link.runSeq} of run ${link.run} had the hash ${short(expected)}, and has ${short(head)}: it was written anew.`;
    return { seq, fault: 'not folded so', message };
  }
  if (row === null) return { seq, fault: 'missing', message: `Event ${link.event} is not there.` };
  const { at: _at, environment: _environment, seq: _seq, ...said } = says;
  if (canonicalText(eventSays(row)) === canonicalText(said)) return undefined;
  return { seq, fault: 'edited', message: `Event ${link.event} is not what the chain says of it.` };
}

async function recordsBreak(
  database: Database,
  run: string | undefined,
  report: Mutable,
): Promise<AuditBreak | undefined> {
  let current = '';
  let expected: Expected = { seq: 1, before: '' };
  let ends: RecordRow[] = [];
  let last: RecordRow | undefined;
  for await (const row of recordRows(database, run === undefined ? undefined : { run })) {
    if (row.run !== current) {
      if (last !== undefined) ends.push(last);
      if (ends.length >= standingsMax) ends = (await countPending(database, ends, report), []);
      current = row.run;
      expected = { seq: 1, before: '' };
      report.runs += 1;
    }
    const found = rowFault(row, expected) ?? placeFault(row);
    if (found !== undefined) return inRun(row.run, found);
    report.rows += 1;
    expected = { seq: row.seq + 1, before: row.hash };
    last = row;
  }
  if (last !== undefined) ends.push(last);
  await countPending(database, ends, report);
  return undefined;
}

function placeFault({ run, seq, text }: RecordRow): Found | undefined {
  const says = textOf(text);
  if (says?.['run'] === run && says['seq'] === seq) return undefined;
  const message = `The text is of row ${wordOf(says?.['seq'])} of run ${wordOf(says?.['run'])}.`;
  return { seq, fault: 'moved', message };
}

async function countPending(database: Database, ends: readonly RecordRow[], { pending }: Mutable): Promise<void> {
  const standings = await recordStandings(
    database,
    ends.map(({ run }) => run),
  );
  for (const { run, seq } of ends) {
    const standing = standings.get(run);
    const rows = seq - (standing?.folded ?? 0);
    if (rows <= 0) continue;
    pending.rows += rows;
    pending.runs += 1;
    if (standing?.ended !== false && pending.ended.length < endedShown) pending.ended.push(run);
  }
}

/** Of one run: the links of its environment's chain that point to it. */
async function foldsBreak(database: Database, run: string): Promise<AuditBreak | undefined> {
  const standing = (await recordStandings(database, [run])).get(run);
  if (standing === undefined) return undefined;
  for await (const link of chainLinks(database, standing.environment)) {
    const found = link.run === run ? targetFault(link) : undefined;
    if (found !== undefined) return { chain: 'environment', environment: standing.environment, run, ...found };
  }
  return undefined;
}

function textOf(text: string): JsonObject | undefined {
  try {
    const value = JSON.parse(text) as Json;
    return isJsonObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function wordOf(value: Json | undefined): string {
  return typeof value === 'string' || typeof value === 'number' ? String(value) : 'nothing';
}

function short(hash: string): string {
  return hash.slice(0, 12);
}
