import { isJsonObject, type JsonObject } from './json.ts';
import { listAt, objectAt } from './manifest-reference.ts';
import { checkCondition, checkPattern, refuseTemplates } from './meaning-field.ts';
import {
  below,
  type Check,
  checkMoney,
  checkSchema,
  checkUnique,
  contradiction,
  refuseFields,
  type Report,
} from './meaning-report.ts';
import { shownText } from './shown.ts';

/** What is wrong with an Eval beyond its shape. */
export const checkEval: Check = (spec, report) => {
  const cases = listAt(spec, 'cases');
  const names = cases.map((one) => (isJsonObject(one) ? one['name'] : undefined));
  checkUnique(names, { path: ['cases'], field: 'name', what: 'case' }, report);
  for (const [index, one] of cases.entries()) {
    if (!isJsonObject(one)) continue;
    refuseTemplates(one['input'], ['cases', index, 'input'], report);
    checkExpectation(objectAt(one, 'expect'), below(report, ['cases', index, 'expect']));
  }
};

const ofOutput = ['equals', 'includes', 'schema', 'contains', 'notContains', 'matches', 'expr'];

function checkExpectation(expect: JsonObject, report: Report): void {
  if (expect['phase'] === 'Failed') refuseFields(expect, { fields: ofOutput, what: 'a run that fails' }, report);
  checkSchema(expect['schema'], ['schema'], report);
  checkPattern(expect['matches'], ['matches'], report);
  checkCondition(expect['expr'], { scope: 'evaluation', path: ['expr'] }, report);
  checkMoney(expect['maxCost'], ['maxCost'], report);
  refuseBoth(expect, { one: 'contains', other: 'notContains' }, report);
  refuseBoth(expect, { one: 'calls', other: 'notCalls' }, report);
}

/** No run can be both. */
function refuseBoth(expect: JsonObject, { one, other }: { one: string; other: string }, report: Report): void {
  const wanted = new Set(listAt(expect, one));
  for (const [index, entry] of listAt(expect, other).entries()) {
    if (typeof entry !== 'string' || !wanted.has(entry)) continue;
    const message = `\`${shownText(entry)}\` is in \`${one}\` too: no run can pass.`;
    report([other, index], { ...contradiction(message, 'Remove it from one of the lists.'), part: 'value' });
  }
}
