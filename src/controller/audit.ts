import { exitCodes, TerminalError } from '../errors.ts';
import { isJsonObject, type Json, type JsonObject } from '../manifest/json.ts';
import { anchorRef, readAnchor, writeAnchor } from '../source/anchor.ts';
import { chainHeads, foldAudit } from '../store/audit-fold.ts';
import { chainLinks, recordRows } from '../store/audit-read.ts';
import type { Database } from '../store/database-port.ts';
import { readEnvironment } from '../store/environment.ts';
import type { AuditAnchor } from './audit-verify.ts';
import type { ControlPlane } from './planning.ts';

/** One event of the record, for whoever keeps it elsewhere: `schemas/output/audit-event.schema.json`. */
export type AuditLine = JsonObject & {
  readonly cursor: number;
  readonly environment: string;
  readonly at: string;
  readonly event: string;
};

export interface ExportPage {
  readonly lines: readonly AuditLine[];
  /** Where the next page begins; null: this is all there is by now. */
  readonly next: number | null;
}

const linesMax = 2_000;
const turnsMax = 1_000;

/**
 * What an environment's chain holds from after a link: the calls of runs as their records tell them, and what people
 * did. A page ends with a link, so that going on from its last line loses nothing.
 */
export async function exportAudit(
  database: Database,
  { environment, after = 0, since }: { readonly environment: string; readonly after?: number; readonly since?: string },
): Promise<ExportPage> {
  const lines: AuditLine[] = [];
  let last = after;
  for await (const link of chainLinks(database, environment, after)) {
    const says = objectOf(link.text);
    const place = { cursor: link.seq, environment };
    if (link.kind === 'event') {
      const { happened, by, action, detail } = says;
      lines.push({
        ...place,
        at: wordOf(happened),
        event: 'person',
        by: by ?? '',
        action: action ?? '',
        detail: detail ?? {},
      });
    } else if (link.run !== null) {
      for await (const row of recordRows(database, { run: link.run, after: link.from ?? 0 })) {
        if (row.seq > (link.runSeq ?? 0)) break;
        lines.push(...linesOf(row, place));
      }
    }
    last = link.seq;
    if (lines.length >= linesMax) return { lines: lines.filter((line) => isSince(line, since)), next: last };
  }
  return { lines: lines.filter((line) => isSince(line, since)), next: null };
}

function isSince({ at }: AuditLine, since: string | undefined): boolean {
  return since === undefined || Date.parse(at) >= Date.parse(since);
}

function linesOf(
  row: { readonly run: string; readonly seq: number; readonly text: string },
  place: { readonly cursor: number; readonly environment: string },
): readonly AuditLine[] {
  const { at, events } = objectOf(row.text);
  if (!Array.isArray(events)) return [];
  return events.flatMap((event: Json) => {
    if (!isJsonObject(event)) return [];
    const { environment: _environment, event: kind, ...rest } = event;
    // What names the line comes first, for whoever reads along.
    return [{ ...place, at: wordOf(at), event: wordOf(kind), run: row.run, seq: row.seq, ...rest }];
  });
}

/** Where the environment's chain stands now, after all that is durable was folded into it. */
export async function auditHead(database: Database, environment: string): Promise<AuditAnchor> {
  for (let turn = 0; turn < turnsMax && (await foldAudit(database)); turn += 1);
  const row = await readEnvironment(database.db, environment);
  const head = (await chainHeads(database.db, [environment])).get(environment);
  if (row === undefined || head === undefined) {
    throw new TerminalError(`Nothing is recorded of ${environment} yet.`, {
      code: 'audit.empty',
      exit: exitCodes.findings,
    });
  }
  const at = new Date().toISOString();
  return { environment, lineage: row.lineage, seq: head.seq, hash: head.hash, at };
}

export interface WrittenAnchor extends AuditAnchor {
  readonly ref: string;
  readonly commit: string;
}

/** Writes where the chain stands as a commit of a ref that no branch is on. */
export async function anchorAudit({ repository, database }: ControlPlane, environment: string): Promise<WrittenAnchor> {
  const anchor = await auditHead(database, environment);
  const message = `Audit of ${environment}: ${anchor.seq} links, ${anchor.hash}`;
  const text = anchorText(anchor);
  const commit = await writeAnchor(repository.place, { environment, text, message });
  return { ...anchor, ref: anchorRef(environment), commit };
}

export function anchorText(anchor: AuditAnchor): string {
  return `${JSON.stringify(anchor, undefined, 2)}\n`;
}

/** The newest anchor that the repository holds of an environment; undefined: it holds none. */
export async function anchorOf({ repository }: ControlPlane, environment: string): Promise<AuditAnchor | undefined> {
  const text = await readAnchor(repository.place, environment);
  return text === undefined ? undefined : parseAnchor(text);
}

export function parseAnchor(text: string): AuditAnchor {
  const { environment, lineage, seq, hash, at } = objectOf(text);
  const isText = [environment, lineage, hash, at].every((value) => typeof value === 'string');
  if (isText && Number.isSafeInteger(seq) && /^[0-9a-f]{64}$/.test(wordOf(hash))) {
    return {
      environment: wordOf(environment),
      lineage: wordOf(lineage),
      seq: Number(seq),
      hash: wordOf(hash),
      at: wordOf(at),
    };
  }
  throw new TerminalError('The text is no anchor.', {
    code: 'audit.anchor_invalid',
    help: 'Give the JSON that `pawl audit anchor` wrote.',
    exit: exitCodes.usage,
  });
}

function objectOf(text: string): JsonObject {
  try {
    const value = JSON.parse(text) as Json;
    return isJsonObject(value) ? value : {};
  } catch {
    return {};
  }
}

function wordOf(value: Json | undefined): string {
  return typeof value === 'string' ? value : '';
}
