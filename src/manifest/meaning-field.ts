import { RE2JS } from 're2js';
import { cronFinding } from './cron.ts';
import { parseDuration } from './duration.ts';
import { isJsonList, isJsonObject, type Json, type JsonObject } from './json.ts';
import { listAt } from './manifest-reference.ts';
import { contradiction, type Report } from './meaning-report.ts';
import { checkScopedExpression, type ExpressionScope } from './scoped-expression.ts';
import { shownText } from './shown.ts';
import { isFault, parseTemplate } from './template.ts';
import type { Path } from './text.ts';
import { timeZoneFinding } from './time-zone.ts';

/** A schedule, and the zone that it is meant in. */
export function checkCron(holder: JsonObject, report: Report): void {
  const { cron, timeZone } = holder;
  const finding = typeof cron === 'string' ? cronFinding(cron) : undefined;
  if (finding !== undefined) report(['cron'], finding);
  const wrongZone = typeof timeZone === 'string' ? timeZoneFinding(timeZone) : undefined;
  if (wrongZone !== undefined) report(['timeZone'], wrongZone);
}

/** Where pawl connects to: with TLS, unless the field beside it says that the address may be a private one. */
export function checkUrl(holder: JsonObject, field: string, report: Report): void {
  const url = holder[field];
  if (typeof url !== 'string') return;
  const parsed = URL.canParse(url) ? new URL(url) : undefined;
  if (parsed === undefined || parsed.hash !== '') {
    const message = `\`${shownText(url)}\` is no address that can be connected to.`;
    return report([field], { code: 'manifest.url', message, help: 'Write a URL without user, password and `#`.' });
  }
  if (parsed.protocol === 'https:' || holder['allowPrivate'] === true) return;
  const message = `\`${shownText(url)}\` would be spoken to without TLS.`;
  const help = 'Use `https://`. Within a private network, say `allowPrivate: true` beside it.';
  report([field], { code: 'manifest.url', message, help });
}

/** An RE2 pattern that can find something, and does not find everything. */
export function checkPattern(pattern: Json | undefined, path: Path, report: Report): void {
  if (typeof pattern !== 'string') return;
  let compiled: RE2JS;
  try {
    compiled = RE2JS.compile(pattern);
  } catch (error) {
    const why = error instanceof Error ? shownText(error.message.split('\n')[0] ?? '') : '';
    const message = `The pattern is none of RE2: ${why}.`;
    return report(path, {
      code: 'manifest.pattern',
      message,
      help: 'Write it without look-around and back-references.',
    });
  }
  if (!compiled.matcher('').find()) return;
  const message = 'The pattern matches the empty text, and so every text.';
  report(path, { code: 'manifest.pattern', message, help: 'Ask for at least one character.' });
}

interface Condition {
  readonly scope: ExpressionScope;
  readonly path: Path;
}

/** An expression that must give true or false. */
export function checkCondition(text: Json | undefined, { scope, path }: Condition, report: Report): void {
  if (typeof text !== 'string') return;
  const checked = checkScopedExpression(text, scope);
  if (checked.kind === 'fault') return report(path, { ...checked, within: { text, offset: checked.offset } });
  if (checked.type === 'bool' || checked.type === 'dyn') return;
  const message = `A condition must give true or false; this one gives ${checked.type}.`;
  report(path, { code: 'expression.not_boolean', message, help: 'Compare it with something.' });
}

/** The `${ … }` in every text of a value. */
export function checkTemplates(value: Json | undefined, { scope, path }: Condition, report: Report): void {
  if (typeof value === 'string') return checkTemplate(value, { scope, path }, report);
  if (isJsonList(value)) {
    for (const [index, entry] of value.entries()) checkTemplates(entry, { scope, path: [...path, index] }, report);
  } else if (isJsonObject(value)) {
    for (const [key, member] of Object.entries(value)) checkTemplates(member, { scope, path: [...path, key] }, report);
  }
}

function checkTemplate(text: string, { scope, path }: Condition, report: Report): void {
  if (!text.includes('${')) return;
  const parts = parseTemplate(text);
  if (isFault(parts)) return report(path, { ...parts, within: { text, offset: parts.offset } });
  for (const part of parts) {
    if (part.kind === 'literal') continue;
    const checked = checkScopedExpression(part.text, scope);
    if (checked.kind === 'fault') report(path, { ...checked, within: { text: part.text, offset: checked.offset } });
  }
}

/** What is a literal, and would be taken for an expression. */
export function refuseTemplates(value: Json | undefined, path: Path, report: Report): void {
  if (typeof value === 'string' && value.includes('${')) {
    const message = 'A `${ … }` is not evaluated here: the text is given as it is.';
    report(path, { ...contradiction(message, 'Write the value itself.'), part: 'value' });
  } else if (isJsonList(value)) {
    for (const [index, entry] of value.entries()) refuseTemplates(entry, [...path, index], report);
  } else if (isJsonObject(value)) {
    for (const [key, member] of Object.entries(value)) refuseTemplates(member, [...path, key], report);
  }
}

/** As many approvers as must agree. */
export function checkApprovers(approvers: JsonObject, report: Report): void {
  const { min } = approvers;
  const users = listAt(approvers, 'users').length;
  if (typeof min !== 'number' || listAt(approvers, 'groups').length > 0 || users === 0 || min <= users) return;
  const message = `${min} people must approve, and ${users === 1 ? 'only one is' : `only ${users} are`} named.`;
  report(['min'], { code: 'manifest.limit', message, help: 'Name more, name a group, or lower `min`.' });
}

const approvalMsMax = 24 * 60 * 60 * 1000;

export function checkApproval(approval: JsonObject, report: Report): void {
  const approvers = approval['approvers'];
  if (isJsonObject(approvers)) checkApprovers(approvers, (path, finding) => report(['approvers', ...path], finding));
  const { ttl } = approval;
  if (typeof ttl !== 'string' || (parseDuration(ttl) ?? 0) <= approvalMsMax) return;
  report(['ttl'], {
    code: 'manifest.limit',
    message: 'A request for approval may wait for at most 24 hours.',
    help: 'Shorten it: what was asked yesterday is no longer what would be done.',
  });
}

/** One entry in two lists, of which one wins. */
export function warnOfBoth(
  holder: JsonObject,
  { wins, loses }: { readonly wins: string; readonly loses: string },
  report: Report,
): void {
  const winning = new Set(listAt(holder, wins));
  for (const [index, entry] of listAt(holder, loses).entries()) {
    if (typeof entry !== 'string' || !winning.has(entry)) continue;
    const message = `\`${shownText(entry)}\` is in \`${wins}\` too, which wins.`;
    const help = 'Keep it in one of the lists.';
    report([loses, index], { code: 'policy.shadowed', severity: 'warning', message, help });
  }
}
