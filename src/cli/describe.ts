import type { ScheduleRecord } from '../api/operations-task.ts';
import { findRoot, noRepository } from '../config.ts';
import { exitCodes, TerminalError } from '../errors.ts';
import type { ExitCode } from '../errors.ts';
import type { Asked, Described } from '../controller/description.ts';
import type { DescribedField, Description } from '../manifest/describe.ts';
import { canonicalText } from '../manifest/digest.ts';
import { kindNamed } from '../manifest/field-lookup.ts';
import type { Grant } from '../manifest/grant.ts';
import type { Json } from '../manifest/json.ts';
import { nearest } from '../manifest/nearest.ts';
import { neutral } from '../manifest/neutral.ts';
import { kinds, type Kind } from '../manifest/resource.ts';
import { maskSecrets } from '../manifest/secret-literal.ts';
import { shownText } from '../manifest/shown.ts';
import { estimateInputTokens } from '../models/estimate.ts';
import { wrap } from '../plan/render/page.ts';
import type { Entitlement } from '../plan/entitlement.ts';
import { sensitiveFields, sensitivePointers } from '../plan/sensitive.ts';
import { askLines, entitlementJson, originLines } from './access-world.ts';
import { json } from './context.ts';
import type { CliContext } from './context.ts';
import { renderProblems, shownProblem } from './problems.ts';
import { type Terminal, truncate } from './terminal.ts';

export interface DescribeOptions {
  /** `agent/triage`, `Agent/support/triage`, or the kind alone with the name beside it. */
  readonly resource: string;
  readonly name: string | undefined;
  readonly env?: string;
  readonly output: string;
}

/** One resource of the working copy, with where each of its values comes from and who uses it; or one run. */
export async function describeCommand(context: CliContext, options: DescribeOptions): Promise<ExitCode> {
  const { terminal } = context;
  const [word = '', ...rest] = [options.resource, options.name ?? ''].filter(Boolean).join('/').split('/');
  if (/^runs?$/i.test(word)) {
    return (await import('./describe-run.ts')).describeRun(context, { id: rest.join('/'), output: options.output });
  }
  if (/^approvals?$/i.test(word)) {
    const of = { name: rest.join('/'), limit: 1, output: options.output };
    return (await import('./approvals.ts')).getApprovals(context, of);
  }
  const asked = askedFor([options.resource, options.name ?? ''].filter(Boolean).join('/'));
  const root = findRoot(context.cwd);
  if (root === undefined) throw noRepository(context.cwd);
  const { describeFiles } = await import('../controller/description.ts');
  const { WorkingCopy } = await import('../source/working-copy.ts');
  const found = await describeFiles(new WorkingCopy({ root }), { asked, environment: options.env });
  const described =
    found.description === undefined ? found : { ...found, description: shown(found.description, asked.kind) };
  const live =
    asked.kind === 'TaskSchedule'
      ? await (await import('./describe-schedule.ts')).scheduleStanding(context, found)
      : undefined;
  if (options.output === 'json') json(terminal, { ...jsonOf(described), ...(live === undefined ? {} : { live }) });
  else terminal.out([textOf(described, terminal), ...(await liveText(live, terminal))].join('\n\n'));
  return found.description === undefined ? exitCodes.findings : exitCodes.success;
}

async function liveText(live: ScheduleRecord | undefined, terminal: Terminal): Promise<readonly string[]> {
  if (live === undefined) return [];
  const { scheduleLines } = await import('./describe-schedule.ts');
  const lines = scheduleLines(live).map((line) => truncate(line, terminal.width));
  return [[terminal.colors.bold('Live'), ...lines].join('\n')];
}

function askedFor(text: string): Asked {
  const [word = '', ...path] = text.split('/');
  const kind = kindOf(word);
  const [first, second] = path;
  if (kind === undefined || first === undefined || path.length > 2) throw wrongName(word, kind);
  return { kind, namespace: second === undefined ? undefined : first, name: second ?? first };
}

const shortNames: Readonly<Record<string, Kind>> = {
  model: 'ModelEndpoint',
  role: 'AgentRole',
  permission: 'ToolPermission',
  policy: 'AgentPolicy',
  system: 'AgentSystem',
  library: 'PromptLibrary',
  server: 'McpServer',
  pool: 'WorkerPool',
  schedule: 'TaskSchedule',
  webhook: 'TaskWebhook',
};

function kindOf(word: string): Kind | undefined {
  const named = kindNamed(word);
  return kinds.find((kind) => kind === named) ?? shortNames[word.toLowerCase()];
}

function wrongName(word: string, kind: Kind | undefined): TerminalError {
  const guess =
    kind === undefined
      ? nearest(word.toLowerCase(), [...kinds.map((one) => one.toLowerCase()), ...Object.keys(shortNames)])
      : undefined;
  const message =
    kind === undefined ? `There is no kind "${shownText(word)}".` : 'One resource is described at a time.';
  return new TerminalError(message, {
    code: kind === undefined ? 'cli.unknown_kind' : 'cli.usage',
    help: guess === undefined ? 'Write `agent/name` or `agent/namespace/name`.' : `Did you mean "${guess}"?`,
    exit: exitCodes.usage,
  });
}

/** Sensitive values are never shown; a field that holds one is not shown at all. */
function shown(description: Description, kind: Kind): Description {
  const tree = sensitiveFields(kind);
  const fields = description.fields.map((field): DescribedField => {
    const holder = field.pointer
      .split('/')
      .slice(1)
      .reduceRight<Json>((value, key) => ({ [key]: value }), field.value);
    return sensitivePointers(holder, tree).length === 0 ? field : { ...field, value: hidden };
  });
  return { ...description, fields };
}

const hidden = '(sensitive)';

function jsonOf({ description, entitlements, ...found }: Described): object {
  if (description === undefined) return { ...found, problems: found.problems.map(shownProblem), valid: false };
  const { prompt, ...rest } = description;
  return {
    ...found,
    ...rest,
    problems: description.problems.map(shownProblem),
    valid: true,
    entitlements: entitlements.map(entitlementJson),
    prompt: prompt === undefined ? null : { text: maskSecrets(prompt), tokens: tokensOf(prompt) },
  };
}

function tokensOf(prompt: string): number {
  return estimateInputTokens({ system: prompt, messages: [], tools: [] });
}

function textOf({ address, environment, description, problems, entitlements }: Described, terminal: Terminal): string {
  const { colors, width } = terminal;
  const sections: (readonly string[])[] = [];
  const section = (title: string, lines: readonly string[]): void => {
    if (lines.length > 0) sections.push([colors.bold(title), ...lines.map((line) => truncate(line, width))]);
  };
  const head = [`environment ${environment}`];
  if (description !== undefined) {
    head.push(`${description.file}:${description.line}`, `digest ${description.digest.slice(0, 12)}`);
    if (description.displayName !== undefined) head.push(`shown as ${maskSecrets(description.displayName)}`);
    if (description.owner !== undefined) head.push(`owner ${description.owner}`);
  }
  sections.push([colors.bold(neutral(address)), ...head.map((line) => truncate(neutral(line), width))]);
  if (description !== undefined) {
    if (description.description !== undefined)
      sections.push(wrap(neutral(maskSecrets(description.description)), width));
    for (const [origin, lines] of fieldLines(description.fields)) section(originTitle(origin), lines);
    for (const [title, lines] of memberLines(description)) section(title, lines);
    section('Grants', description.grants.flatMap(grantLines));
    section('May do', entitlements.flatMap(entitlementLines));
    section(
      'Uses',
      description.uses.map((one) => `  ${neutral(one)}`),
    );
    section('Used by', usedBy(description));
    if (description.prompt !== undefined)
      section(promptTitle(description.prompt), promptLines(description.prompt, width));
    section(
      'Not in this build',
      description.lacking.map(({ field, part }) => `  ${neutral(field)}: ${part}`),
    );
  }
  if (problems.length > 0) sections.push([renderProblems(problems, noExcerpt, { width, colors })]);
  return sections.map((lines) => lines.join('\n')).join('\n\n');
}

/** A line of the file may hold a sensitive value beside what is wrong. */
const noExcerpt = (): undefined => undefined;

/** The author's first, pawl's last, Defaults between. */
function fieldLines(
  fields: readonly DescribedField[],
): readonly (readonly [origin: string, lines: readonly string[]])[] {
  const byOrigin = new Map<string, string[]>([['manifest', []]]);
  for (const { origin } of fields) if (origin !== 'built-in') byOrigin.set(origin, []);
  byOrigin.set('built-in', []);
  for (const { field, value, origin } of fields) {
    const text = typeof value === 'string' ? value : canonicalText(value);
    byOrigin.get(origin)?.push(`  ${neutral(field)}: ${neutral(maskSecrets(text))}`);
  }
  return [...byOrigin];
}

function originTitle(origin: string): string {
  if (origin === 'manifest') return 'From the manifest';
  return origin === 'built-in' ? 'Built in' : `From ${neutral(origin)}`;
}

function grantLines({ tool, permission, any, by }: Grant): readonly string[] {
  const needs = `  ${neutral(tool)} needs${any ? ' any of' : ''} ${neutral(permission)}`;
  if (by !== undefined)
    return [
      needs,
      `    given by ${neutral(by.role)}`,
      `    ${neutral(`${by.file}:${by.line}`)}: ${neutral(by.permission)}`,
    ];
  return [needs, `    missing: add \`- ${neutral(permission)}\` to a role`];
}

/** A row of the effective authority, as `pawl can-i` has it, and below it who says so. */
function entitlementLines(row: Entitlement): readonly string[] {
  const operations = row.operations.length === 0 ? '' : ` (${row.operations.join(', ')})`;
  const verb = row.verdict.kind === 'allow' ? '✓' : row.verdict.kind === 'ask' ? '?' : '✗';
  const head = `  ${verb} ${neutral(row.name)}${operations} in ${neutral(row.system)}`;
  return [head, ...[...originLines(row), ...askLines(row.asks)].map((line) => `      ${line}`)];
}

/** Of a workforce: nobody wrote these, so nobody has to keep them. */
function memberLines({ members }: Description): readonly (readonly [title: string, lines: readonly string[]])[] {
  if (members === undefined) return [];
  const lines = (texts: readonly string[]): readonly string[] => texts.map((one) => `  ${neutral(one)}`);
  return [
    ['Agents that it reaches', lines(members.agents)],
    ['Tools that they have', lines(members.tools)],
    ['Agents elsewhere', lines(members.elsewhere)],
  ];
}

function usedBy({ usedBy: users }: Description): readonly string[] {
  const few = users.slice(0, usersMax).map((one) => `  ${neutral(one)}`);
  return users.length > usersMax ? [...few, `  and ${users.length - usersMax} more`] : few;
}

const usersMax = 20;
const promptLinesMax = 8;

function promptTitle(prompt: string): string {
  return `Prompt (about ${tokensOf(prompt)} tokens)`;
}

function promptLines(prompt: string, width: number): readonly string[] {
  const lines = prompt
    .trimEnd()
    .split('\n')
    .flatMap((line) => wrap(neutral(maskSecrets(line)), width - 2));
  const few = lines.slice(0, promptLinesMax).map((line) => `  ${line}`);
  return lines.length > promptLinesMax ? [...few, `  … ${lines.length - promptLinesMax} more lines`] : few;
}
