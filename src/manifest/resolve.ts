import { defaultsOf, mayDefaultMore } from './defaults.ts';
import { expressionFindings } from './expression-finding.ts';
import { estateOf, type Estate, type EstateBounds, type Files, type Report } from './estate.ts';
import { lockPath } from './file-name.ts';
import { checkOwnership } from './ownership.ts';
import { askFindings } from './resolve-ask.ts';
import { ceilingFindings } from './resolve-ceiling.ts';
import { gatewayFindings } from './resolve-gateway.ts';
import { givenFindings } from './resolve-given.ts';
import { grantFindings, unknownToolFindings } from './resolve-grant.ts';
import { checkNesting } from './resolve-nesting.ts';
import { memoryFindings } from './resolve-memory.ts';
import { poolFindings } from './resolve-pool.ts';
import { checkReferences } from './resolve-reference.ts';
import { pinsOf } from './resolve-pin.ts';
import { checkRenames } from './resolve-rename.ts';
import { resourceOf } from './resolve-resource.ts';
import { groupFindings, receiverProblems } from './resolve-settings.ts';
import { targetFindings } from './resolve-target.ts';
import { workInputFindings } from './resolve-work-input.ts';
import { betweenLibraries, focusOf, type Resolution, rulesOf } from './resolution.ts';
import { completed, continued, type Resolved } from './resolved.ts';
import { Findings } from './resolve-findings.ts';
import { Fragments } from './prompt-fragments.ts';
import { compareText } from './problem.ts';
import type { Address, EnvironmentSettings, Resource } from './resource.ts';
import type { Validated } from './validate.ts';

/** What of an environment's settings bears on its resources, and what of its files cannot be read. */
export type Bounds = Partial<
  Pick<EnvironmentSettings, 'namespaces' | 'paths' | 'ownership' | 'groups' | 'alertPlaces'>
> &
  EstateBounds & {
    /** Made under the same settings. */
    readonly before?: Resolution | undefined;
  };

/** Joins the documents of one environment into its resources. After an earlier time only what changed is checked. */
export function resolve(manifests: readonly Validated[], files: Files, environment: Bounds): Resolved {
  const { before, lost = [] } = environment;
  const focus = before === undefined || lost.length > 0 ? undefined : focusOf(before, manifests, files);
  const findings = new Findings();
  const estate = focus?.estate ?? estateOf(manifests, environment, findings.report);
  for (const manifest of focus === undefined ? manifests : estate.subjects) findings.addOwn(manifest);
  const joined = joinAll(estate, files, { environment, findings });
  const known = { manifests, files, known: estate.known };
  if (focus !== undefined && before !== undefined) return continued({ ...known, ...joined, findings }, before, focus);
  const targetProblems = findings.of((report) => targetFindings(estate, report));
  return completed({ ...known, ...joined, findings, targetProblems, rules: rulesOf(estate) });
}

interface Joining {
  readonly environment: Bounds;
  readonly findings: Findings;
}

interface JoinedAll {
  /** Of the subjects that nothing is wrong with. */
  readonly resources: ReadonlyMap<Address, Resource>;
  readonly libraries: ReadonlyMap<Address, readonly Address[]>;
}

/** Checks the subjects against all that is known, and makes their resources. */
function joinAll(estate: Estate, files: Files, { environment, findings }: Joining): JoinedAll {
  const { report } = findings;
  const reaching = defaultsOf(estate, report);
  const targets = { ...estate, reaching };
  checkReferences(targets, report);
  checkBounds(estate, environment, report);
  findings.add(receiverProblems(estate, environment.alertPlaces ?? []));
  checkRenames(estate, report);
  checkNesting(estate, reaching, report);
  grantFindings(estate, report);
  unknownToolFindings(estate, report);
  askFindings(estate, report);
  memoryFindings(estate, report);
  gatewayFindings(estate, report);
  ceilingFindings(estate, report);
  expressionFindings(estate, report);
  workInputFindings(estate, report);
  poolFindings(targets, report);
  const around = { files, fragments: new Fragments(targets, files), reaching };
  for (const { manifest, path, finding } of around.fragments.findings) report(manifest, path, finding);
  findings.add(around.fragments.problems);
  // A server that lacks nothing but its pin is there to be asked for it.
  const pinnable = new Set((estate.byKind.get('McpServer') ?? []).filter((server) => !findings.isFaulty(server)));
  const pins = pinsOf(estate, files.get(lockPath), report);
  findings.add(pins.problems);
  const given = givenFindings(targets, report);
  let uncertain: boolean | undefined;
  const resources = new Map<Address, Resource>();
  const libraries = new Map<Address, readonly Address[]>([[betweenLibraries, [...around.fragments.used]]]);
  for (const manifest of estate.sound) {
    const joined = resourceOf(manifest, around);
    for (const { path, finding } of joined.findings) {
      // One mistake in Defaults is not one in each of a thousand agents.
      if (finding.code === 'defaults.no_model' && (uncertain ??= mayDefaultMore(estate))) findings.refuse(manifest);
      else report(manifest, path, finding);
    }
    findings.addTo(manifest, joined.problems);
    if (manifest.identity.kind === 'Agent' && joined.libraries.size > 0)
      libraries.set(
        manifest.address,
        Array.from(joined.libraries, (library) => library.manifest.address),
      );
    if (joined.given.size > 0) given(manifest, joined);
    if (joined.resource === undefined || (findings.isFaulty(manifest) && !pinnable.has(manifest))) continue;
    resources.set(manifest.address, pins.join(joined.resource));
  }
  return { resources, libraries };
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
  if (ownership !== undefined) checkOwnership(estate.subjects, ownership, report);
  if (groups !== undefined) groupFindings(estate, groups, report);
}

function checkNamespaces(estate: Estate, namespaces: readonly string[], report: Report): void {
  const allowed = new Set(namespaces);
  for (const manifest of estate.subjects) {
    const namespace = manifest.identity?.namespace ?? '';
    if (allowed.has(namespace)) continue;
    const message = `The environment does not hold the namespace \`${namespace}\`.`;
    const help = `It holds: ${namespaces.join(', ')}. Change the namespace, or add it in pawl.yaml.`;
    report(manifest, ['metadata', 'namespace'], { code: 'environment.namespace', message, help });
  }
}
