/** What the cause of a run says that tries a case of an Eval. */
export const evalCause = 'eval';

/**
 * SQL that leaves out the runs of evals. Cases are written to be hard, and are run in heaps: what is judged by its runs
 * (a revision's health, a rollout, an alert, what a system usually costs, what an agent needs) is judged by those that
 * somebody asked for.
 */
export function isNoEval(run = 'run'): string {
  return `(${run}.cause ->> 'kind') is distinct from '${evalCause}'`;
}
