import { isJsonList, isJsonObject, type Json, type JsonObject } from '../../manifest/json.ts';
import type { Problem } from '../../manifest/problem.ts';
import type { Change, Plan } from '../change.ts';
import { isErrored } from '../plan.ts';
import { pointerKey } from '../sensitive.ts';

/** Raised in its first part when a reader of the former format would be misled; fields are only added. */
const formatVersion = '1.0';

/** The plan for programs, as `schemas/plan.schema.json` describes it; Terraform's names where the meaning is theirs. */
export function renderJson(plan: Plan): JsonObject {
  const { target, base, summary, revert } = plan;
  return {
    format_version: formatVersion,
    plan_digest: plan.digest,
    mode: 'apply',
    source: {
      environment: plan.environment,
      branch: target.branch,
      head_sha: target.commit,
      tree: target.tree,
      subject: target.subject,
    },
    target: {
      environment: plan.environment,
      lineage: plan.lineage,
      live_revision: base.revision,
      live_root: base.root,
      planned_root: target.root,
    },
    inputs: { schema_digest: plan.schemaDigest },
    errored: isErrored(plan),
    diagnostics: plan.problems.map(diagnostic),
    resource_changes: plan.changes.map(resourceChange),
    resource_drift: plan.drift.map(resourceChange),
    systems: { changed: plan.bundles.map(({ system }) => system), removed: plan.removedSystems },
    revert: revert === undefined ? null : { ...revert },
    summary: { ...summary },
  };
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
