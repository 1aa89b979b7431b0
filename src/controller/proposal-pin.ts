import { exitCodes, TerminalError } from '../errors.ts';
import { canonicalText } from '../manifest/digest.ts';
import { lockPath } from '../manifest/file-name.ts';
import type { JsonObject } from '../manifest/json.ts';
import { parseLock, type PinnedTool, toolDigest } from '../manifest/lock.ts';
import { pinnedText } from '../manifest/lock-edit.ts';
import { identityOf } from '../manifest/lock-identity.ts';
import { pinServer } from '../manifest/lock-text.ts';
import { objectAt } from '../manifest/manifest-reference.ts';
import { neutral } from '../manifest/neutral.ts';
import type { Resource } from '../manifest/resource.ts';
import type { Lock as LockFile } from '../manifest/types.gen.ts';
import { pinDiff } from '../plan/pin-diff.ts';
import { pinLint } from '../plan/pin-lint.ts';
import { pinLookText } from '../policy/pin-look.ts';
import { code } from '../plan/render/inert.ts';
import { counted } from '../plan/render/words.ts';
import { serverPin } from '../policy/server-pin.ts';
import { specOf } from '../policy/typed.ts';
import { snapshot } from '../source/snapshot.ts';
import { readServerLook, readServerResources } from '../store/server-look.ts';
import { packageVersion } from '../version.ts';
import { fileChanges, textAt } from './accept.ts';
import { readEnvironment } from './environments.ts';
import type { ControlPlane } from './planning.ts';
import type { Made } from './proposal-made.ts';
import { changesParagraph, findingsParagraph } from './proposal-pin-text.ts';
import type { ProposalRequest } from './proposal-request.ts';
import { bodyOf, closingParagraph, planOfFiles, planParagraph } from './proposal-text.ts';

type Definition = PinnedTool['definition'];
type PinRequest = ProposalRequest & { readonly kind: 'pin' };

/**
 * A pull request that pins what a server offers now, as a worker found it: what a reviewer is to look at, and nothing of
 * it is believed before somebody merges it.
 */
export async function pinProposed(plane: ControlPlane, request: PinRequest): Promise<Made> {
  const { environment, server } = request;
  const settings = await readEnvironment(plane.repository, environment);
  const look = await readServerLook(plane.database.db, request);
  if (look === undefined) throw unseen(request);
  if (look.standing === 'asPinned') return { kind: 'pointless', because: `${server} offers what is pinned.` };
  const commit = await plane.repository.resolve(settings.branch);
  const taken = await snapshot(plane.repository, { commit, environment: settings }, { cache: plane.snapshots });
  const declared = taken.resources.get(`McpServer/${server}`);
  if (declared === undefined) return { kind: 'pointless', because: `${settings.branch} declares no ${server}.` };
  const live = (await readServerResources(plane.database.db, request)).get(declared.address);
  if (live === undefined || textOf(live) !== textOf(declared)) throw refused(request, 'another');
  const tools = offered(look, live);
  if (tools === undefined) throw refused(request, 'unfit');
  const text = await textAt({ files: plane.repository, commit }, lockPath);
  const lock = lockIn(text);
  const before = lock?.servers[server];
  const imageDigest = before?.identity.imageDigest;
  const next = pinServer(lock, {
    server,
    spec: objectAt(declared.manifest, 'spec'),
    tools,
    // When it was first found like this: looked at again, it is the same pull request.
    now: look.since,
    version: packageVersion(),
    ...(imageDigest === undefined ? {} : { imageDigest }),
  });
  const at = { files: plane.repository, commit };
  const files = await fileChanges(at, new Map([[lockPath, pinnedText({ text, lock }, next)]]));
  const changes = pinDiff(definitionsOf(before?.tools ?? {}), tools);
  const findings = pinLint(tools, {
    operation: specOf(declared, 'McpServer').defaults.operation,
    others: othersOf(lock, server),
  });
  const body = bodyOf([
    `${code(`McpServer/${server}`)} of ${code(environment)} does not offer what ${code(lockPath)} pins: ${code(pinLookText(look))}. A worker found it so at ${look.since.toISOString()}. Those tools are not called. Merging this tells models what the server says now; read it as you would read a stranger's prompt.`,
    findingsParagraph(findings),
    changesParagraph(changes),
    planParagraph(await planOfFiles(plane, { settings, commit }, files)),
    closingParagraph,
  ]);
  const title = `Pin ${neutral(server)} in ${neutral(environment)}: ${counted(changes.length, 'tool')}`;
  return { kind: 'wanted', settings, commit, files, title, body };
}

/** Which server it is, as far as a pin goes. */
function textOf({ manifest }: Resource): string {
  return canonicalText(identityOf(objectAt(manifest, 'spec')) as unknown as JsonObject);
}

/** All definitions of an offer, each held to the digest that the worker found; undefined: some were not kept. */
function offered(
  { tools, definitions = {} }: NonNullable<Awaited<ReturnType<typeof readServerLook>>>,
  live: Resource,
): Readonly<Record<string, Definition>> | undefined {
  const pin = serverPin(live);
  const found: [string, Definition][] = [];
  for (const { name, state, digest } of tools) {
    if (state === 'removed' || state === 'unusable') continue;
    const known = pin.tools.get(name);
    const definition = state === 'same' ? known?.definition : definitions[name];
    if (definition === undefined || toolDigest(name, definition) !== (digest ?? known?.digest)) return undefined;
    found.push([name, definition]);
  }
  return Object.fromEntries(found);
}

function definitionsOf(tools: LockFile['servers'][string]['tools']): Readonly<Record<string, Definition>> {
  return Object.fromEntries(Object.entries(tools).map(([name, { definition }]) => [name, definition]));
}

function othersOf(lock: LockFile | undefined, server: string): ReadonlyMap<string, readonly string[]> {
  const others = Object.entries(lock?.servers ?? {}).filter(([name]) => name !== server);
  return new Map(others.map(([name, { tools }]) => [name, Object.keys(tools)] as const));
}

function lockIn(text: string | undefined): LockFile | undefined {
  if (text === undefined) return undefined;
  const { lock, problems } = parseLock({ path: lockPath, bytes: Buffer.from(text) });
  if (lock !== undefined) return lock.file;
  const [first] = problems;
  throw new TerminalError(`${lockPath}:${first?.line ?? 1}: ${first?.message ?? 'The file cannot be read.'}`, {
    code: first?.code ?? 'lock.digest',
    help: 'Restore the file on the branch first.',
    exit: exitCodes.findings,
  });
}

function unseen({ environment, server }: PinRequest): TerminalError {
  return new TerminalError(`No worker of ${environment} has asked McpServer/${neutral(server)} for its tools yet.`, {
    code: 'proposal.not_seen',
    help: `Workers ask within a minute of an apply; \`pawl drift --env ${environment}\` says whether it answers. Without one, pin it from a working copy: \`pawl mcp pin ${neutral(server)}\`.`,
    exit: exitCodes.findings,
  });
}

function refused({ server }: PinRequest, why: 'another' | 'unfit'): TerminalError {
  const because =
    why === 'another'
      ? 'the branch declares it otherwise than what is live, and that is what workers asked'
      : 'what it says is too long, or repeats a secret, so that it was not kept';
  return new TerminalError(`McpServer/${neutral(server)} cannot be pinned by a pull request: ${because}.`, {
    code: 'proposal.refused',
    help: `Pin it from a working copy: \`pawl mcp pin ${neutral(server)}\`.`,
    exit: exitCodes.findings,
  });
}
