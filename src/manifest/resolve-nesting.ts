import type { Reaching } from './defaults.ts';
import type { Estate, Report } from './estate.ts';
import { type Chain, chainsBelow, findCycles, heightsOf, type Links } from './nesting.ts';
import { objectAt, type ManifestReference } from './manifest-reference.ts';
import { placeIn } from './place.ts';
import type { Address, Kind } from './resource.ts';
import type { Validated } from './validate.ts';

/** As deep as agents may hand work on where nothing says so, and as systems may contain systems. */
export const nestingMax = 10;

/** Reports agents that hand work to each other in a circle or too deep, and systems that contain each other so. */
export function checkNesting(estate: Estate, reaching: (namespace: string) => Reaching, report: Report): void {
  for (const words of [agents, systems]) {
    const links = linksOf(estate, words.kind);
    if (links.size === 0) continue;
    const { heights, rest } = heightsOf(links);
    const chainBelow = chainsBelow({ links, heights }, shownMax + 1);
    for (const cycle of findCycles(rest)) reportCycle(cycle, { words, estate, report });
    for (const [address, height] of heights) {
      // What agents hand on is counted, not that the first one hands work to them.
      if (height - 1 <= 0) continue;
      const manifest = estate.known.get(address);
      if (manifest === undefined) continue;
      const bound =
        words.kind === 'Agent'
          ? boundOf(manifest, reaching)
          : { max: nestingMax, said: `At most ${nestingMax} levels are allowed` };
      if (height - 1 <= bound.max) continue;
      const chain = chainBelow(address);
      const edge = edgeOf(manifest, chain.first[1] ?? '', words.kind);
      const message = `${words.deep(shown(chain))}: ${height - 1} deep. ${bound.said}.`;
      report(manifest, edge?.path ?? ['spec'], { code: words.deepCode, message, help: words.deepHelp });
    }
  }
}

interface Words {
  readonly kind: Kind;
  readonly self: (name: string) => string;
  readonly circle: (names: string) => string;
  readonly deep: (names: string) => string;
  readonly deepCode: string;
  readonly deepHelp: string;
}

const agents: Words = {
  kind: 'Agent',
  self: (name) => `\`${name}\` hands work to itself.`,
  circle: (names) => `Agents hand work to each other in a circle: ${names}.`,
  deep: (names) => `Work is handed on from agent to agent (${names})`,
  deepCode: 'delegation.depth',
  deepHelp: 'Shorten the chain, or raise `limits.maxDelegationDepth`.',
};

const systems: Words = {
  kind: 'AgentSystem',
  self: (name) => `\`${name}\` contains itself.`,
  circle: (names) => `Systems contain each other in a circle: ${names}.`,
  deep: (names) => `Systems contain systems (${names})`,
  deepCode: 'system.depth',
  deepHelp: 'Put the inner graphs into the outer ones.',
};

function linksOf(estate: Estate, kind: Kind): Links {
  const links = new Map<Address, readonly Address[]>();
  for (const manifest of estate.subjects) {
    if (manifest.identity?.kind !== kind || manifest.address === undefined) continue;
    const targets: Address[] = [];
    for (const reference of manifest.references) if (reference.kind === kind) targets.push(reference.address);
    if (targets.length > 0) links.set(manifest.address, targets);
  }
  return links;
}

interface Telling {
  readonly words: Words;
  readonly estate: Estate;
  readonly report: Report;
}

/** Once for each circle, at the first of it in address order; the others' places are its help. */
function reportCycle(cycle: readonly Address[], { words, estate, report }: Telling): void {
  const edges = cycle.flatMap((address, index) => {
    const manifest = estate.known.get(address);
    const edge = manifest && edgeOf(manifest, cycle[(index + 1) % cycle.length] ?? '', words.kind);
    return manifest === undefined || edge === undefined ? [] : [{ manifest, path: edge.path }];
  });
  const [first, ...others] = edges;
  if (first === undefined) return;
  if (cycle.length === 1) {
    const message = words.self(shortName(cycle[0] ?? ''));
    return report(first.manifest, first.path, { code: 'reference.self', message, help: 'Remove the reference.' });
  }
  const places = others.slice(0, shownMax).map(({ manifest, path }) => placeIn(manifest.document, path));
  const where = places.map(({ file, line }) => `${file}:${line}`).join(', ');
  const message = words.circle(shown({ first: [...cycle, cycle[0] ?? ''] }));
  report(first.manifest, first.path, {
    code: 'reference.cycle',
    message,
    help: `Remove one of the references: this one, or ${where}.`,
  });
}

function edgeOf(manifest: Validated, target: Address, kind: Kind): ManifestReference | undefined {
  return manifest.references.find((reference) => reference.kind === kind && reference.address === target);
}

/** What the agent says, what Defaults say, or pawl's own bound. */
function boundOf(manifest: Validated, reaching: (namespace: string) => Reaching): { max: number; said: string } {
  const own = depthIn(objectAt(objectAt(objectOf(manifest), 'spec'), 'limits'));
  if (own !== undefined) return { max: own, said: `Its \`limits.maxDelegationDepth\` is ${own}` };
  for (const defaults of reaching(manifest.identity?.namespace ?? '')) {
    const max = depthIn(objectAt(objectAt(defaults.content.manifest, 'spec'), 'limits'));
    if (max === undefined) continue;
    const { file, line } = placeIn(defaults.document, ['spec', 'limits', 'maxDelegationDepth']);
    return { max, said: `${defaults.address} (${file}:${line}) allows ${max}` };
  }
  return { max: nestingMax, said: `At most ${nestingMax} is allowed` };
}

function objectOf({ content }: Validated) {
  return content?.manifest ?? {};
}

function depthIn(limits: ReturnType<typeof objectAt>): number | undefined {
  const depth = limits['maxDelegationDepth'];
  return typeof depth === 'number' ? depth : undefined;
}

const shownMax = 8;

/** `a → b → … → z`: a long chain is shown by its ends. */
function shown({ first, last }: Chain): string {
  const isLong = last !== undefined || first.length > shownMax + 1;
  const kept = isLong ? [...first.slice(0, shownMax - 1), last ?? first.at(-1) ?? ''] : first;
  const names = kept.map((address) => `\`${shortName(address)}\``);
  if (isLong) names.splice(-1, 0, '…');
  return names.join(' → ');
}

function shortName(address: Address): string {
  const [, namespace = '', name = ''] = address.split('/');
  return namespace === 'default' ? name : `${namespace}/${name}`;
}
