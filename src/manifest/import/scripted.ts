import { stringify } from 'yaml';
import { isJsonObject, type Json, type JsonObject } from '../json.ts';
import { listAt, objectAt } from '../manifest-reference.ts';
import { networkFields } from '../meaning-model.ts';
import { qualify } from '../reference.ts';
import { addressOf } from '../resource.ts';
import { missingKindPart, unsupportedIn } from '../support.ts';
import type { Emitted } from './conversion.ts';
import { manifestFolder, manifestPlace } from './manifest-place.ts';
import { renderManifest, yamlStyle } from './render-manifest.ts';
import { addSystems, replaceAgents, requireNoTools } from './scripted-agents.ts';
import { answerOf, type Standing } from './scripted-answer.ts';
import { ScriptedOverlay } from './scripted-overlay.ts';
import { answerTools, replaceServers } from './scripted-tools.ts';
import type { Settled } from './settle.ts';

/** The files by which what was imported can be tried offline, beside those that it goes live with. */
export interface Scripted {
  /** The folder that the environment has beside the others, as its last path; undefined: nothing had to be changed. */
  readonly overlay: string | undefined;
  /** Folders of kinds that the environment leaves out. */
  readonly leftOut: readonly string[];
  readonly files: readonly { readonly path: string; readonly text: string }[];
  /** What differs there from what goes live, by the kinds of resources. */
  readonly differences: readonly ScriptedDifference[];
}

export interface ScriptedDifference {
  readonly address: string;
  readonly text: string;
}

/** The environment that has the overlay. */
export const scriptedEnvironment = 'scripted';

/**
 * An overlay in which every model answers from a script and nothing outside is asked: patches, so that what goes live
 * stays as it is.
 */
export function scriptedFiles({ resources, written }: Pick<Settled, 'resources' | 'written'>): Scripted {
  const overlay = new ScriptedOverlay(resources);
  replaceServers(overlay);
  answerTools(overlay);
  replaceAgents(overlay);
  requireNoTools(overlay);
  answerModels(overlay);
  askNoService(overlay);
  forgetNothingElsewhere(overlay);
  leaveOutGateways(overlay);
  leaveOutMissing(overlay);
  addSystems(overlay);
  const folder = freeFolder(written.map(({ path }) => path));
  const isNamespaced = new Set(resources.map(({ namespace }) => namespace)).size > 1;
  const files = [
    ...overlay.differences.map(({ manifest, remarks }) => ({
      path: `${folder}/${manifestPlace(manifest, isNamespaced)}`,
      text: renderManifest(manifest, remarks),
    })),
    ...scriptFiles(overlay, { folder, isNamespaced, written }),
  ];
  return {
    overlay: files.some(({ path }) => path.startsWith(`${folder}/`)) ? folder : undefined,
    leftOut: [...overlay.leftOut.keys()].map(manifestFolder),
    files,
    differences: differencesOf(resources, overlay),
  };
}

function differencesOf(resources: readonly Emitted[], overlay: ScriptedOverlay): readonly ScriptedDifference[] {
  const gone = resources.flatMap((resource) => {
    const reason = overlay.leftOut.get(resource.kind);
    return reason === undefined ? [] : [{ address: addressOf(resource), text: `It is left out. ${reason}` }];
  });
  const other = overlay.differences.flatMap(({ manifest, remarks }) =>
    remarks.map((text) => ({ address: addressOf(manifest), text })),
  );
  return [...gone, ...other];
}

function freeFolder(paths: readonly string[]): string {
  const taken = new Set(paths.map((path) => path.split('/')[0]));
  for (let count = 1; ; count += 1) {
    const name = count === 1 ? 'scripted' : `scripted-${count}`;
    if (!taken.has(name)) return name;
  }
}

/** An endpoint that the import itself made up answers from a script already. */
function answerModels(overlay: ScriptedOverlay): void {
  for (const model of overlay.ofKind('ModelEndpoint')) {
    const { provider, scriptFile } = model.spec;
    if (provider === 'scripted' && typeof scriptFile === 'string') continue;
    const gone = networkFields.filter((field) => model.spec[field] !== undefined).map((field) => [field, null]);
    overlay.patch(
      model,
      { provider: 'scripted', scriptFile: `${model.name}.script.yaml`, ...Object.fromEntries(gone) },
      'The model answers from a script: offline, without a key, and always the same.',
    );
  }
}

/** A pattern that no text matches: the guard is in force, and asks nobody. */
const nothing = '[^\\x00-\\x{10FFFF}]';

function askNoService(overlay: ScriptedOverlay): void {
  for (const guard of overlay.ofKind('Guard')) {
    const provider = objectAt(guard.spec, 'provider');
    if (provider['type'] === 'regex') continue;
    const others = Object.keys(provider).filter((field) => field !== 'type');
    const regex = { patterns: [{ name: 'nothing', pattern: nothing }] };
    const gone = Object.fromEntries(others.map((field) => [field, null]));
    overlay.patch(
      guard,
      { provider: { type: 'regex', regex, ...gone } },
      'The guard asks no service here, and finds nothing.',
    );
  }
}

/** Memories in a service. What searches by meaning goes on to: its endpoint embeds offline, as the script's own. */
function forgetNothingElsewhere(overlay: ScriptedOverlay): void {
  for (const memory of overlay.ofKind('Memory')) {
    if (memory.spec['type'] !== 'http') continue;
    // Of words there is no likeness to ask for.
    const isLike = objectAt(memory.spec, 'longTerm')['minScore'] !== undefined;
    const words = isLike ? { longTerm: { minScore: null } } : {};
    const change = { type: 'postgres', http: null, ...words };
    overlay.patch(memory, change, 'The memory is kept by pawl, and no service is asked.');
  }
}

function leaveOutGateways(overlay: ScriptedOverlay): void {
  overlay.leaveOut('Gateway', 'No model, server or agent is reached through one.');
}

/** Whatever else waits for a part of pawl that this build lacks would keep the environment from being applied. */
function leaveOutMissing(overlay: ScriptedOverlay): void {
  for (const resource of overlay.resources) {
    const { kind, spec } = resource;
    const part = missingKindPart(kind);
    if (part !== undefined) overlay.leaveOut(kind, `This build lacks ${part}.`);
    else for (const lacking of unsupportedIn(kind, { kind, spec })) leaveOutField(overlay, resource, lacking);
  }
}

function leaveOutField(
  overlay: ScriptedOverlay,
  resource: Emitted,
  { path: [, ...path], part, value }: ReturnType<typeof unsupportedIn>[number],
): void {
  if (value !== undefined || path.some((step) => typeof step === 'number')) return;
  const patch = path.reduceRight<Json>((below, step) => ({ [step]: below }), null);
  if (isJsonObject(patch))
    overlay.patch(resource, patch, `\`spec.${path.join('.')}\` is left out: this build lacks ${part}.`);
}

interface Around extends Pick<Settled, 'written'> {
  readonly folder: string;
  readonly isNamespaced: boolean;
}

/** The script of each endpoint, beside the file that names it. */
function scriptFiles(overlay: ScriptedOverlay, { folder, isNamespaced, written }: Around): Scripted['files'] {
  const standings = standingsOf(overlay);
  const changed = new Set(overlay.differences.map(({ manifest }) => addressOf(manifest)));
  return overlay.ofKind('ModelEndpoint').flatMap((model) => {
    const { scriptFile } = model.spec;
    if (typeof scriptFile !== 'string') return [];
    const own = changed.has(addressOf(model))
      ? `${folder}/${manifestPlace(model, isNamespaced)}`
      : (written.find(({ resource }) => addressOf(resource) === addressOf(model))?.path ?? folder);
    const script = stringify({ replies: repliesFor(model, { overlay, standings }) }, yamlStyle);
    const head = '# What each agent says. Change the answers to try other ways through a graph.\n';
    return {
      path: `${own.slice(0, own.lastIndexOf('/') + 1)}${scriptFile}`,
      text: head + script,
    };
  });
}

interface Asked {
  readonly overlay: ScriptedOverlay;
  readonly standings: ReadonlyMap<string, readonly Standing[]>;
}

/** One reply for each agent that may ask the model; at least one, so that the file is a script. */
function repliesFor(model: Emitted, { overlay, standings }: Asked): JsonObject[] {
  const asking = overlay.ofKind('Agent').filter((agent) => uses(agent, model));
  const names = new Map(asking.map((agent) => [agent.name, agent]));
  const replies = Array.from(names.values(), (agent) => {
    const answer = answerOf(agent.name, agent.spec, standings.get(`${agent.namespace}/${agent.name}`) ?? []);
    const hasSchema = objectAt(agent.spec, 'output')['schema'] !== undefined;
    const turn = typeof answer === 'string' && !hasSchema ? { text: answer } : { json: answer };
    // A step may ask again: after a tool call of its own, or to mend an answer.
    return { agent: agent.name, turns: [turn, turn, turn] };
  });
  return replies.length > 0 ? replies : [{ agent: 'nobody', turns: [{ text: 'No agent names this model.' }] }];
}

function uses(agent: Emitted, model: Emitted): boolean {
  const { modelRef } = agent.spec;
  const references = [modelRef, ...listAt(agent.spec, 'modelRefs')];
  const path = `${model.namespace}/${model.name}`;
  return references.some((one) => typeof one === 'string' && qualify(one, agent.namespace) === path);
}

/** The nodes in which each agent stands, by its namespace and name. */
function standingsOf(overlay: ScriptedOverlay): ReadonlyMap<string, readonly Standing[]> {
  const standings = new Map<string, Standing[]>();
  for (const { namespace, spec } of overlay.ofKind('AgentSystem')) {
    const graph = objectAt(spec, 'graph');
    for (const [node, value] of Object.entries(graph)) {
      const agentRef = isJsonObject(value) ? value['agentRef'] : undefined;
      if (typeof agentRef !== 'string') continue;
      const key = qualify(agentRef, namespace);
      const known = standings.get(key);
      if (known === undefined) standings.set(key, [{ graph, node }]);
      else known.push({ graph, node });
    }
  }
  return standings;
}
