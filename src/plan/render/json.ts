import { isJsonList, isJsonObject, type Json, type JsonObject } from '../../manifest/json.ts';
import type { Problem } from '../../manifest/problem.ts';
import type { Change, Plan } from '../change.ts';
import { isErrored } from '../plan.ts';
import { pointerKey } from '../sensitive.ts';
import { decisionsOf } from './decisions.ts';
import { propagationOf } from './propagation.ts';
import { snake, snakeObject } from './snake.ts';
import { tallyOf } from './tally.ts';

/** Raised in its first part when a reader of the former format would be misled; fields are only added. */
const formatVersion = '1.0';

/** The plan for programs, as `schemas/plan.schema.json` describes it; Terraform's names where the meaning is theirs. */
export function renderJson(plan: Plan): JsonObject {
  const by = acknowledgements(plan);
  const { target, base, summary, revert } = plan;
  return {
    format_version: formatVersion,
    plan_digest: plan.digest,
    mode: modeOf(plan),
    source: {
      environment: plan.environment,
      branch: target.branch,
      head_sha: target.commit,
      tree: target.tree,
      subject: target.subject,
      stored_revision: target.stored ?? null,
      ...(base.commit === undefined ? {} : { base_sha: base.commit }),
    },
    target: {
      environment: plan.environment,
      lineage: plan.lineage,
      live_revision: base.revision,
      live_root: base.root,
      planned_root: target.root,
    },
    inputs: { schema_digest: plan.schemaDigest, policy_digest: plan.rulesDigest, price_digest: plan.priceDigest },
    errored: isErrored(plan),
    diagnostics: plan.problems.map(diagnostic),
    resource_changes: plan.changes.map(resourceChange),
    resource_drift: plan.drift.map(resourceChange),
    systems: { changed: plan.bundles.map(({ system }) => system), removed: plan.removedSystems },
    revert: revert === undefined ? null : { ...revert },
    access_changes: accessChanges(plan.access),
    access_unresolved: plan.access.unresolved ?? 0,
    sections: { ...snakeObject(plan.sections), more: moreOf(plan.sections) },
    risks: plan.risks.map((risk) => ({ ...snakeObject(risk), acknowledged_by: by.get(risk.id) ?? [] })),
    guards: [...plan.guards, ...(plan.beside?.guards ?? [])].map((guard) => ({
      ...snakeObject(guard),
      approvers: snake(plan.guardApprovers),
      acknowledged_by: by.get(guard.id) ?? [],
    })),
    ...besideOf(plan),
    recompiled: snake(plan.recompiled),
    quarantined: (plan.quarantined ?? []).map(({ address, digest, rollback }) => ({
      address,
      withdrawn: digest === undefined ? 'absence' : 'content',
      rollback: snake(rollback),
    })),
    held: plan.held === undefined ? null : { ...plan.held },
    overrides: (plan.overrides ?? []).map(({ id, address, reason, by, setAt, expiresAt }) => ({
      id,
      address,
      reason,
      by,
      set_at: setAt,
      expires_at: expiresAt,
    })),
    summary: { ...snakeObject(summary), ...totals(plan) },
  };
}

/** What the plan is for: only of the first two there is something to apply. */
function modeOf({ base, target }: Plan): 'apply' | 'rollback' | 'working_copy' | 'comparison' {
  if (target.stored !== undefined) return 'rollback';
  if (base.commit !== undefined) return 'comparison';
  return target.commit === 'working-copy' ? 'working_copy' : 'apply';
}

/** Who agreed to what, by id. */
function acknowledgements(plan: Plan): ReadonlyMap<string, readonly string[]> {
  return new Map(decisionsOf(plan).map(({ id, by }) => [id, by]));
}

/** One list, so that a rule over it need not know of each kind: every entry has a type and a direction. */
function accessChanges({ cells, limits, restrictions = [], coverage, judged }: Plan['access']): readonly JsonObject[] {
  return [
    ...cells.map((cell) => ({ type: 'cell', ...snakeObject(cell) })),
    ...limits.map((limit) => ({ type: 'limit', ...snakeObject(limit) })),
    ...restrictions.map((rule) => ({ type: 'restriction', ...snakeObject(rule) })),
    ...coverage.map((policy) => ({ type: 'coverage', ...snakeObject(policy) })),
    ...judged.map((change) => ({ type: 'judged', ...snakeObject(change) })),
  ];
}

function moreOf({ more = {} }: Plan['sections']): JsonObject {
  const { graphs = 0, prompts = 0, models = 0, egress = 0, secrets = 0 } = more;
  return { graphs, prompts, models, egress, secrets };
}

/** Outside the digest; null: nobody looked. */
function besideOf({ beside = {} }: Plan): JsonObject {
  const { impact, budget, moreBudget = 0, backtest, preflight, tiers, memories, acknowledgements = [] } = beside;
  return {
    impact: snake(impact),
    budget: budget === undefined ? null : { systems: snake(budget), more: moreBudget },
    backtest: snake(backtest),
    preflight: snake(preflight),
    tiers: snake(tiers),
    ...(memories === undefined ? {} : { memories: snake(memories) }),
    acknowledgements: snake(acknowledgements),
  };
}

/** The figures of the text's last lines. */
function totals(plan: Plan): JsonObject {
  const { widened, narrowed, risks, toAcknowledge } = tallyOf(plan);
  return { widened, narrowed, risks, to_acknowledge: toAcknowledge };
}

function diagnostic(problem: Problem): JsonObject {
  return {
    severity: problem.severity,
    code: problem.code,
    summary: problem.message,
    detail: problem.help ?? '',
    address: problem.address ?? null,
    file: problem.file,
    line: problem.line,
    column: problem.column,
    blocks: problem.blocks ?? null,
    lacks: problem.lacks ?? null,
  };
}

/** One change, as `resource_changes` and `resource_drift` hold it. */
export function resourceChange(change: Change): JsonObject {
  return {
    address: change.address,
    ...(change.previousAddress === undefined ? {} : { previous_address: change.previousAddress }),
    kind: change.kind,
    namespace: change.namespace,
    name: change.name,
    file: change.place.file,
    line: change.place.line,
    class: change.class,
    precondition: change.precondition === 'absent' ? 'absent' : { generation: change.precondition },
    change: {
      actions: [change.action],
      before: masked(change.before, change.sensitive),
      after: masked(change.after, change.sensitive),
      before_sensitive: marks(change.before, change.sensitive),
      after_sensitive: marks(change.after, change.sensitive),
    },
    action_reason: change.reason ?? null,
    returns_to: change.returnsTo ?? null,
    touched: snake(change.touched),
    propagation: propagationOf(change.kind, change.fields),
  };
}

const mask = '(sensitive)';

function masked(body: JsonObject | undefined, pointers: readonly string[]): Json {
  if (body === undefined) return null;
  return pointers.length === 0 ? body : replaced(body, new Set(pointers), '');
}

function replaced(value: Json, pointers: ReadonlySet<string>, pointer: string): Json {
  if (pointers.has(pointer)) return mask;
  if (isJsonList(value)) return value.map((entry, index) => replaced(entry, pointers, `${pointer}/${index}`));
  if (!isJsonObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, child]) => [key, replaced(child, pointers, `${pointer}/${pointerKey(key)}`)]),
  );
}

/** As Terraform has it: the shape of the value, reduced to `true` where something is hidden. */
function marks(body: JsonObject | undefined, pointers: readonly string[]): Json {
  return (body && marked(body, new Set(pointers), '')) ?? {};
}

function marked(value: Json, pointers: ReadonlySet<string>, pointer: string): Json | undefined {
  if (pointers.has(pointer)) return true;
  if (pointers.size === 0 || typeof value !== 'object' || value === null) return undefined;
  const found = Object.entries(value).flatMap(([key, child]): [string, Json][] => {
    const mark = marked(child, pointers, `${pointer}/${pointerKey(key)}`);
    return mark === undefined ? [] : [[key, mark]];
  });
  return found.length === 0 ? undefined : Object.fromEntries(found);
}
