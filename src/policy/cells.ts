import type { Address } from '../manifest/resource.ts';
import { parseServerToolId } from '../manifest/server-tools.ts';
import type { SubjectAuthority, Verdict } from './authority.ts';
import { shared } from './bundle-text.ts';
import { AskingRules } from './compile-ask.ts';
import { searchedBy } from './compile-memory.ts';
import { type Grants, toolVerdict } from './compile-verdict.ts';
import { Denials } from './denials.ts';
import type { ToolFacts } from './facts.ts';
import { Interned } from './interned.ts';
import { kept } from './kept.ts';
import { type PolicySet, policySetOf } from './policy-set.ts';
import type { Rule, Subject } from './reach.ts';
import { type PolicyForm, policyForm, type RoleForm, type ToolForm } from './rule-form.ts';
import { type FindResource, formAt } from './server-form.ts';

type Policy = Rule<'AgentPolicy'>;

/** What was worked out already for the subjects of one estate: a fleet's are nearly all under the same few rules. */
export const compiledOf = kept((_basis: object) => new Compiled());

class Compiled {
  readonly #policies = new Interned<Policy>();
  readonly #rules = new Interned<object>();
  readonly #tables = new WeakMap<object, CellTable>();
  readonly #tools = new WeakMap<ReadonlySet<string>, ToolList>();
  readonly #searched = new WeakMap<ReadonlySet<string>, Searched>();

  /** Of policies by address. */
  policies(policies: readonly Policy[]): PolicySet {
    return policySetOf(this.#policies.of(policies));
  }

  table({ onCells, callRules }: PolicySet, roles: readonly RoleForm[]): CellTable {
    const key = this.#rules.of([...onCells, ...roles]);
    let table = this.#tables.get(key);
    if (table === undefined) this.#tables.set(key, (table = new CellTable(onCells, roles, callRules.isolation)));
    return table;
  }

  /** The tools of a list, which are looked up once for all that have it. */
  tools(paths: ReadonlySet<string>, find: FindResource): ToolList {
    let list = this.#tools.get(paths);
    if (list === undefined) this.#tools.set(paths, (list = new ToolList(paths, find)));
    return list;
  }

  /** The memories that the tools of a list search, which are looked up once too. */
  searched(paths: ReadonlySet<string>, find: FindResource): Searched {
    let searched = this.#searched.get(paths);
    if (searched === undefined) this.#searched.set(paths, (searched = searchedIn(paths, find)));
    return searched;
  }
}

/** `namespace/name` of memories, and the addresses of all that was looked at to find them. */
export interface Searched {
  readonly memories: readonly string[];
  readonly shown: ReadonlySet<Address>;
}

function searchedIn(paths: ReadonlySet<string>, find: FindResource): Searched {
  const shown = new Set<Address>();
  const noting = notingIn(shown, find);
  const own = Array.from(paths).filter((path) => parseServerToolId(path) === undefined);
  return { memories: own.flatMap((path) => searchedBy(noting('Tool', path)) ?? []), shown };
}

function notingIn(shown: Set<Address>, find: FindResource): FindResource {
  return (kind, path) => {
    const resource = find(kind, path);
    shown.add(resource.address);
    return resource;
  };
}

/**
 * Whole rows as bundles have them, of the resources that were compiled last alone: a plan judges what it has just
 * compiled, and the resources of many environments are remembered, with whatever hangs on them.
 */
class LastRows {
  #basis: WeakRef<object> | undefined;
  #rows = new WeakMap<Subject, SubjectAuthority>();

  keep(basis: object, subject: Subject, row: SubjectAuthority): void {
    if (this.#basis?.deref() !== basis) {
      this.#basis = new WeakRef(basis);
      this.#rows = new WeakMap();
    }
    this.#rows.set(subject, row);
  }

  /** Undefined: it was not compiled, or something else was since. */
  of(basis: object, subject: Subject): SubjectAuthority | undefined {
    return this.#basis?.deref() === basis ? this.#rows.get(subject) : undefined;
  }
}

export const lastRows = new LastRows();

/** The tools that subjects list, ready for rules. */
export class ToolList {
  readonly forms: readonly ToolForm[];
  /** Addresses of the tools, and of the servers behind them. */
  readonly shown: ReadonlySet<Address>;
  #facts: Readonly<Record<string, ToolFacts>> | undefined;
  /** Digests by tool; absent: no tool of the list has one. */
  readonly pins: Pick<SubjectAuthority, 'pins'>;

  constructor(paths: ReadonlySet<string>, find: FindResource) {
    const shown = new Set<Address>();
    const noting = notingIn(shown, find);
    this.forms = Array.from(paths, (path) => formAt(path, noting));
    this.shown = shown;
    const pins = this.forms.flatMap(({ path, pin }) => (pin === undefined ? [] : [[path, pin] as const]));
    this.pins = pins.length === 0 ? {} : { pins: shared(Object.fromEntries(pins)) };
  }

  get facts(): Readonly<Record<string, ToolFacts>> {
    this.#facts ??= shared(Object.fromEntries(this.forms.map(({ path, facts }) => [path, facts])));
    return this.#facts;
  }
}

/** What one tool comes to under some policies and roles, where nothing else is said of the subject's use of it. */
interface SharedCell {
  /** Of a missing grant without whose it is. */
  readonly verdict: Verdict;
  /** Those whose approval it needs. */
  readonly asking: readonly PolicyForm[];
}

interface SharedRow {
  readonly verdicts: Readonly<Record<string, Verdict>>;
  readonly asking: ReadonlySet<PolicyForm>;
  /** The verdicts of some name the subject. */
  readonly isPersonal: boolean;
}

/** The part of the table of cells that is the same for every subject under the same policies and roles. */
export class CellTable {
  readonly grants: Omit<Grants, 'asks'>;
  readonly #cells = new Map<ToolForm, SharedCell>();
  readonly #rows = new WeakMap<ToolList, SharedRow>();

  constructor(policies: readonly Policy[], roles: readonly RoleForm[], isolation: Grants['floor']) {
    const forms = policies.map(policyForm);
    this.grants = {
      denials: new Denials(forms),
      asking: forms.filter(({ asked }) => asked !== undefined),
      roles,
      floor: isolation?.min === 'inline' ? undefined : isolation,
    };
  }

  cell(tool: ToolForm): SharedCell {
    let cell = this.#cells.get(tool);
    if (cell === undefined) this.#cells.set(tool, (cell = this.#compile(tool)));
    return cell;
  }

  row(list: ToolList): SharedRow {
    let row = this.#rows.get(list);
    if (row === undefined) this.#rows.set(list, (row = this.#compileRow(list)));
    return row;
  }

  #compile(tool: ToolForm): SharedCell {
    const asks = new AskingRules();
    const verdict = toolVerdict({ tool, subject: nobody, rules: [], isAsked: false }, { ...this.grants, asks });
    const asked = asks.compiled().approvals ?? {};
    return { verdict, asking: this.grants.asking.filter(({ address }) => Object.hasOwn(asked, address)) };
  }

  #compileRow({ forms }: ToolList): SharedRow {
    const cells = forms.map((tool) => [tool.path, this.cell(tool)] as const);
    return {
      verdicts: shared(Object.fromEntries(cells.map(([path, { verdict }]) => [path, verdict]))),
      asking: new Set(cells.flatMap(([, { asking }]) => asking)),
      isPersonal: cells.some(([, { verdict }]) => isUngranted(verdict)),
    };
  }
}

const nobody: { readonly address: Address } = { address: '' };

function isUngranted(verdict: Verdict): boolean {
  return verdict.kind === 'deny' && verdict.reason === 'policy.not_granted';
}

/** A subject, and what beside policies and roles bears on its cells. */
export interface Holder {
  readonly subject: Subject;
  readonly asks: AskingRules;
  /** Those of its tools whose calls it wants to have approved. */
  readonly asked: ReadonlySet<string>;
  readonly permissionsFor: (tool: string) => readonly Rule<'ToolPermission'>[];
}

/** The cells of one subject by tool: those of everybody under the same rules where its own come to the same. */
export function cellsOf(list: ToolList, table: CellTable, holder: Holder): Readonly<Record<string, Verdict>> {
  const special = specialCells(list, table, holder);
  const row = table.row(list);
  const isShared = !row.isPersonal && [...special].every(([tool, verdict]) => table.cell(tool).verdict === verdict);
  if (isShared && (special.size === 0 || row.asking.size === 0)) {
    for (const { address, approval } of row.asking) holder.asks.add(address, approval);
    return row.verdicts;
  }
  const cells: Record<string, Verdict> = {};
  for (const tool of list.forms) cells[tool.path] = special.get(tool) ?? ordinaryCell(tool, table, holder);
  return cells;
}

/** Those of which something is said for this subject. */
function specialCells({ forms }: ToolList, { grants }: CellTable, holder: Holder): ReadonlyMap<ToolForm, Verdict> {
  const { subject, asks, asked } = holder;
  const special = new Map<ToolForm, Verdict>();
  for (const tool of forms) {
    const rules = holder.permissionsFor(tool.path);
    const isAsked = asked.has(tool.path);
    if (rules.length > 0 || isAsked)
      special.set(tool, toolVerdict({ tool, subject, rules, isAsked }, { ...grants, asks }));
  }
  return special;
}

/** Nothing but policies and roles says anything of it. */
function ordinaryCell(tool: ToolForm, table: CellTable, { subject, asks }: Holder): Verdict {
  const { verdict, asking } = table.cell(tool);
  for (const { address, approval } of asking) asks.add(address, approval);
  return isUngranted(verdict) ? { ...verdict, rule: subject.address } : verdict;
}
