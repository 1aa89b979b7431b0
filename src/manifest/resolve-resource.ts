import { fillDefaults, type Filled, type Reaching } from './defaults.ts';
import { digest } from './digest.ts';
import type { Files, PlacedFinding, Sound } from './estate.ts';
import { fileFinding } from './file-finding.ts';
import { isJsonObject, type Json, type JsonObject } from './json.ts';
import { objectAt } from './manifest-reference.ts';
import { keepMaking } from './origin.ts';
import type { Problem } from './problem.ts';
import type { Fragments } from './prompt-fragments.ts';
import type { Library } from './prompt-library.ts';
import { type FragmentPart, writePrompt } from './prompt-template.ts';
import { agentPrompt } from './resolve-prompt.ts';
import type { Resource } from './resource.ts';
import { moduleOf } from './resolve-module.ts';
import { parseScript } from './script.ts';

/** What a manifest takes in from around it. */
export interface Surroundings {
  readonly files: Files;
  readonly fragments: Fragments;
  readonly reaching: (namespace: string) => Reaching;
}

/** What joining a manifest with its files, libraries and Defaults came to. */
export interface Joined {
  /** Undefined: something is wrong with it. */
  readonly resource: Resource | undefined;
  /** In the manifest. */
  readonly findings: readonly PlacedFinding[];
  /** With a place of their own. */
  readonly problems: readonly Problem[];
  /** Libraries that it takes texts from. */
  readonly libraries: ReadonlySet<Library>;
  /** What Defaults gave it, by JSON pointer. */
  readonly given: Filled['given'];
}

/** The resource of a manifest: its prompt or script read in, and Defaults where its author said nothing. */
export function resourceOf(manifest: Sound, around: Surroundings): Joined {
  const reaching = around.reaching(manifest.identity.namespace);
  const known = made.get(manifest);
  if (known !== undefined && isCurrent(known, { manifest, around, reaching })) return known.joined;
  const sources = { bytes: bytesOf(manifest, around.files), reaching };
  const fresh = join(manifest, around, reaching);
  made.set(manifest, { ...sources, ...fresh });
  return fresh.joined;
}

// A resource is made again only when something it is made from differs: most of ten thousand stay the same from tick to
// tick.
const made = new WeakMap<Sound, Made>();

interface Made extends Fresh {
  readonly bytes: Uint8Array | undefined;
  readonly reaching: Reaching;
}

interface Fresh {
  readonly joined: Joined;
  /** What its prompt names. */
  readonly named: readonly Pick<FragmentPart, 'library' | 'key'>[];
}

interface Present {
  readonly manifest: Sound;
  readonly around: Surroundings;
  readonly reaching: Reaching;
}

function isCurrent({ bytes, reaching, named, joined }: Made, present: Present): boolean {
  const { manifest, around } = present;
  if (bytes !== bytesOf(manifest, around.files)) return false;
  if (reaching.length !== present.reaching.length || reaching.some((one, at) => one !== present.reaching[at]))
    return false;
  for (const library of joined.libraries) {
    if (around.fragments.library(library.manifest.address) !== library) return false;
  }
  return named.every((one) => around.fragments.take(one, manifest).kind === 'text');
}

/** Of the one file that a manifest has. Those of a library are compared where it is read. */
function bytesOf({ content, identity }: Sound, files: Files): Uint8Array | undefined {
  const path = identity.kind === 'PromptLibrary' ? undefined : content.files[0]?.path;
  return path === undefined ? undefined : files.get(path);
}

function join(manifest: Sound, around: Surroundings, reaching: Reaching): Fresh {
  switch (manifest.identity.kind) {
    case 'Agent':
      return agent(manifest, around, reaching);
    case 'PromptLibrary':
      return { joined: library(manifest, around), named: nothing };
    case 'ModelEndpoint':
      return { joined: scripted(manifest, around.files), named: nothing };
    case 'Tool':
      return { joined: tool(manifest, around), named: nothing };
    default:
      return { joined: done(manifest, fillDefaults(manifest, manifest.content.manifest, reaching)), named: nothing };
  }
}

const nothing: readonly never[] = [];
const noLibraries: ReadonlySet<Library> = new Set();
const nothingGiven: Filled['given'] = new Map();

function agent(manifest: Sound, around: Surroundings, reaching: Reaching): Fresh {
  const prompt = agentPrompt(manifest, around.files, around.fragments);
  const { promptFile: _file, promptRef: _ref, ...spec } = objectAt(manifest.content.manifest, 'spec');
  const same = prompt.text === undefined || prompt.text === spec['prompt'];
  const body = same ? manifest.content.manifest : withSpec(manifest, { ...spec, prompt: prompt.text ?? '' });
  const filled = fillDefaults(manifest, body, reaching);
  const findings = [...prompt.findings, ...modelFindings(objectAt(filled.manifest, 'spec'))];
  const { libraries, problems } = prompt;
  const resource = prompt.usable && findings.every(isWarning) ? done(manifest, filled, libraries).resource : undefined;
  return { joined: { resource, findings, problems, libraries, given: filled.given }, named: prompt.fragments };
}

/** pawl's own loop needs a model; an agent that runs elsewhere brings its own. */
function modelFindings(spec: JsonObject): readonly PlacedFinding[] {
  if (spec['modelRef'] !== undefined || spec['modelRefs'] !== undefined || isJsonObject(spec['runtime']))
    return nothing;
  const message = 'The agent names no model, and no Defaults gives it one.';
  const help = 'Add `modelRef`, or a Defaults with `modelRef` that reaches its namespace.';
  return [{ path: ['spec'], finding: { part: 'key', code: 'defaults.no_model', message, help } }];
}

function library(manifest: Sound, { fragments }: Surroundings): Joined {
  const read = fragments.library(manifest.address);
  const libraries = new Set(read === undefined ? [] : [read]);
  const prompts: Record<string, Json> = {};
  for (const [key, text] of read?.texts ?? []) {
    if (text === undefined) return { ...wrong([]), libraries };
    prompts[key] = writePrompt(text.parts);
  }
  const spec = objectAt(manifest.content.manifest, 'spec');
  const joined = done(manifest, { manifest: withSpec(manifest, { ...spec, prompts }), given: nothingGiven });
  return { ...joined, libraries };
}

function scripted(manifest: Sound, files: Files): Joined {
  const [need] = manifest.content.files;
  const unchanged = { manifest: manifest.content.manifest, given: nothingGiven };
  if (need === undefined) return done(manifest, unchanged);
  const bytes = need.path === undefined ? undefined : files.get(need.path);
  const fault = fileFinding(need, bytes);
  if (fault !== undefined || bytes === undefined)
    return wrong(fault === undefined ? [] : [{ path: need.at, finding: fault }]);
  const { script, problems } = parseScript({ path: need.path ?? '', bytes });
  if (script === undefined) return { ...wrong([]), problems };
  const { scriptFile: _file, ...spec } = objectAt(manifest.content.manifest, 'spec');
  return done(manifest, { ...unchanged, manifest: withSpec(manifest, { ...spec, script }) });
}

function tool(manifest: Sound, { files, reaching }: Surroundings): Joined {
  const read = moduleOf(manifest, files);
  if (read.manifest === undefined) return { ...wrong(read.findings), problems: read.problems };
  return done(manifest, fillDefaults(manifest, read.manifest, reaching(manifest.identity.namespace)));
}

function withSpec(manifest: Sound, spec: JsonObject): JsonObject {
  return { ...manifest.content.manifest, spec };
}

function done(manifest: Sound, { manifest: body, given }: Filled, libraries = noLibraries): Joined {
  const { kind, namespace, name } = manifest.identity;
  const { content, address } = manifest;
  const resource: Resource = {
    kind,
    namespace,
    name,
    address,
    manifest: body,
    digest: (body === content.manifest ? content.digest : undefined) ?? digest(body),
    place: manifest.document.place,
  };
  keepMaking(resource, { manifest, given, libraries: Array.from(libraries, (one) => one.manifest.address).sort() });
  return { resource, findings: [], problems: [], libraries, given };
}

function wrong(findings: readonly PlacedFinding[]): Joined {
  return { resource: undefined, findings, problems: [], libraries: noLibraries, given: nothingGiven };
}

function isWarning({ finding }: PlacedFinding): boolean {
  return finding.severity === 'warning';
}
