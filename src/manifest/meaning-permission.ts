import { isJsonObject } from './json.ts';
import { listAt } from './manifest-reference.ts';
import { checkApproval } from './meaning-field.ts';
import { below, type Check, checkUnique, contradiction } from './meaning-report.ts';

/** What is wrong with a ToolPermission beyond its shape. */
export const checkToolPermission: Check = (spec, report) => {
  const rules = listAt(spec, 'rules').filter(isJsonObject);
  const operations = rules.map((rule) => rule['operation']);
  checkUnique(operations, { path: ['rules'], field: 'operation', what: 'operation' }, report);
  if (!isJsonObject(spec['approval'])) return;
  checkApproval(spec['approval'], below(report, ['approval']));
  if (rules.some((rule) => rule['verdict'] === 'ask')) return;
  const message = 'No rule asks for an approval, so nobody needs to give one.';
  report(['approval'], contradiction(message, 'Add a rule with `verdict: ask`, or remove it.'));
};
