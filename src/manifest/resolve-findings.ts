import type { Report } from './estate.ts';
import { problemIn } from './position.ts';
import type { Problem } from './problem.ts';
import type { Address } from './resource.ts';
import type { Path } from './text.ts';
import type { Validated } from './validate.ts';

/** What is found wrong while an environment is resolved, by the resource that it is said of. */
export class Findings {
  readonly #said = new Map<Address, Problem[]>();
  readonly #others: Problem[] = [];
  readonly #faulty = new Set<Validated>();

  readonly report: Report = (manifest, path, finding) => {
    this.addTo(manifest, [placed(manifest, path, finding)]);
    if (finding.severity !== 'warning') this.#faulty.add(manifest);
  };

  /** What is wrong with a document by itself. */
  addOwn(manifest: Validated): void {
    if (manifest.problems.length > 0) this.addTo(manifest, manifest.problems);
  }

  addTo({ address }: Validated, problems: readonly Problem[]): void {
    if (problems.length === 0) return;
    if (address === undefined) return this.add(problems);
    const said = this.#said.get(address) ?? [];
    for (const problem of problems) said.push(problem);
    this.#said.set(address, said);
  }

  /** What is said of no resource. */
  add(problems: readonly Problem[]): void {
    for (const problem of problems) this.#others.push(problem);
  }

  /** What one check reports, kept apart. */
  of(check: (report: Report) => void): readonly Problem[] {
    const problems: Problem[] = [];
    check((manifest, path, finding) => problems.push(placed(manifest, path, finding)));
    return problems;
  }

  /** Makes no resource of it, for a reason that is reported elsewhere. */
  refuse(manifest: Validated): void {
    this.#faulty.add(manifest);
  }

  isFaulty(manifest: Validated): boolean {
    return this.#faulty.has(manifest);
  }

  get said(): ReadonlyMap<Address, readonly Problem[]> {
    return this.#said;
  }

  get others(): readonly Problem[] {
    return this.#others;
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
