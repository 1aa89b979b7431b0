import { defaultsOf } from './defaults.ts';
import { isSound, type Estate, type Files, type Report, type Sound } from './estate.ts';
import { grantFindings } from './resolve-grant.ts';
import { referenceFinding } from './resolve-reference.ts';
import { resourceOf } from './resolve-resource.ts';
import { targetFindings } from './resolve-target.ts';
import { isBefore } from './overlay.ts';
import { Fragments } from './prompt-fragments.ts';
import { givenFindings } from './resolve-given.ts';
import { problemIn } from './position.ts';
import { compareProblems, compareText, type Problem } from './problem.ts';
import type { Address, EnvironmentSettings, Kind, Resource } from './resource.ts';
import type { Finding, Path } from './text.ts';
import type { Validated } from './validate.ts';

export interface Resolved {
  /** In address order; only those without errors. */
  readonly resources: ReadonlyMap<Address, Resource>;
  /** Of all documents, their own included; sorted. */
  readonly problems: readonly Problem[];
}

/** What of an environment's settings bears on its resources. */
export type Bounds = Partial<Pick<EnvironmentSettings, 'namespaces' | 'paths'>>;

/** Joins the documents of one environment into its resources. */
export function resolve(manifests: readonly Validated[], files: Files, environment: Bounds): Resolved {
  const problems: Problem[] = [];
  const faulty = new Set<Validated>();
  const report: Report = (manifest, path, finding) => {
    problems.push(placed(manifest, path, finding));
    if (finding.severity !== 'warning') faulty.add(manifest);
  };
  for (const manifest of manifests) if (manifest.problems.length > 0) problems.push(...manifest.problems);
  const estate = estateOf(manifests, report);
  checkNamespaces(estate, environment.namespaces, report);
  const used = checkReferences(estate, report);
  grantFindings(estate, report);
  targetFindings(estate, report);
  const around = { files, fragments: new Fragments(estate, files), reaching: defaultsOf(estate, report) };
  for (const { manifest, path, finding } of around.fragments.findings) report(manifest, path, finding);
  problems.push(...around.fragments.problems);
  for (const address of around.fragments.used) used.add(address);
  const given = givenFindings(estate, report);
  const resources = new Map<Address, Resource>();
  for (const manifest of estate.sound) {
    const joined = resourceOf(manifest, around);
    for (const { path, finding } of joined.findings) report(manifest, path, finding);
    problems.push(...joined.problems);
    if (manifest.identity.kind === 'Agent') for (const library of joined.libraries) used.add(library.manifest.address);
    if (joined.given.size > 0) given(manifest, joined);
    if (joined.resource !== undefined && !faulty.has(manifest)) resources.set(manifest.address, joined.resource);
  }
  reportUnused(estate, used, report);
  return { resources: inAddressOrder(resources), problems: problems.sort(compareProblems) };
}

function inAddressOrder(resources: ReadonlyMap<Address, Resource>): ReadonlyMap<Address, Resource> {
  const ordered = new Map<Address, Resource>();
  // Without a comparer strings are sorted by code unit, as `compareText` does, at a quarter of its cost.
  for (const address of [...resources.keys()].sort()) {
    const resource = resources.get(address);
    if (resource !== undefined) ordered.set(address, resource);
  }
  return ordered;
}

/** Paths of the prompt and script files that the manifests name. */
export function filesNeeded(manifests: readonly Validated[]): string[] {
  const paths = new Set<string>();
  for (const { content } of manifests)
    for (const { path } of content?.files ?? []) if (path !== undefined) paths.add(path);
  return [...paths].sort(compareText);
}

function estateOf(manifests: readonly Validated[], report: Report): Estate {
  const known = new Map<Address, Validated>();
  for (const manifest of manifests) {
    if (manifest.address === undefined) continue;
    const other = known.get(manifest.address);
    // The first by place stays, so that the order in which files are read never shows.
    const [first, second] = other === undefined || isBefore(manifest, other) ? [manifest, other] : [other, manifest];
    known.set(manifest.address, first);
    if (second !== undefined) reportDuplicate(first, second, report);
  }
  const sound: Sound[] = [];
  for (const manifest of known.values()) if (isSound(manifest)) sound.push(manifest);
  return { known, sound };
}

function reportDuplicate(first: Validated, second: Validated, report: Report): void {
  const name = first.address ?? '';
  const { file, line } = first.document.place;
  const message = `${name} is declared twice: here and at ${file}:${line}.`;
  report(second, ['metadata', 'name'], {
    code: 'manifest.duplicate',
    message,
    help: 'Remove one of the two, or rename it.',
  });
}

function checkNamespaces(estate: Estate, namespaces: readonly string[] | undefined, report: Report): void {
  if (namespaces === undefined) return;
  const allowed = new Set(namespaces);
  for (const manifest of estate.known.values()) {
    const namespace = manifest.identity?.namespace ?? '';
    if (allowed.has(namespace)) continue;
    const message = `The environment does not hold the namespace \`${namespace}\`.`;
    const help = `It holds: ${namespaces.join(', ')}. Change the namespace, or add it in pawl.yaml.`;
    report(manifest, ['metadata', 'namespace'], { code: 'environment.namespace', message, help });
  }
}

/** Reports references that lead nowhere, and says what is referred to. */
function checkReferences(estate: Estate, report: Report): Set<Address> {
  const used = new Set<Address>();
  for (const manifest of estate.known.values()) {
    for (const reference of manifest.references) {
      if (!reference.restricts) used.add(reference.address);
      const finding = referenceFinding(reference, manifest, estate);
      if (finding !== undefined) report(manifest, finding.path, finding);
    }
  }
  return used;
}

/** Kinds that do nothing by themselves. */
const usable: ReadonlySet<Kind> = new Set(['Secret', 'ModelEndpoint', 'PromptLibrary', 'Tool', 'AgentRole', 'Agent']);

function reportUnused(estate: Estate, used: ReadonlySet<Address>, report: Report): void {
  for (const manifest of estate.sound) {
    const { address, identity } = manifest;
    if (!usable.has(identity.kind) || used.has(address)) continue;
    const finding = {
      code: 'manifest.unused',
      severity: 'warning',
      message: `Nothing refers to ${address}.`,
      help: 'Use it, or remove it.',
    } as const;
    report(manifest, ['metadata', 'name'], finding);
  }
}

// Finding a place parses a document again. What is wrong usually stays wrong from one commit to the next, so a problem
// is kept with the document that it is in, and both go together.
const places = new WeakMap<Validated, Map<string, Problem>>();

function placed(manifest: Validated, path: Path, finding: Finding): Problem {
  const known = places.get(manifest) ?? new Map<string, Problem>();
  const key = `${path.join('\0')}\0${finding.code}\0${finding.message}\0${finding.help}`;
  const problem = known.get(key) ?? problemIn(manifest.document, path, { ...finding, address: manifest.address });
  // A document can be wrong in many ways over time; only the latest are worth keeping.
  if (known.size > 1_000) known.clear();
  known.set(key, problem);
  places.set(manifest, known);
  return problem;
}
