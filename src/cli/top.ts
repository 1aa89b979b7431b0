import { setTimeout as delay } from 'node:timers/promises';
import type { TopPool, TopRecord, TopSystem } from '../api/operations-run.ts';
import { exitCodes } from '../errors.ts';
import type { ExitCode } from '../errors.ts';
import { neutral } from '../manifest/neutral.ts';
import { amount, usd } from '../trace/layout.ts';
import { chooseEnvironment, json, jsonLine, withDoor } from './context.ts';
import type { CliContext } from './context.ts';
import { patienceWith } from './follow.ts';
import { Screen } from './screen.ts';
import { renderTable } from './table.ts';
import { type Terminal, truncate } from './terminal.ts';
import { wrap } from '../plan/render/page.ts';

export interface TopOptions {
  readonly env?: string;
  readonly watch?: boolean;
  readonly output: string;
}

const refreshMs = 2_000;
/** On a screen of 24 lines; who wants all asks for JSON. */
const systemsMax = 12;
const poolsMax = 4;
/** Below it a row is two lines: the name, then run/queued/waiting, succeeded, failed and the 95th percentile. */
const narrow = 72;

/** What is under way, and what the last minutes were like. */
export async function topCommand(context: CliContext, options: TopOptions): Promise<ExitCode> {
  const { terminal } = context;
  return withDoor(context, async (door) => {
    const environment = await chooseEnvironment(door, options.env);
    if (options.watch === true) return watched(context, options, () => door.operations.top(environment));
    const top = await door.operations.top(environment);
    if (options.output === 'json') json(terminal, { top });
    else terminal.out(render(top, terminal));
    return exitCodes.success;
  });
}

async function watched(context: CliContext, { output }: TopOptions, read: () => Promise<TopRecord>): Promise<ExitCode> {
  const { terminal, signal } = context;
  const patience = patienceWith((text) => terminal.note(text));
  const screen = new Screen(context);
  for (;;) {
    const top = await patience(read, signal);
    if (top === undefined) return exitCodes.interrupted;
    if (output === 'json') jsonLine(terminal, { top });
    else if (terminal.rows > 0) screen.show(render(top, terminal));
    else terminal.out(`${render(top, terminal)}\n`);
    await delay(refreshMs, undefined, { signal }).catch(() => undefined);
  }
}

function render(top: TopRecord, terminal: Terminal): string {
  const { width } = terminal;
  const minutes = top.windowMs / 60_000;
  const systems = [...top.systems].sort(busiestFirst);
  const sections = [
    headLines(top).flatMap((line) => wrap(line, width)),
    queueLines(top.pools, width),
    systemLines(systems, minutes, width),
  ];
  return sections
    .filter((lines) => lines.length > 0)
    .map((lines) => lines.join('\n'))
    .join('\n\n');
}

function headLines({ environment, workers, systems, windowMs }: TopRecord): readonly string[] {
  const sum = (of: (system: TopSystem) => number) => systems.reduce((total, one) => total + of(one), 0);
  const perSecond = sum((one) => one.steps) / (windowMs / 1_000);
  const cost = sum((one) => one.cost);
  return [
    `${neutral(environment)}: ${amount(sum((one) => one.running))} running, ${amount(sum((one) => one.queued))} queued, ${amount(sum((one) => one.waiting))} waiting`,
    `last ${windowMs / 60_000} min: ${amount(sum((one) => one.succeeded))} succeeded, ${amount(sum((one) => one.failed))} failed, ${amount(sum((one) => one.dead))} dead`,
    `${perSecond.toFixed(1)} calls/s, ${amount(sum((one) => one.tokensIn + one.tokensOut))} tokens, ${usd(cost)}`,
    workers.live === 0
      ? 'no worker is live: start one with pawl worker'
      : `${workers.live} ${workers.live === 1 ? 'worker' : 'workers'}, ${workers.running} of ${workers.slots} slots taken`,
  ];
}

function queueLines(pools: readonly TopPool[], width: number): readonly string[] {
  if (pools.length === 0) return [];
  const longest = [...pools].sort((a, b) => b.queued - a.queued);
  const rows = longest.slice(0, poolsMax).map((one) => {
    const { pool, queued, oldestMs, desiredWorkers: desired } = one;
    return [pool, amount(queued), age(oldestMs), desired === undefined ? '-' : String(desired)];
  });
  const more = moreLine(pools.length - poolsMax, 'pools');
  const held = pools.flatMap((one) => (one.held === undefined ? [] : wrap(neutral(one.held.message), width)));
  return [renderTable(['POOL', 'QUEUED', 'OLDEST', 'WORKERS WANTED'], rows, width), ...more, ...held];
}

function systemLines(systems: readonly TopSystem[], minutes: number, width: number): readonly string[] {
  if (systems.length === 0) return ['No system is live.'];
  const rows = systems
    .slice(0, systemsMax)
    .map((one) => [
      one.system,
      `${one.running}/${one.queued}/${one.waiting}`,
      String(one.succeeded),
      failures(one),
      one.p95Ms === undefined ? '-' : age(one.p95Ms),
      amount(one.tokensIn + one.tokensOut),
      usd(one.cost / minutes),
    ]);
  if (width < narrow)
    return rows.flatMap(([name = '', ...rest]) => [truncate(neutral(name), width), `  ${rest.slice(0, 4).join('  ')}`]);
  const head = ['SYSTEM', 'RUN/Q/WAIT', 'OK', 'FAILED', 'P95', 'TOKENS', '$/MIN'];
  return [renderTable(head, rows, width), ...moreLine(systems.length - systemsMax, 'systems')];
}

function failures({ failed, dead, succeeded }: TopSystem): string {
  const bad = failed + dead;
  return bad === 0 ? '0' : `${bad} (${Math.round((100 * bad) / (bad + succeeded))}%)`;
}

function moreLine(count: number, what: string): readonly string[] {
  return count > 0 ? [`and ${count} more ${what}: -o json has all`] : [];
}

/** What fails comes first, then what is open, then what ended. */
function busiestFirst(a: TopSystem, b: TopSystem): number {
  const bad = (one: TopSystem) => one.failed + one.dead;
  const open = (one: TopSystem) => one.queued + one.running + one.waiting;
  return bad(b) - bad(a) || open(b) - open(a) || b.succeeded - a.succeeded || (a.system < b.system ? -1 : 1);
}

function age(ms: number): string {
  if (ms < 1_000) return `${Math.round(ms)} ms`;
  if (ms < 60_000) return `${(ms / 1_000).toFixed(1)} s`;
  if (ms < 3_600_000) return `${Math.floor(ms / 60_000)} min`;
  return ms < 172_800_000 ? `${Math.floor(ms / 3_600_000)} h` : `${Math.floor(ms / 86_400_000)} d`;
}
