import { setImmediate as turn } from 'node:timers/promises';
import { parseDocuments } from '../manifest/document.ts';
import { type Lost, lostInValue, lostWhole } from '../manifest/lost.ts';
import type { Problem } from '../manifest/problem.ts';
import { filesNeeded } from '../manifest/resolve.ts';
import { type Validated, validate } from '../manifest/validate.ts';
import type { Repository, TreeEntry } from './reader.ts';

/** One manifest file, parsed and validated by itself. */
export interface FileDocuments {
  readonly entry: TreeEntry;
  readonly documents: readonly Validated[];
  /** What is wrong with the file as a whole; each document carries its own problems. */
  readonly problems: readonly Problem[];
  /** What could not be read or identified of it may declare this. */
  readonly lost: readonly Lost[];
  /** Files that its documents name. */
  readonly needs: readonly string[];
  readonly hasPatches: boolean;
}

const batchFilesMax = 256;
const batchBytesMax = 8 * 1024 * 1024;

/** Parsed without a turn for others: what Git has meanwhile is taken in between, and leases are renewed. */
const filesPerTurn = 32;
/** One file of this size may take seconds. */
const bytesPerTurn = 256 * 1024;

/** Reads files in batches and calls `each` with every one parsed: at no time are all texts held. */
export async function readFileDocuments(
  repository: Repository,
  entries: readonly TreeEntry[],
  each: (documents: FileDocuments) => void,
): Promise<void> {
  let [files, size] = [0, 0];
  for await (const { batch, blobs } of readAhead(repository, entries)) {
    for (const entry of batch) {
      if (files >= filesPerTurn || size >= bytesPerTurn) {
        await turn();
        [files, size] = [0, 0];
      }
      const bytes = blobs.get(entry.id);
      if (bytes !== undefined) each(fileDocuments(entry, bytes));
      files += 1;
      size += entry.size;
    }
  }
}

/** Batches in their order; while one is parsed, the next one is read. */
async function* readAhead(repository: Repository, entries: readonly TreeEntry[]) {
  let reading: ReturnType<typeof readBatch> | undefined;
  for (const batch of batchesOf(entries)) {
    const before = reading;
    reading = readBatch(repository, batch);
    // Whoever waits for it hears of its failure; parsing the batch before may fail first.
    reading.catch(() => undefined);
    if (before !== undefined) yield await before;
  }
  if (reading !== undefined) yield await reading;
}

async function readBatch(repository: Repository, batch: readonly TreeEntry[]) {
  const largest = batch.reduce((size, entry) => Math.max(size, entry.size), 0);
  const blobs = await repository.read(
    batch.map(({ id }) => id),
    largest,
  );
  return { batch, blobs };
}

export function fileDocuments(entry: TreeEntry, bytes: Uint8Array): FileDocuments {
  const { documents, problems, lost } = parseDocuments({ path: entry.path, bytes }, Math.max(entry.size, bytes.length));
  return withDocuments(entry, documents.map(validate), { problems, lost });
}

/** A file of which nothing is read. */
export function unreadFile(entry: TreeEntry, problem: Problem): FileDocuments {
  return withDocuments(entry, [], { problems: [problem], lost: [lostWhole] });
}

/** What is asked of every file at every snapshot is gathered once. */
function withDocuments(
  entry: TreeEntry,
  documents: readonly Validated[],
  { problems, lost }: Pick<FileDocuments, 'problems' | 'lost'>,
): FileDocuments {
  const unknown = documents.filter(({ identity }) => identity === undefined);
  return {
    entry,
    documents,
    problems,
    lost: [...lost, ...unknown.map(({ document }) => lostInValue(document.value))],
    needs: filesNeeded(documents),
    hasPatches: documents.some(({ patch }) => patch),
  };
}

export function* batchesOf(entries: readonly TreeEntry[]): Generator<readonly TreeEntry[]> {
  let batch: TreeEntry[] = [];
  let bytes = 0;
  for (const entry of entries) {
    if (batch.length > 0 && (batch.length >= batchFilesMax || bytes + entry.size > batchBytesMax)) {
      yield batch;
      batch = [];
      bytes = 0;
    }
    batch.push(entry);
    bytes += entry.size;
  }
  if (batch.length > 0) yield batch;
}
