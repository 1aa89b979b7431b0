import { findRoot, noRepository, stepSummaryFile } from '../config.ts';
import { exitCodes } from '../errors.ts';
import type { ExitCode } from '../errors.ts';
import { neutralJson } from '../manifest/neutral.ts';
import { partsLacked } from '../manifest/problem.ts';
import type { Problem } from '../manifest/problem.ts';
import type { Validation } from './app-port.ts';
import { json } from './context.ts';
import type { CliContext } from './context.ts';
import { excerpts } from './excerpts.ts';
import { placeAt } from './files.ts';
import { plural } from './plural.ts';
import { countProblems, renderProblems, shownProblem } from './problems.ts';
import { repositoryAbove } from './repository-above.ts';
import type { Terminal } from './terminal.ts';

export interface ValidateOptions {
  readonly path: string;
  readonly env?: string;
  readonly strict?: boolean;
  readonly output: string;
}

interface Outcome {
  readonly validation: Validation;
  readonly counts: { readonly errors: number; readonly warnings: number };
  readonly strict: boolean;
  readonly passed: boolean;
}

/** Everything wrong in the working copy, in the form that a person or a build asks for. */
export async function validateCommand(context: CliContext, options: ValidateOptions): Promise<ExitCode> {
  const { terminal } = context;
  const path = placeAt(context.cwd, options.path);
  const root = findRoot(path);
  if (root === undefined) throw noRepository(path);
  const validation = await validationOf(root, options.env);
  const counts = countProblems(validation.problems);
  const strict = options.strict === true;
  const passed = counts.errors === 0 && !(strict && counts.warnings > 0);
  await report(terminal, { validation, counts, strict, passed }, options.output);
  // Plans read commits, and find no pawl.yaml below the root of the repository.
  const above = repositoryAbove(root);
  if (above !== undefined) terminal.note(`pawl.yaml must lie at the root of the repository to be planned: ${above}.`);
  return passed ? exitCodes.success : exitCodes.findings;
}

/** What reads and checks files is loaded by itself: nothing of a database, a server or a model is needed for it. */
async function validationOf(root: string, environment: string | undefined): Promise<Validation> {
  const { validateFiles } = await import('../controller/validation.ts');
  const { WorkingCopy } = await import('../source/working-copy.ts');
  return { root, ...(await validateFiles(new WorkingCopy({ root }), environment)) };
}

async function report(terminal: Terminal, outcome: Outcome, output: string): Promise<void> {
  const { validation, counts, strict, passed } = outcome;
  const problems = validation.problems.map(shownProblem);
  switch (output) {
    case 'json':
      return json(terminal, { valid: counts.errors === 0, passed, strict, ...counts, ...validation, problems });
    case 'sarif': {
      const [{ renderSarif }, { packageVersion }] = await Promise.all([import('./sarif.ts'), import('../version.ts')]);
      return terminal.exact(neutralJson(renderSarif(problems, { version: packageVersion() })));
    }
    case 'junit':
      return terminal.exact((await import('./junit.ts')).renderJunit({ ...validation, problems }, { strict }));
    case 'github':
      return reportToGithub(terminal, problems, verdict(outcome));
    default:
      return reportToPeople(terminal, outcome);
  }
}

async function reportToGithub(terminal: Terminal, problems: readonly Problem[], verdictText: string): Promise<void> {
  const { renderAnnotations, unannotated } = await import('./github-annotations.ts');
  const annotations = renderAnnotations(problems);
  if (annotations !== undefined) terminal.exact(annotations);
  terminal.out(`${verdictText} ${unannotated(problems)}`.trimEnd());
  const file = stepSummaryFile();
  if (file === undefined) return;
  const { writeStepSummary } = await import('./step-summary.ts');
  const fault = await writeStepSummary(file, problems, verdictText);
  if (fault !== undefined) terminal.note(`The summary of the step could not be written (${fault}).`);
}

function reportToPeople(terminal: Terminal, outcome: Outcome): void {
  const { problems, root } = outcome.validation;
  if (problems.length > 0) {
    // Where nobody looks, a sentence is left on one line: programs search for it.
    const layout = { width: terminal.tableWidth, colors: terminal.colors };
    terminal.out(`${renderProblems(problems, excerpts(root), layout)}\n`);
  }
  terminal.out(verdict(outcome));
}

function verdict({ validation, counts, passed }: Outcome): string {
  const warnings = counts.warnings === 0 ? '' : `, ${plural(counts.warnings, 'warning')}`;
  if (counts.errors > 0) return `Not valid: ${plural(counts.errors, 'error')}${warnings}.`;
  if (!passed) return `Not valid: ${plural(counts.warnings, 'warning')}, and --strict lets none pass.`;
  const environments = validation.environments.map(
    ({ name, resources }) => `${name}: ${plural(resources, 'resource')}`,
  );
  const lacked = partsLacked(validation.problems);
  const blocked = lacked.length === 0 ? '' : `\nThis build cannot apply it: it lacks ${lacked.join(', ')}.`;
  return `Valid${warnings}. ${environments.join('; ')}.${blocked}`;
}
