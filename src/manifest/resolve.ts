import { defaultsOf, mayDefaultMore } from './defaults.ts';
import { expressionFindings } from './expression-finding.ts';
import { estateOf, type Estate, type EstateBounds, type Files, type Report } from './estate.ts';
import { lockPath } from './file-name.ts';
import { checkOwnership } from './ownership.ts';
import { ceilingFindings } from './resolve-ceiling.ts';
import { givenFindings } from './resolve-given.ts';
import { grantFindings, unknownToolFindings } from './resolve-grant.ts';
import { checkNesting } from './resolve-nesting.ts';
import { checkReferences } from './resolve-reference.ts';
import { pinsOf } from './resolve-pin.ts';
import { checkRenames } from './resolve-rename.ts';
import { resourceOf } from './resolve-resource.ts';
import { groupFindings, receiverProblems } from './resolve-settings.ts';
import { targetFindings } from './resolve-target.ts';
import { reportUnused } from './resolve-unused.ts';
import { Fragments } from './prompt-fragments.ts';
import { problemIn } from './position.ts';
import { compareProblems, compareText, type Problem } from './problem.ts';
import type { Address, EnvironmentSettings, Resource } from './resource.ts';
import type { Path } from './text.ts';
import type { Validated } from './validate.ts';

export interface Resolved {
  /** In address order; only those without errors. */
  readonly resources: ReadonlyMap<Address, Resource>;
  /** Of all documents, their own included; sorted. */
  readonly problems: readonly Problem[];
}

/** What of an environment's settings bears on its resources, and what of its files cannot be read. */
export type Bounds = Partial<
  Pick<EnvironmentSettings, 'namespaces' | 'paths' | 'ownership' | 'groups' | 'alertPlaces'>
> &
  EstateBounds;

/** Joins the documents of one environment into its resources. */
export function resolve(manifests: readonly Validated[], files: Files, environment: Bounds): Resolved {
  const problems: Problem[] = [];
  const faulty = new Set<Validated>();
  const report: Report = (manifest, path, finding) => {
    problems.push(placed(manifest, path, finding));
    if (finding.severity !== 'warning') faulty.add(manifest);
  };
  for (const manifest of manifests) if (manifest.problems.length > 0) problems.push(...manifest.problems);
  const estate = estateOf(manifests, environment, report);
  const reaching = defaultsOf(estate, report);
  const targets = { ...estate, reaching };
  const used = checkReferences(targets, report);
  checkBounds(estate, environment, report);
  problems.push(...receiverProblems(estate, environment.alertPlaces ?? []));
  checkRenames(estate, report);
  checkNesting(estate, reaching, report);
  grantFindings(estate, report);
  unknownToolFindings(estate, report);
  targetFindings(estate, report);
  ceilingFindings(estate, report);
  expressionFindings(estate, report);
  const around = { files, fragments: new Fragments(targets, files), reaching };
  for (const { manifest, path, finding } of around.fragments.findings) report(manifest, path, finding);
  problems.push(...around.fragments.problems);
  for (const address of around.fragments.used) used.add(address);
  const pins = pinsOf(estate, files.get(lockPath), report);
  problems.push(...pins.problems);
  const given = givenFindings(targets, report);
  let uncertain: boolean | undefined;
  const resources = new Map<Address, Resource>();
  for (const manifest of estate.sound) {
    const joined = resourceOf(manifest, around);
    for (const { path, finding } of joined.findings) {
      // One mistake in Defaults is not one in each of a thousand agents.
      if (finding.code === 'defaults.no_model' && (uncertain ??= mayDefaultMore(estate))) faulty.add(manifest);
      else report(manifest, path, finding);
    }
    problems.push(...joined.problems);
    if (manifest.identity.kind === 'Agent') for (const library of joined.libraries) used.add(library.manifest.address);
    if (joined.given.size > 0) given(manifest, joined);
    if (joined.resource === undefined || faulty.has(manifest)) continue;
    resources.set(manifest.address, pins.join(joined.resource));
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

/** Reports what the environment, or the owner of the folder, does not let its files declare. */
function checkBounds(estate: Estate, { namespaces, ownership, groups }: Bounds, report: Report): void {
  if (namespaces !== undefined) checkNamespaces(estate, namespaces, report);
  if (ownership !== undefined) checkOwnership(estate.known.values(), ownership, report);
  if (groups !== undefined) groupFindings(estate, groups, report);
}

function checkNamespaces(estate: Estate, namespaces: readonly string[], report: Report): void {
  const allowed = new Set(namespaces);
  for (const manifest of estate.known.values()) {
    const namespace = manifest.identity?.namespace ?? '';
    if (allowed.has(namespace)) continue;
    const message = `The environment does not hold the namespace \`${namespace}\`.`;
    const help = `It holds: ${namespaces.join(', ')}. Change the namespace, or add it in pawl.yaml.`;
    report(manifest, ['metadata', 'namespace'], { code: 'environment.namespace', message, help });
  }
}

// Finding a place parses a document again. What is wrong usually stays wrong from one commit to the next, so a problem
// is kept with the document that it is in, and both go together.
const places = new WeakMap<Validated, Map<string, Problem>>();

function placed(manifest: Validated, path: Path, finding: Parameters<Report>[2]): Problem {
  const known = places.get(manifest) ?? new Map<string, Problem>();
  const { document = manifest.document, code, message, help } = finding;
  const key = [document.place.file, ...path, code, message, help, finding.within?.offset].join('\0');
  const problem = known.get(key) ?? problemIn(document, path, { ...finding, address: manifest.address });
  // A document can be wrong in many ways over time; only the latest are worth keeping.
  if (known.size > 1_000) known.clear();
  known.set(key, problem);
  places.set(manifest, known);
  return problem;
}
