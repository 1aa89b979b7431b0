import type { Address } from '../manifest/resource.ts';
import type { SubjectAuthority, Verdict } from './authority.ts';
import { shared } from './bundle-text.ts';
import { AskingRules } from './compile-ask.ts';
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
  #facts: Readonly<Record<string, ToolFacts>> | undefined;
  /** Digests by tool; absent: no tool of the list has one. */
  readonly pins: Pick<SubjectAuthority, 'pins'>;

  constructor(paths: ReadonlySet<string>, find: FindResource) {
    this.forms = Array.from(paths, (path) => formAt(path, find));
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

/** The cells of one subject by tool: those of everybody under the same rules where nothing is said of its own. */
export function cellsOf(list: ToolList, table: CellTable, holder: Holder): Readonly<Record<string, Verdict>> {
  const special = new Map<ToolForm, readonly Rule<'ToolPermission'>[]>();
  for (const tool of list.forms) {
    const rules = holder.permissionsFor(tool.path);
    if (rules.length > 0 || holder.asked.has(tool.path)) special.set(tool, rules);
  }
  const row = table.row(list);
  if (special.size === 0 && !row.isPersonal) {
    for (const { address, approval } of row.asking) holder.asks.add(address, approval);
    return row.verdicts;
  }
  const cells: Record<string, Verdict> = {};
  for (const tool of list.forms) cells[tool.path] = verdictOf(tool, table, { holder, rules: special.get(tool) });
  return cells;
}

interface Special {
  readonly holder: Holder;
  /** Undefined: nothing but policies and roles says anything of the cell. */
  readonly rules: readonly Rule<'ToolPermission'>[] | undefined;
}

function verdictOf(tool: ToolForm, table: CellTable, { holder, rules }: Special): Verdict {
  const { subject, asks, asked } = holder;
  if (rules !== undefined)
    return toolVerdict({ tool, subject, rules, isAsked: asked.has(tool.path) }, { ...table.grants, asks });
  const { verdict, asking } = table.cell(tool);
  for (const { address, approval } of asking) asks.add(address, approval);
  return isUngranted(verdict) ? { ...verdict, rule: subject.address } : verdict;
}
