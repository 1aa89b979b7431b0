import { isJsonObject, type Json, type JsonObject } from './json.ts';
import { listAt, objectAt } from './manifest-reference.ts';
import { checkApproval, checkCondition, warnOfBoth } from './meaning-field.ts';
import {
  below,
  type Check,
  checkCostLimit,
  checkMoney,
  checkUnique,
  contradiction,
  type Report,
} from './meaning-report.ts';

/** What is wrong with an AgentPolicy beyond its shape. */
export const checkAgentPolicy: Check = (spec, report) => {
  checkBudgets(spec, report);
  checkCostLimit(spec, report);
  checkRates(spec, report);
  warnOfBoth(objectAt(spec, 'operations'), { wins: 'deny', loses: 'ask' }, below(report, ['operations']));
  for (const field of ['models', 'tools']) {
    warnOfBoth(objectAt(spec, field), { wins: 'deny', loses: 'allow' }, below(report, [field]));
    warnOfNone(objectAt(spec, field)['allow'], { path: [field, 'allow'], what: field }, report);
  }
  warnOfNone(objectAt(spec, 'egress')['hosts'], { path: ['egress', 'hosts'], what: 'hosts' }, report);
  warnOfNone(objectAt(spec, 'gateways')['allow'], { path: ['gateways', 'allow'], what: 'gateways' }, report);
  checkRules(spec, report);
  checkAsking(spec, report);
  if (!restricting.some((field) => spec[field] !== undefined)) {
    report([], {
      part: 'key',
      code: 'policy.restricts_nothing',
      severity: 'warning',
      message: 'The policy restricts nothing.',
      help: 'Say what it restricts, or remove it.',
    });
  }
};

const restricting = [
  'models',
  'tools',
  'operations',
  'budgets',
  'limits',
  'rates',
  'egress',
  'isolation',
  'flow',
  'conditions',
  'guards',
  'gateways',
];

function checkBudgets(spec: JsonObject, report: Report): void {
  const budgets = listAt(spec, 'budgets');
  for (const [index, budget] of budgets.entries()) {
    if (isJsonObject(budget)) checkBudget(budget, below(report, ['budgets', index]));
  }
  refuseSame(budgets, { fields: ['scope', 'unit', 'window'], path: ['budgets'], what: 'budgets' }, report);
}

function checkBudget(budget: JsonObject, report: Report): void {
  const { limit, scope, unit, window } = budget;
  if (unit === 'usd') checkMoney(limit, ['limit'], report);
  else if (typeof limit === 'number' && !Number.isInteger(limit)) {
    const message = 'Tokens and calls are counted in whole numbers.';
    report(['limit'], { code: 'manifest.limit', message, help: 'Round it.' });
  }
  if (scope === 'run' && window !== undefined)
    report(['window'], contradiction("A run's budget is for the whole run, and has no `window`."));
  if (typeof scope !== 'string' || scope === 'run' || window !== undefined) return;
  const message = `A budget of ${scope === 'agent' ? 'an agent' : `a ${scope}`} needs a \`window\`: without one it would be used up for ever.`;
  report(['window'], { part: 'key', code: 'manifest.required', message, help: 'Add `window: day`, or another.' });
}

function checkRates(spec: JsonObject, report: Report): void {
  refuseSame(listAt(spec, 'rates'), { fields: ['key', 'window'], path: ['rates'], what: 'rates' }, report);
}

interface Alike {
  readonly fields: readonly string[];
  readonly path: readonly string[];
  readonly what: string;
}

/** Two limits on the same thing: the lower one holds, and the other only misleads. */
function refuseSame(entries: readonly Json[], { fields, path, what }: Alike, report: Report): void {
  const seen = new Set<string>();
  for (const [index, entry] of entries.entries()) {
    if (!isJsonObject(entry)) continue;
    const key = JSON.stringify(fields.map((field) => entry[field] ?? null));
    if (seen.has(key)) {
      const message = `Two ${what} of this policy limit the same.`;
      report([...path, index], {
        code: 'manifest.duplicate_entry',
        message,
        help: 'Keep the lower one: it is what holds.',
      });
    }
    seen.add(key);
  }
}

interface None {
  readonly path: readonly string[];
  readonly what: string;
}

function warnOfNone(allow: Json | undefined, { path, what }: None, report: Report): void {
  if (!Array.isArray(allow) || allow.length > 0) return;
  const message = `An empty \`${path.at(-1) ?? ''}\` allows no ${what} at all.`;
  const help = 'Remove it if nothing should be restricted.';
  report(path, { code: 'policy.allows_none', severity: 'warning', message, help });
}

function checkRules(spec: JsonObject, report: Report): void {
  const conditions = listAt(spec, 'conditions');
  for (const field of ['conditions', 'flow']) {
    const names = listAt(spec, field).map((entry) => (isJsonObject(entry) ? entry['name'] : undefined));
    checkUnique(names, { path: [field], field: 'name', what: field === 'flow' ? 'rule' : 'condition' }, report);
  }
  for (const [index, condition] of conditions.entries()) {
    if (!isJsonObject(condition)) continue;
    checkCondition(condition['expr'], { scope: 'toolCall', path: ['conditions', index, 'expr'] }, report);
  }
}

/** Who approves matters only where something is asked. */
function checkAsking(spec: JsonObject, report: Report): void {
  if (!isJsonObject(spec['approval'])) return;
  checkApproval(spec['approval'], below(report, ['approval']));
  const rules = [...listAt(spec, 'flow'), ...listAt(spec, 'conditions')];
  const asks =
    listAt(objectAt(spec, 'operations'), 'ask').length > 0 ||
    rules.some((rule) => isJsonObject(rule) && (rule['ask'] !== undefined || rule['kind'] === 'askIf'));
  if (asks) return;
  report(
    ['approval'],
    contradiction(
      'The policy asks for no approval, so nobody needs to give one.',
      'Add `operations.ask`, a flow rule that asks or a condition `askIf`, or remove it.',
    ),
  );
}
