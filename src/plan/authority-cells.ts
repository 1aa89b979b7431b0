import { compareText } from '../manifest/problem.ts';
import { parseServerToolId } from '../manifest/server-tools.ts';
import type { SubjectAuthority } from '../policy/authority.ts';
import type { CellChange, CellVerdict, Direction } from './access.ts';
import type { Attribution, Candidate } from './attribution.ts';
import { type Affected, type Comparison, renamedTool } from './authority-scope.ts';
import { authorityIn, operationsOf, verdictOf, type World } from './authority-world.ts';

const ranks: Readonly<Record<CellVerdict['kind'], number>> = { deny: 0, ask: 1, allow: 2 };

type Table = 'tools' | 'models';

/** A cell that moves, before anybody asked why. */
interface Moved {
  readonly table: Table;
  /** `namespace/name` after the plan. */
  readonly name: string;
  readonly old: string;
  readonly direction: Direction;
  readonly before: CellVerdict;
  readonly after: CellVerdict;
}

/** What a caller may do before and after: the cells that move, attributed, by what is called. */
export interface CallerChange {
  readonly cells: readonly CellChange[];
  readonly before: SubjectAuthority | undefined;
  readonly after: SubjectAuthority | undefined;
}

/** Decides every cell of a caller that may differ on both sides. */
export function cellChanges(affected: Affected, comparison: Comparison, attribution: Attribution): CallerChange {
  const { caller, old, tools } = affected;
  const isNow = new Map([...comparison.was].map(([now, then]) => [then, now] as const));
  const oldTools = tools && new Set([...tools].map((path) => renamedTool(path, comparison.was)));
  const before = affected.before && authorityIn(comparison.before, old, oldTools);
  const after = affected.after && authorityIn(comparison.after, caller, tools);
  const moved: Moved[] = [];
  for (const table of tools === undefined ? (['models', 'tools'] as const) : (['tools'] as const)) {
    for (const name of namesIn(table, { before, after, isNow })) {
      const then = table === 'tools' ? renamedTool(name, comparison.was) : renamedModel(name, comparison.was);
      const was = verdictOf(before, { subject: old.subject, table, name: then });
      const is = verdictOf(after, { subject: caller.subject, table, name });
      const rise = ranks[is.kind] - ranks[was.kind];
      if (rise === 0) continue;
      moved.push({ table, name, old: then, direction: rise > 0 ? 'widened' : 'narrowed', before: was, after: is });
    }
  }
  return { cells: attributed(moved, affected, { comparison, attribution }), before, after };
}

function namesIn(
  table: Table,
  sides: {
    readonly before: SubjectAuthority | undefined;
    readonly after: SubjectAuthority | undefined;
    readonly isNow: ReadonlyMap<string, string>;
  },
): ReadonlySet<string> {
  const names = new Set(Object.keys(sides.after?.[table] ?? {}));
  const rename = table === 'tools' ? renamedTool : renamedModel;
  for (const name of Object.keys(sides.before?.[table] ?? {})) names.add(rename(name, sides.isNow));
  return names;
}

function renamedModel(path: string, names: ReadonlyMap<string, string>): string {
  return names.get(`ModelEndpoint/${path}`)?.slice('ModelEndpoint/'.length) ?? path;
}

interface Asking {
  readonly comparison: Comparison;
  readonly attribution: Attribution;
}

/** Cells of equal candidates are decided again together: a fleet's cells mostly have the same few. */
function attributed(moved: readonly Moved[], affected: Affected, asking: Asking): readonly CellChange[] {
  const { comparison, attribution } = asking;
  const coming = attribution.behindCaller(affected);
  if (coming !== undefined) return groupChanges(moved, affected, { ...asking, candidates: coming }).toSorted(byTarget);
  const shared = attribution.candidates(affected);
  const groups = new Map<string, { readonly candidates: readonly Candidate[]; readonly cells: Moved[] }>();
  for (const cell of moved) {
    const isTouched = cell.table === 'tools' && [cell.name, cell.old].some((name) => isTouchedTool(name, comparison));
    const candidates = isTouched ? attribution.candidates(affected, cell.name, cell.old) : shared;
    const key = `${cell.direction} ${candidates === shared ? '' : candidates.map(({ address }) => address).join(' ')}`;
    const group = groups.get(key);
    if (group === undefined) groups.set(key, { candidates, cells: [cell] });
    else group.cells.push(cell);
  }
  const found = [...groups.values()].flatMap(({ candidates, cells }) =>
    groupChanges(cells, affected, { ...asking, candidates }),
  );
  return found.sort(byTarget);
}

function isTouchedTool(name: string, { touched }: Comparison): boolean {
  return touched.tools.has(name) || touched.servers.has(parseServerToolId(name)?.server ?? '');
}

function groupChanges(
  cells: readonly Moved[],
  affected: Affected,
  { comparison, attribution, candidates }: Asking & { readonly candidates: readonly Candidate[] },
): readonly CellChange[] {
  const describe = (cell: Moved, causes: CellChange['causes']): readonly CellChange[] =>
    cellsOf(cell, affected, { comparison, causes });
  if (candidates.length === 1) return cells.flatMap((cell) => describe(cell, attribution.named(candidates)));
  const found: CellChange[] = [];
  let open = cells;
  for (const candidate of attribution.isBounded(candidates) ? [] : candidates) {
    if (open.length === 0) break;
    const moves = stillMoving(open, affected, attribution.without([candidate]));
    for (const cell of open) if (!moves.has(cell)) found.push(...describe(cell, attribution.named([candidate])));
    open = open.filter((cell) => moves.has(cell));
  }
  for (const cell of open) {
    const causes = attribution.together(candidates, (world) => stillMoving([cell], affected, world).size > 0);
    found.push(...describe(cell, causes));
  }
  return found;
}

/** Which of the cells still move from what they were before, in a world where some changes were not made. */
function stillMoving(cells: readonly Moved[], { caller, old }: Affected, world: World): ReadonlySet<Moved> {
  const names = (of: (cell: Moved) => string): ReadonlySet<string> =>
    new Set(cells.flatMap((cell) => (cell.table === 'tools' ? [of(cell)] : [])));
  const now =
    authorityIn(
      world,
      caller,
      names(({ name }) => name),
    ) ??
    authorityIn(
      world,
      old,
      names((cell) => cell.old),
    );
  return new Set(
    cells.filter(({ table, name, old: then, direction, before }) => {
      const is = verdictOf(now, {
        subject: caller.subject,
        table,
        name: now?.[table][name] === undefined ? then : name,
      });
      const rise = ranks[is.kind] - ranks[before.kind];
      return direction === 'widened' ? rise > 0 : rise < 0;
    }),
  );
}

/** A call performs all operations of its tool, so that they move together; each is a cell of its own for the reader. */
function cellsOf(
  { table, name, old, direction, before, after }: Moved,
  { caller }: Affected,
  { comparison, causes }: { readonly comparison: Comparison; readonly causes: CellChange['causes'] },
): readonly CellChange[] {
  const { subject, system } = caller;
  if (table === 'models') return [{ subject, system, target: 'model', name, direction, before, after, causes }];
  const operations =
    direction === 'widened' ? operationsOf(comparison.after, name) : operationsOf(comparison.before, old);
  return operations.map((operation) => ({
    subject,
    system,
    target: 'tool',
    name,
    operation,
    direction,
    before,
    after,
    causes,
  }));
}

/** By what is called. */
function byTarget(a: CellChange, b: CellChange): number {
  return (
    compareText(a.target, b.target) || compareText(a.name, b.name) || compareText(a.operation ?? '', b.operation ?? '')
  );
}
