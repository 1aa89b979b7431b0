import { rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { findRoot, noRepository } from '../config.ts';
import { exitCodes, type ExitCode, TerminalError } from '../errors.ts';
import { lockPath } from '../manifest/file-name.ts';
import { objectAt } from '../manifest/manifest-reference.ts';
import { neutral } from '../manifest/neutral.ts';
import { pinServer } from '../manifest/lock-text.ts';
import { pinnedText } from '../manifest/lock-edit.ts';
import { type PinChange, pinDiff } from '../plan/pin-diff.ts';
import { type PinFinding, pinLint } from '../plan/pin-lint.ts';
import { packageVersion } from '../version.ts';
import { type CliContext, json } from './context.ts';
import { unusable } from './files.ts';
import { definitionsOf, type McpOptions, serversAsked, type ServerAsked, type ServerState } from './mcp-servers.ts';
import { assertNoLink } from './no-link.ts';

/** What a server offers, against what is pinned. */
interface Looked {
  readonly server: string;
  readonly asked: ServerAsked;
  readonly changes: readonly PinChange[];
  readonly findings: readonly PinFinding[];
  /** Tools that cannot be pinned, and why. */
  readonly unusable: readonly (readonly [string, string])[];
  readonly offered: ReturnType<typeof definitionsOf>;
}

/** Shows what differs between servers and the lock file. */
export async function mcpDiffCommand(context: CliContext, options: McpOptions): Promise<ExitCode> {
  const { looked } = await look(context, options);
  if (options.output === 'json') json(context.terminal, { servers: looked.map(shownJson) });
  else for (const one of looked) context.terminal.out(textOf(one).join('\n'));
  return looked.some(({ changes }) => changes.length > 0) ? exitCodes.differences : exitCodes.success;
}

/** Writes what servers offer into the lock file, for people to look at and to merge. */
export async function mcpPinCommand(context: CliContext, options: McpOptions): Promise<ExitCode> {
  const { looked, state } = await look(context, options);
  let next = state.lock;
  for (const { server, asked, offered } of looked) {
    const spec = objectAt(asked.resource.manifest, 'spec');
    next = pinServer(next, { server, spec, tools: offered, now: new Date(), version: packageVersion() });
  }
  const text = next === undefined ? state.text : pinnedText(state, next);
  const isNew = text !== undefined && text !== state.text;
  if (isNew) await replaceLock(state.root, text);
  if (options.output === 'json') json(context.terminal, { written: isNew, servers: looked.map(shownJson) });
  else {
    for (const one of looked) context.terminal.out(textOf(one).join('\n'));
    context.terminal.note(
      isNew
        ? `${lockPath} is written. Read what differs, commit it, and have it reviewed: models are told this text.`
        : `${lockPath} has all of it already.`,
    );
  }
  return exitCodes.success;
}

async function look(
  context: CliContext,
  options: McpOptions,
): Promise<{ readonly looked: readonly Looked[]; readonly state: ServerState }> {
  const root = findRoot(context.cwd);
  if (root === undefined) throw noRepository(context.cwd);
  const state = await serversAsked(root, options);
  const app = await context.app(context.cwd);
  const looked: Looked[] = [];
  for (const asked of state.asked) {
    const { name } = asked.alone;
    const listing = await app.listServer(asked.alone, context.signal);
    const offered = definitionsOf(listing.tools);
    const { operation } = asked;
    const others = new Map(
      [...state.pinned]
        .filter(([server]) => server !== name)
        .map(([server, tools]) => [server, Object.keys(tools)] as const),
    );
    looked.push({
      server: name,
      asked,
      offered,
      changes: pinDiff(state.pinned.get(name) ?? {}, offered),
      findings: pinLint(offered, { operation, others }),
      unusable: [...listing.unusable],
    });
  }
  return { looked, state };
}

function textOf({ server, offered, changes, findings, unusable: left }: Looked): readonly string[] {
  const count = Object.keys(offered).length;
  const head = `McpServer/${server} offers ${count} tool${count === 1 ? '' : 's'}; ${
    changes.length === 0
      ? 'all are as pinned.'
      : `${changes.length} differ${changes.length === 1 ? 's' : ''} from ${lockPath}.`
  }`;
  return [
    head,
    ...changes.flatMap(({ kind, tool, lines }) => [
      `  ${kind} ${neutral(tool)}`,
      ...lines.map((line) => `    ${line}`),
    ]),
    ...left.map(([tool, why]) => `  left out ${neutral(tool)}: ${neutral(why)}`),
    ...findings.map(({ tool, message }) => `  look at ${neutral(tool)}: it ${message}`),
  ];
}

function shownJson({ server, changes, findings, unusable: left }: Looked): object {
  return { server, changes, findings, leftOut: Object.fromEntries(left) };
}

/** Beside the old one first, so that a full disk or a crash leaves the old one whole; never behind a link. */
async function replaceLock(root: string, text: string): Promise<void> {
  await assertNoLink(root, lockPath, 'remove the link');
  const path = join(root, lockPath);
  const beside = `${path}.${process.pid}.tmp`;
  try {
    await writeFile(beside, text, { flag: 'wx' });
    await rename(beside, path);
  } catch (error) {
    await rm(beside, { force: true });
    throw error instanceof TerminalError ? error : unusable('write', lockPath, error);
  }
}
