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
): Iterable<string> {
  const after = sides.after?.[table] ?? {};
  const names = Object.keys(after);
  const rename = table === 'tools' ? renamedTool : renamedModel;
  for (const name of Object.keys(sides.before?.[table] ?? {})) {
    const now = sides.isNow.size === 0 ? name : rename(name, sides.isNow);
    if (!Object.hasOwn(after, now)) names.push(now);
  }
  // Without renames none stands twice.
  return sides.isNow.size === 0 ? names : new Set(names);
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
    const candidates = isTouched(cell, comparison) ? attribution.candidates(affected, cell.name, cell.old) : shared;
    const key =
      candidates === shared
        ? cell.direction
        : `${cell.direction} ${candidates.map(({ address }) => address).join(' ')}`;
    const group = groups.get(key);
    if (group === undefined) groups.set(key, { candidates, cells: [cell] });
    else group.cells.push(cell);
  }
  const found = [...groups.values()].flatMap(({ candidates, cells }) =>
    groupChanges(cells, affected, { ...asking, candidates }),
  );
  return found.sort(byTarget);
}

function isTouched({ table, name, old }: Moved, comparison: Comparison): boolean {
  if (table !== 'tools') return false;
  return isTouchedTool(name, comparison) || (old !== name && isTouchedTool(old, comparison));
}

function isTouchedTool(name: string, { touched }: Comparison): boolean {
  if (touched.tools.has(name)) return true;
  return touched.servers.size > 0 && touched.servers.has(parseServerToolId(name)?.server ?? '');
}

function groupChanges(
  cells: readonly Moved[],
  affected: Affected,
  { comparison, attribution, candidates }: Asking & { readonly candidates: readonly Candidate[] },
): readonly CellChange[] {
  const found: CellChange[] = [];
  const describe = (cell: Moved, causes: CellChange['causes']): void =>
    addCells(found, cell, { affected, comparison, causes });
  if (candidates.length === 1 && cells.length > 0) {
    const causes = attribution.named(candidates);
    for (const cell of cells) describe(cell, causes);
    return found;
  }
  let open = cells;
  for (const candidate of attribution.isBounded(candidates) ? [] : candidates) {
    if (open.length === 0) break;
    const moves = stillMoving(open, affected, attribution.without([candidate]));
    for (const cell of open) if (!moves.has(cell)) describe(cell, attribution.named([candidate]));
    open = open.filter((cell) => moves.has(cell));
  }
  for (const cell of open) {
    const causes = attribution.together(candidates, (world) => stillMoving([cell], affected, world).size > 0);
    describe(cell, causes);
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
function addCells(
  found: CellChange[],
  { table, name, old, direction, before, after }: Moved,
  of: { readonly affected: Affected; readonly comparison: Comparison; readonly causes: CellChange['causes'] },
): void {
  const { comparison, causes } = of;
  const { subject, system } = of.affected.caller;
  if (table === 'models') {
    found.push({ subject, system, target: 'model', name, direction, before, after, causes });
    return;
  }
  const operations =
    direction === 'widened' ? operationsOf(comparison.after, name) : operationsOf(comparison.before, old);
  for (const operation of operations)
    found.push({ subject, system, target: 'tool', name, operation, direction, before, after, causes });
}

/** By what is called. */
function byTarget(a: CellChange, b: CellChange): number {
  return (
    compareText(a.target, b.target) || compareText(a.name, b.name) || compareText(a.operation ?? '', b.operation ?? '')
  );
}
