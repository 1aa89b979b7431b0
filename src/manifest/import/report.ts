import { isJsonList, isJsonObject, type Json } from '../json.ts';
import { grouped } from '../grouped.ts';
import { compareProblems, partsLacked, type Problem } from '../problem.ts';
import { maskSecrets } from '../secret-literal.ts';
import { addressOf } from '../resource.ts';
import type { SecretToSet } from './conversion.ts';
import type { ForeignDocument, Note } from './foreign.ts';
import type { Imported } from './import-manifests.ts';

/** One thing that an import says, at its place in the foreign file. */
export interface Said {
  readonly file: string;
  readonly line: number;
  readonly column: number;
  readonly code: string;
  readonly message: string;
  readonly help?: string;
}

type Fate = 'mapped' | 'ignored' | 'refused';

type Counts = Readonly<Record<Fate, number>>;

/** What became of every document, and what its readers should know. `documents` is the sum of the three that follow. */
export interface ImportReport extends Counts {
  readonly documents: number;
  /** Documents by their kind. */
  readonly byKind: Readonly<Record<string, number>>;
  /** The same by version and kind, and by what became of them. */
  readonly kinds: readonly (Counts & { readonly apiVersion: string; readonly kind: string })[];
  /** Refusals by their code. */
  readonly byCode: Readonly<Record<string, number>>;
  readonly fields: Counts;
  /** Why documents are not written. */
  readonly refusals: readonly Said[];
  /** Entries that were left out of what is written. */
  readonly losses: readonly Said[];
  /** What is written in another way than it was, and should be looked at. */
  readonly flags: readonly Said[];
  /** Documents that pawl needs nothing of. */
  readonly leftAlone: readonly (Said & { readonly kind: string })[];
  /** What was written out that was silent before: limits, grants. */
  readonly defaults: readonly { readonly address: string; readonly text: string }[];
  readonly secrets: readonly SecretToSet[];
  /** Parts of pawl that this build lacks, and what is written waits for. */
  readonly lacks: readonly string[];
}

interface Outcome {
  readonly fate: Fate;
  readonly apiVersion: string;
  readonly kind: string;
}

/** Counts and collects what was said of an import. */
export function reportOf(imported: Imported): ImportReport {
  const outcomes = outcomesOf(imported);
  const notes = [...imported.documents.keys()].flatMap((document) =>
    document.notes.map((note) => ({ note, said: saidOf(document.problemOf(note)) })),
  );
  const of = (fate: Note['fate']) => notes.flatMap(({ note, said }) => (note.fate === fate ? [said] : []));
  const strayRefusals = imported.strays.flatMap(({ fate, problems }) =>
    fate === 'refused' ? problems.map(saidOf) : [],
  );
  const refusals = sorted([...of('refused'), ...strayRefusals]);
  return {
    documents: outcomes.length,
    ...countsOf(outcomes),
    byKind: tally(outcomes.map(({ kind }) => kind)),
    kinds: kindsOf(outcomes),
    byCode: tally(refusals.map(({ code }) => code)),
    fields: fieldsOf(imported),
    refusals,
    losses: sorted(lossesOf(imported)),
    flags: sorted(flagsOf(imported)),
    leftAlone: leftAloneOf(imported),
    defaults: imported.resources.flatMap((one) => one.remarks.map((text) => ({ address: addressOf(one), text }))),
    secrets: imported.secrets,
    lacks: partsLacked(imported.resolved.problems),
  };
}

function outcomesOf({ documents, strays }: Imported): readonly Outcome[] {
  const known = Array.from(documents, ([document, { fate }]): Outcome => {
    const { apiVersion, kind } = document;
    return { fate: document.isRefused ? 'refused' : fate.fate === 'mapped' ? 'mapped' : 'ignored', apiVersion, kind };
  });
  const others = strays.map(({ fate, kind }): Outcome => {
    const [apiVersion = '', name] = kind.includes(' ') ? kind.split(/ (?=\S+$)/u) : ['', kind];
    return { fate, apiVersion, kind: name ?? '' };
  });
  return [...known, ...others];
}

function countsOf(outcomes: readonly { readonly fate: Fate }[]): Counts {
  const counts = { mapped: 0, ignored: 0, refused: 0 };
  for (const { fate } of outcomes) counts[fate] += 1;
  return counts;
}

function kindsOf(outcomes: readonly Outcome[]): ImportReport['kinds'] {
  const groups = grouped(outcomes, ({ apiVersion, kind }) => `${apiVersion} ${kind}`);
  return [...groups.keys()].sort().flatMap((id) => {
    const group = groups.get(id) ?? [];
    return group.slice(0, 1).map(({ apiVersion, kind }) => ({ apiVersion, kind, ...countsOf(group) }));
  });
}

/** Names come from files: no table of them has a prototype. */
function tally(names: readonly string[]): Readonly<Record<string, number>> {
  const counts = new Map<string, number>();
  for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1);
  return Object.fromEntries([...counts].sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** Of refused documents only the reasons count: nothing else of them is written or left out. */
function written({ documents }: Imported): readonly ForeignDocument[] {
  return Array.from(documents).flatMap(([document, { fate }]) =>
    document.isRefused || fate.fate !== 'mapped' ? [] : [document],
  );
}

function lossesOf(imported: Imported): readonly Said[] {
  return notesOf(written(imported), 'dropped');
}

/** A credential in a file is known to whoever reads the file, whatever became of the document. */
function flagsOf(imported: Imported): readonly Said[] {
  const kept = new Set(written(imported));
  const others = [...imported.documents.keys()].filter((document) => !kept.has(document));
  const exposed = notesOf(others, 'flagged').filter(({ code }) => code === 'import.secret_value');
  return [...notesOf([...kept], 'flagged'), ...exposed];
}

function notesOf(documents: readonly ForeignDocument[], fate: Note['fate']): readonly Said[] {
  return documents.flatMap((document) =>
    document.notes.filter((note) => note.fate === fate).map((note) => saidOf(document.problemOf(note))),
  );
}

function leftAloneOf({ documents, strays }: Imported): ImportReport['leftAlone'] {
  const known = Array.from(documents).flatMap(([document, { fate }]) => {
    if (document.isRefused || (fate.fate !== 'ignored' && fate.fate !== 'referenced')) return [];
    const { kind, place } = document;
    return [{ ...place, code: 'import.ignored', message: fate.reason, kind }];
  });
  const others = strays.flatMap(({ fate, kind, problems }) =>
    fate === 'ignored' ? problems.map((problem) => ({ ...saidOf(problem), kind })) : [],
  );
  return sorted([...known, ...others]);
}

/** Values in the documents that are written: carried over, of no use, or left out; and what refused documents. */
function fieldsOf(imported: Imported): Counts {
  const counts = { mapped: 0, ignored: 0, refused: 0 };
  for (const document of written(imported)) {
    const fates = new Map(document.notes.map((note) => [note.path.join('\0'), note.fate]));
    countLeaves(document.value, { path: [], fates, counts });
  }
  for (const document of imported.documents.keys())
    counts.refused += document.notes.filter(({ fate }) => fate === 'refused').length;
  return counts;
}

interface Counting {
  readonly path: readonly (string | number)[];
  readonly fates: ReadonlyMap<string, Note['fate']>;
  readonly counts: Record<Fate, number>;
}

function countLeaves(value: Json, { path, fates, counts }: Counting): void {
  const fate = fates.get(path.join('\0'));
  if (fate === 'ignored') counts.ignored += 1;
  else if (fate === 'dropped') counts.refused += 1;
  else if (isJsonList(value))
    value.forEach((one, index) => countLeaves(one, { path: [...path, index], fates, counts }));
  else if (isJsonObject(value)) {
    for (const [key, one] of Object.entries(value)) countLeaves(one, { path: [...path, key], fates, counts });
  } else counts.mapped += 1;
}

function saidOf({ file, line, column, code, message, help }: Problem): Said {
  const cure = help === undefined ? {} : { help: maskSecrets(help) };
  return { file, line, column, code, message: maskSecrets(message), ...cure };
}

function sorted<One extends Said>(said: readonly One[]): readonly One[] {
  return [...said].sort((a, b) => compareProblems({ ...a, severity: 'error' }, { ...b, severity: 'error' }));
}
