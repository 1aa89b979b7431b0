import type { RunRecord, TraceCall, TraceRecord } from '../api/operations.ts';
import type { RunStanding, RunWait } from '../api/operations-run.ts';
import { exitCodes, TerminalError } from '../errors.ts';
import type { ExitCode } from '../errors.ts';
import { neutral } from '../manifest/neutral.ts';
import { maskSecrets } from '../manifest/secret-literal.ts';
import { wrap } from '../plan/render/page.ts';
import { amount, duration, usd } from '../trace/layout.ts';
import { json, withDoor } from './context.ts';
import type { CliContext } from './context.ts';
import { callLine } from './follow.ts';
import { stepTable } from './step-table.ts';
import { type Terminal, truncate } from './terminal.ts';

const callsShown = 5;
const inputShown = 400;

/** One run: how it stands, why, what it did last, and what to try next. */
export async function describeRun(
  context: CliContext,
  { id, output }: { readonly id: string; readonly output: string },
): Promise<ExitCode> {
  if (id === '') {
    throw new TerminalError('Which run?', {
      code: 'cli.usage',
      help: 'Write `pawl describe run ID`; `pawl get runs` lists them.',
      exit: exitCodes.usage,
    });
  }
  const { terminal } = context;
  const { trace, standing } = await withDoor(context, async ({ operations }) => ({
    trace: await operations.trace(id),
    standing: await operations.standing(id),
  }));
  if (output === 'json') {
    const { run, nodes, totals } = trace;
    json(terminal, { run, standing, nodes, totals, next: nextCommands(run) });
    return exitCodes.success;
  }
  const cure = trace.run.error && (await import('../codes.ts')).explain(trace.run.error.code)?.cure;
  terminal.out(textOf({ trace, standing, cure }, terminal));
  return exitCodes.success;
}

interface Described {
  readonly trace: TraceRecord;
  readonly standing: RunStanding;
  readonly cure: string | undefined;
}

function textOf({ trace, standing, cure }: Described, terminal: Terminal): string {
  const { run, nodes, totals } = trace;
  const { colors, width } = terminal;
  const fit = (lines: readonly string[]) => lines.flatMap((line) => wrapped(line, width));
  const sections: (readonly string[])[] = [
    [colors.bold(`Run ${run.id}`), ...fit(headLines(run)), ...fit(standingLines(run, standing))],
  ];
  const section = (title: string, lines: readonly string[]) => {
    if (lines.length > 0) sections.push([colors.bold(title), ...lines]);
  };
  section('Waits for', fit(standing.waits.flatMap((wait) => waitLines(run, wait))));
  section('Error', fit(errorLines(run, cure)));
  section('Steps', stepTable(nodes, width));
  const calls = nodes.flatMap((node) => node.calls).sort((a, b) => (a.startedAt < b.startedAt ? -1 : 1));
  section(
    'Last calls',
    calls.slice(-callsShown).map((call) => truncate(`  ${callLine(call)}`, width)),
  );
  section('Overruns', fit(calls.flatMap(overrunLine)));
  section('Used', [
    `  ${amount(totals.calls)} calls, ${amount(totals.denied)} denied, ${amount(totals.tokensIn + totals.tokensOut)} tokens, ${usd(totals.cost)}`,
  ]);
  section(
    'Next',
    nextCommands(run).map((command) => `  ${command}`),
  );
  return sections.map((lines) => lines.join('\n')).join('\n\n');
}

function overrunLine({ path, target, tokensIn, tokensOut, cost, held }: TraceCall): readonly string[] {
  if (held === undefined) return [];
  const took = `${amount(tokensIn + tokensOut)} tokens, ${usd(cost)}`;
  return [`  ${neutral(path)} of ${neutral(target)} took ${took}; held were ${amount(held.tokens)}, ${usd(held.cost)}`];
}

/** Words go on below, under the first; a command that is longer than the line stays whole. */
function wrapped(line: string, width: number): readonly string[] {
  const indent = /^ */.exec(line)?.[0] ?? '';
  return wrap(line.trimStart(), width - indent.length).map((part) => indent + part);
}

function headLines(run: RunRecord): readonly string[] {
  const input = maskSecrets(JSON.stringify(run.input));
  return [
    `  ${neutral(run.system)} in ${neutral(run.environment)}: ${run.state}${run.startedAt === undefined ? '' : ` ${duration(run.startedAt, run.endedAt)}`}`.trimEnd(),
    `  made ${run.createdAt}, started ${run.startedAt ?? 'not yet'}${run.endedAt === undefined ? '' : `, ended ${run.endedAt}`}`,
    `  input ${neutral(input.length > inputShown ? `${input.slice(0, inputShown)}…` : input)}`,
  ];
}

function standingLines(run: RunRecord, standing: RunStanding): readonly string[] {
  const { pool, priority, submittedBy, crashes, deadlineAt, worker } = standing;
  const lines = [
    `  revision ${run.revision}, ${pinText(standing)}`,
    `  pool ${neutral(pool)}, priority ${priority}, by ${neutral(submittedBy)}`,
  ];
  if (standing.cause !== undefined) lines.push(`  begun by ${neutral(causeText(standing.cause))}`);
  if (standing.attempts !== undefined) lines.push(`  ${attemptsText(run, standing.attempts)}`);
  if (standing.retriedFrom !== undefined) lines.push(`  another try of run ${standing.retriedFrom}`);
  if (standing.idempotencyKey !== undefined) lines.push(`  idempotency key ${neutral(standing.idempotencyKey)}`);
  if (crashes > 0) lines.push(`  ${crashes} ${crashes === 1 ? 'worker' : 'workers'} died with it`);
  if (run.endedAt !== undefined) return lines;
  if (deadlineAt !== undefined) lines.push(`  overdue from ${deadlineAt}`);
  if (worker !== undefined) {
    const lease = worker.live ? '' : ', whose lease has run out: it is given to another within seconds';
    lines.push(`  on ${neutral(worker.host)}, process ${worker.pid}${lease}`);
  }
  if (standing.cancelRequestedAt !== undefined) lines.push(`  cancelled at ${standing.cancelRequestedAt}; it stops`);
  if (standing.drainRequestedAt !== undefined)
    lines.push(`  begins no further step since ${standing.drainRequestedAt}`);
  if (run.state === 'Queued') lines.push(`  ${queuedText(run)}`);
  return lines;
}

function queuedText({ held }: RunRecord): string {
  if (held === undefined) return 'queued: it starts when a worker of its pool has a free slot';
  return `queued, ${held.code}: ${neutral(held.message)}`;
}

/** `schedule default/nightly, tick 2026-03-01T02:00:00.000Z` */
function causeText(cause: NonNullable<RunStanding['cause']>): string {
  const words = Object.entries(cause).flatMap(([name, value]) => (typeof value === 'string' ? [{ name, value }] : []));
  const kind = words.find(({ name }) => name === 'kind')?.value ?? 'something';
  const said = words.filter(({ name }) => name !== 'kind');
  const isNamed = said.some(({ name }) => name === kind);
  return [...(isNamed ? [] : [kind]), ...said.map(({ name, value }) => `${name} ${value}`)].join(', ');
}

function attemptsText(run: RunRecord, attempts: NonNullable<RunStanding['attempts']>): string {
  const { number, max, next, over } = attempts;
  const said = `attempt ${number} of the ${max} that its task allows`;
  if (next !== undefined) return `${said}; the next one begins at ${next}`;
  return over && (run.state === 'Failed' || run.state === 'TimedOut') ? `${said}; none follows` : said;
}

function pinText({ pin }: RunStanding): string {
  switch (pin.state) {
    case 'live':
      return 'which new runs get too';
    case 'replaced':
      return `replaced since: live is revision ${pin.liveRevision}, and the stricter of both rules holds`;
    case 'gone':
      return `gone since: live is revision ${pin.liveRevision}, which has no such system`;
  }
}

function waitLines(run: RunRecord, { path, kind, since, dueAt, detail }: RunWait): readonly string[] {
  const until = dueAt === undefined ? '' : `, until ${dueAt}`;
  const at = `${neutral(path)}, since ${since}${until}`;
  const asked = detail === undefined ? [] : [`    ${neutral(maskSecrets(JSON.stringify(detail)))}`];
  switch (kind) {
    case 'timer':
      return [`  a pause before the next attempt at ${at}`, ...asked];
    case 'rate':
      return [`  room under a rate limit at ${at}`, ...asked];
    case 'unknown':
      return [
        `  a person who says what became of ${at}`,
        ...asked,
        `    pawl resolve ${run.id} ${neutral(path)} --as done|failed|again`,
      ];
    case 'human':
      return [`  a person's answer at ${at}`, ...asked];
    case 'review':
      return [`  a review at ${at}`, ...asked];
    case 'halt':
      return [`  a halt that is lifted, or runs out, before the call ${at}`, ...haltLine(detail)];
    case 'approval':
      return [`  an approval of the call ${at}`, `    pawl get approvals --run ${run.id}`];
  }
}

/** Whatever holds the call up, in the words of who halted it. */
function haltLine(detail: RunWait['detail']): readonly string[] {
  const said = ['scope', 'by', 'reason'].map((name) => detail?.[name]);
  const [scope, by, reason] = said.map((text) => neutral(maskSecrets(typeof text === 'string' ? text : '?')));
  return [`    ${by} halted ${scope}: ${reason}`];
}

function errorLines({ error }: RunRecord, cure: string | undefined): readonly string[] {
  if (error === undefined) return [];
  const place = error.path ?? error.node;
  return [
    `  ${neutral(error.code)}${place === undefined ? '' : ` at ${neutral(place)}`}: ${neutral(maskSecrets(error.message))}`,
    ...(cure === undefined ? [] : [`  ${cure}`]),
  ];
}

/** What somebody who is called at night would type next. */
function nextCommands(run: RunRecord): readonly string[] {
  const trace = `pawl trace ${run.id}`;
  switch (run.state) {
    case 'Queued':
      return ['pawl get workers', 'pawl top', `pawl cancel ${run.id}`];
    case 'Running':
    case 'Waiting':
      return [`${trace} -f`, `pawl cancel ${run.id}`];
    case 'Succeeded':
      return [trace, `pawl replay ${run.id}`];
    case 'Failed':
    case 'Cancelled':
    case 'TimedOut':
    case 'DeadLetter': {
      const code = run.error === undefined ? [] : [`pawl explain ${neutral(run.error.code)}`];
      return [trace, ...code, `pawl retry ${run.id}`, `pawl replay ${run.id}`];
    }
  }
}
