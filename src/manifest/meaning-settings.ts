import type { Document } from './document.ts';
import { repositoryPath } from './file-need.ts';
import { isJsonObject, type Json, type JsonObject } from './json.ts';
import { listAt, objectAt } from './manifest-reference.ts';
import { checkApprovers, checkCron } from './meaning-field.ts';
import { below, checkUnique, contradiction, type Report } from './meaning-report.ts';
import { didYouMean } from './nearest.ts';
import { problemIn } from './position.ts';
import type { Problem } from './problem.ts';
import { riskNames } from './risk-codes.ts';
import { shownText } from './shown.ts';

/** What is wrong with groups, windows, approvals and signatures of `pawl.yaml` beyond their shape. */
export function settingsProblems(settings: Json, document: Document): Problem[] {
  if (!isJsonObject(settings)) return [];
  const problems: Problem[] = [];
  const report: Report = (path, finding) => problems.push(problemIn(document, path, finding));
  const groups = Object.keys(objectAt(settings, 'groups'));
  for (const [index, environment] of listAt(settings, 'environments').entries()) {
    if (!isJsonObject(environment)) continue;
    const within = below(report, ['environments', index]);
    checkWindows(environment, within);
    checkApprovals(environment, groups, below(within, ['approvals']));
    checkSignatures(objectAt(environment, 'signatures'), below(within, ['signatures']));
  }
  for (const [index, entry] of listAt(settings, 'access').entries()) {
    if (isJsonObject(entry)) checkGroups(entry, { field: 'groups', groups }, below(report, ['access', index]));
  }
  for (const [index, entry] of listAt(settings, 'ownership').entries()) {
    if (isJsonObject(entry)) checkGroups(entry, { field: 'owners', groups }, below(report, ['ownership', index]));
  }
  return problems;
}

function checkWindows(environment: JsonObject, report: Report): void {
  const windows = listAt(environment, 'windows');
  const names = windows.map((window) => (isJsonObject(window) ? window['name'] : undefined));
  checkUnique(names, { path: ['windows'], field: 'name', what: 'window' }, report);
  for (const [index, window] of windows.entries()) {
    if (isJsonObject(window)) checkCron(window, below(report, ['windows', index]));
  }
}

function checkApprovals(environment: JsonObject, groups: readonly string[], report: Report): void {
  const approvals = objectAt(environment, 'approvals');
  for (const [risk, approvers] of Object.entries(approvals)) {
    const name = riskNames[Number(risk.slice(1)) - 1];
    if (risk.startsWith('R') && name !== undefined && approvals[name] !== undefined) {
      const message = `\`${risk}\` is \`${name}\`, which has approvers already.`;
      report([risk], { part: 'key', code: 'manifest.duplicate_entry', message, help: 'Keep one of the two.' });
    }
    if (!isJsonObject(approvers)) continue;
    checkApprovers(approvers, below(report, [risk]));
    checkGroups(approvers, { field: 'groups', groups }, below(report, [risk]));
  }
}

interface Named {
  readonly field: string;
  readonly groups: readonly string[];
}

function checkGroups(holder: JsonObject, { field, groups }: Named, report: Report): void {
  for (const [index, name] of listAt(holder, field).entries()) {
    if (typeof name !== 'string' || groups.includes(name)) continue;
    const message = `There is no group \`${shownText(name)}\`.`;
    const help = didYouMean(name, groups) ?? 'Add it to `groups` of pawl.yaml, or correct the name.';
    report([field, index], { code: 'settings.group', message, help });
  }
}

const keyFiles = ['allowedSigners', 'revokedSigners', 'keyring', 'forgeKeys'] as const;

function checkSignatures(signatures: JsonObject, report: Report): void {
  for (const name of keyFiles) checkKeyFile(signatures, name, report);
}

function checkKeyFile(signatures: JsonObject, name: (typeof keyFiles)[number], report: Report): void {
  const path = signatures[name];
  if (typeof path !== 'string') return;
  if (signatures['mode'] === 'off') {
    const message = `\`${name}\` has no meaning while nobody needs to sign.`;
    return report([name], contradiction(message, 'Say `mode: require`, or remove it.'));
  }
  if (repositoryPath(path, '') !== undefined && !path.split('/').includes('..')) return;
  const message = `The path \`${shownText(path)}\` leads out of the repository, or into Git's own folder.`;
  report([name], { code: 'settings.path', message, help: 'Use a path inside it, without `..`.' });
}
