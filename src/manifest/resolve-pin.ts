import { digest } from './digest.ts';
import type { Estate, Report, Sound } from './estate.ts';
import { lockPath } from './file-name.ts';
import { isGlob, matchesGlob } from './glob.ts';
import { isJsonObject, type Json, type JsonObject, own } from './json.ts';
import { type Lock, parseLock, type PinnedServer } from './lock.ts';
import { changedField } from './lock-identity.ts';
import { listAt, objectAt } from './manifest-reference.ts';
import { didYouMean } from './nearest.ts';
import { keepMaking, makingOf } from './origin.ts';
import { problemIn } from './position.ts';
import { compareText, type Problem } from './problem.ts';
import { qualify } from './reference.ts';
import type { Resource } from './resource.ts';
import { serverToolName } from './server-tools.ts';
import { shownText } from './shown.ts';
import type { Path } from './text.ts';

/** What the lock file means for the resources of an environment. */
export interface Pins {
  /** In the lock file. What is wrong in manifests is reported as the manifests' own. */
  readonly problems: readonly Problem[];
  /** The resource with what is pinned in it: tools by definition in an McpServer, by exact name in an Agent. */
  readonly join: (resource: Resource) => Resource;
}

/** Holds the environment's MCP servers, and what agents take of them, against the lock file. */
export function pinsOf(estate: Estate, bytes: Uint8Array | undefined, report: Report): Pins {
  const { lock, problems } = bytes === undefined ? noLock : lockOf(bytes);
  // Of a lock file that cannot be used nothing is known: that every server lacks a pin would be a guess.
  if (problems.length > 0) return { problems, join: (resource) => resource };
  const pinned = new Map<string, Pinned>();
  const stale = new Map<string, string>();
  for (const server of estate.byKind.get('McpServer') ?? []) {
    checkName(server, estate, report);
    const pin = checkServer(server, lock, report);
    if (typeof pin === 'string') stale.set(server.address, pin);
    else if (pin !== undefined) pinned.set(server.address, pin);
  }
  const taken = new Map<string, JsonObject[]>();
  for (const agent of estate.byKind.get('Agent') ?? []) {
    if (!agent.references.some(({ kind }) => kind === 'McpServer')) continue;
    taken.set(agent.address, takenTools(agent, pinned, report));
  }
  return {
    problems: unusedProblems(lock, estate),
    join: (resource) => {
      const server = pinned.get(resource.address);
      if (server !== undefined) return joined(resource, server.entry, { pinned: contentOf(server) });
      const field = stale.get(resource.address);
      // Under `pin: onDeclare` a plan goes on, and what is called must not be taken for what was looked at.
      if (field !== undefined) return joined(resource, field, { pinned: { stale: field } });
      const tools = taken.get(resource.address);
      return tools === undefined ? resource : joined(resource, JSON.stringify(tools), { tools });
    },
  };
}

interface Pinned {
  readonly entry: PinnedServer;
  /** Names of the tools that the server's own lists leave, sorted. */
  readonly names: readonly string[];
}

const noLock: ReturnType<typeof parseLock> = { problems: [] };

// The same bytes are the same object from tick to tick, and a lock file takes long to parse.
const locks = new WeakMap<Uint8Array, ReturnType<typeof parseLock>>();

function lockOf(bytes: Uint8Array): ReturnType<typeof parseLock> {
  const known = locks.get(bytes) ?? parseLock({ path: lockPath, bytes });
  locks.set(bytes, known);
  return known;
}

/** A role names both alike. */
function checkName(server: Sound, { known }: Estate, report: Report): void {
  const { namespace, name } = server.identity;
  if (!known.has(`Tool/${namespace}/${name}`)) return;
  report(server, ['metadata', 'name'], {
    code: 'manifest.duplicate_entry',
    message: `Tool/${namespace}/${name} has the same name: a role that grants one would grant the other.`,
    help: 'Give one of the two another name.',
  });
}

/** The server's pin; where it is of another server than the declared one, the field that says so. */
function checkServer(server: Sound, lock: Lock | undefined, report: Report): Pinned | string | undefined {
  const { namespace, name } = server.identity;
  const spec = objectAt(server.content.manifest, 'spec');
  const severity = spec['pin'] === 'onDeclare' ? 'warning' : 'error';
  const entry = own(lock?.file.servers, `${namespace}/${name}`);
  if (entry === undefined) {
    const message = `${lockPath} has no tools of ${server.address}.`;
    const help =
      severity === 'error'
        ? `Run \`pawl mcp pin ${name}\` and have the lock file reviewed, or say \`pin: onDeclare\` while you try it.`
        : `Run \`pawl mcp pin ${name}\` before anybody relies on it: until then no model is offered its tools.`;
    report(server, ['spec', 'pin'], { part: 'key', code: 'pin.missing', severity, message, help });
    return undefined;
  }
  const field = changedField(spec, entry.identity);
  if (field !== undefined) {
    const message = `\`${field}\` is not what it was when the tools of ${server.address} were pinned.`;
    const help = 'Pin the server again and have its tools reviewed, or undo the change.';
    report(server, ['spec', field], { code: 'pin.stale', severity, message, help });
    return field;
  }
  return { entry, names: usableNames(server, Object.keys(entry.tools), report) };
}

function usableNames(server: Sound, pinned: readonly string[], report: Report): string[] {
  const lists = objectAt(objectAt(server.content.manifest, 'spec'), 'tools');
  for (const list of ['allow', 'deny']) {
    for (const [index, glob] of textsAt(lists, list).entries()) {
      if (pinned.some((name) => matchesGlob(glob, name))) continue;
      const finding = noTool(glob, { server: server.address, names: pinned });
      report(server, ['spec', 'tools', list, index], { ...finding, severity: 'warning' });
    }
  }
  const deny = textsAt(lists, 'deny');
  const allow = lists['allow'] === undefined ? ['*'] : textsAt(lists, 'allow');
  const isIn = (globs: readonly string[], name: string) => globs.some((glob) => matchesGlob(glob, name));
  return pinned.filter((name) => isIn(allow, name) && !isIn(deny, name)).sort(compareText);
}

/** The agent's `tools`, with the names of a pinned server's tools in place of globs. */
function takenTools(agent: Sound, pinned: ReadonlyMap<string, Pinned>, report: Report): JsonObject[] {
  const tools = listAt(objectAt(agent.content.manifest, 'spec'), 'tools').filter(isJsonObject);
  const offered = new Map<string, string>();
  return tools.map((use, index) => {
    const reference = use['mcpServerRef'];
    if (typeof reference !== 'string' || use['tools'] === undefined) return use;
    const server = `McpServer/${qualify(reference, agent.identity.namespace)}`;
    const pin = pinned.get(server);
    if (pin === undefined) return use;
    const at = ['spec', 'tools', index, 'tools'];
    const names = new Set<string>();
    for (const [position, written] of textsAt(use, 'tools').entries()) {
      const found = pin.names.filter((name) => matchesGlob(written, name));
      for (const name of found) names.add(name);
      if (found.length === 0) reportNothing(written, { agent, server, pin, at: [...at, position] }, report);
    }
    const clash = clashOf(server, names, offered);
    if (clash !== undefined) report(agent, at, clash);
    return { ...use, tools: [...names].sort(compareText) };
  });
}

/** Two servers of one name in two namespaces, with tools of one name. `offered`: whose each name is so far. */
function clashOf(server: string, names: ReadonlySet<string>, offered: Map<string, string>) {
  const path = server.slice('McpServer/'.length);
  let clash: string | undefined;
  for (const tool of names) {
    const name = serverToolName({ server: path, tool });
    const other = offered.get(name);
    if (other !== undefined && other !== path) clash ??= `\`${tool}\` of McpServer/${other} and ${server}`;
    offered.set(name, path);
  }
  return clash === undefined
    ? undefined
    : {
        code: 'manifest.duplicate_entry',
        message: `${clash} would be offered under one name, and a model could not tell them apart.`,
        help: 'Keep one of the two, or give one of the servers another name.',
      };
}

interface Use {
  readonly agent: Sound;
  readonly server: string;
  readonly pin: Pinned;
  readonly at: Path;
}

/** A name that nothing answers to is a mistake; a glob may be meant for what is to come. */
function reportNothing(written: string, { agent, server, pin, at }: Use, report: Report): void {
  const severity = isGlob(written) ? 'warning' : 'error';
  const isHidden = Object.keys(pin.entry.tools).some((name) => matchesGlob(written, name));
  if (!isHidden) return report(agent, at, { ...noTool(written, { server, names: pin.names }), severity });
  report(agent, at, {
    code: 'pin.hidden_tool',
    severity,
    message: `\`${shownText(written)}\` is left out by the own \`tools\` of ${server}.`,
    help: 'Change `tools.allow` and `tools.deny` of the server, or take it from the agent.',
  });
}

function noTool(written: string, { server, names }: { readonly server: string; readonly names: readonly string[] }) {
  const what = isGlob(written) ? 'No pinned tool matches' : 'There is no pinned tool';
  const few = names.length === 0 ? 'It has none.' : `It has ${[...names].sort(compareText).slice(0, 8).join(', ')}.`;
  return {
    code: 'pin.no_tool',
    message: `${what} \`${shownText(written)}\` of ${server}.`,
    help: didYouMean(written, names) ?? few,
  };
}

/**
 * Everything that reaches a model or a worker; when and with what it was pinned does not, nor what the server's own
 * lists leave out: a Tool of type `mcp` that names it has no pin, and is not called.
 */
function contentOf({ entry: { identity, toolsDigest, tools }, names }: Pinned): JsonObject {
  const { imageDigest } = identity;
  const usable = Object.fromEntries(names.map((name) => [name, tools[name]]));
  return { ...(imageDigest === undefined ? {} : { imageDigest }), toolsDigest, tools: usable } as unknown as JsonObject;
}

// A resource is made again only when its pin differs.
const made = new WeakMap<Resource, { readonly key: unknown; readonly resource: Resource }>();

function joined(resource: Resource, key: unknown, fields: Readonly<Record<string, Json>>): Resource {
  const known = made.get(resource);
  if (known !== undefined && known.key === key) return known.resource;
  const manifest = { ...resource.manifest, spec: { ...objectAt(resource.manifest, 'spec'), ...fields } };
  const fresh: Resource = { ...resource, manifest, digest: digest(manifest) };
  const making = makingOf(resource);
  if (making !== undefined) keepMaking(fresh, making);
  made.set(resource, { key, resource: fresh });
  return fresh;
}

function unusedProblems(lock: Lock | undefined, estate: Estate): Problem[] {
  // What cannot be read may declare the server.
  if (lock === undefined || estate.lost.length > 0) return [];
  const unused = Object.keys(lock.file.servers).filter((address) => !estate.known.has(`McpServer/${address}`));
  return unused.map((address) =>
    problemIn(lock.document, ['servers', address], {
      part: 'key',
      code: 'lock.unused',
      severity: 'warning',
      message: `No manifest declares McpServer/${address}.`,
      help: 'Remove the entry, or correct its name.',
    }),
  );
}

function textsAt(holder: JsonObject, field: string): string[] {
  return listAt(holder, field).filter((text) => typeof text === 'string');
}
