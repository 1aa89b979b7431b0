import { clip } from '../plan/render/words.ts';
import type { GitHub } from './github.ts';
import { isNotFound } from './not-found.ts';
import type { Annotation, Conclusion, Shown } from './pull-shown.ts';

export interface PlanCheck {
  readonly environment: string;
  readonly headSha: string;
  /** Of the same head; undefined: it is looked for. */
  readonly id: number | undefined;
  readonly shown: Shown;
  /** Where the comment is. */
  readonly url: string | undefined;
}

/** As branch protection knows it. */
export function checkName(environment: string): string {
  return `pawl/plan (${environment})`;
}

/**
 * Says of the head whether it may be merged: as a check run, or with a token as a commit status, since GitHub lets Apps
 * alone write check runs. The same head has one check run of an environment; it is edited in place.
 */
export async function writeCheck(github: GitHub, check: PlanCheck): Promise<number | undefined> {
  if (github.login === 'token') {
    await writeStatus(github, check);
    return undefined;
  }
  const { octokit, repository } = github;
  const name = checkName(check.environment);
  const known = check.id ?? (await findCheck(github, { name, headSha: check.headSha }));
  const { annotations } = check.shown;
  // Annotations of a run are added to and never taken away: what has some is made anew, and the newest of a name counts.
  if (known !== undefined && annotations.length === 0 && !(await hasAnnotations(github, known))) {
    await octokit.rest.checks.update({ ...repository, check_run_id: known, name, ...bodyOf(check, []) });
    return known;
  }
  const [first = [], ...more] = pagesOf(annotations);
  const made = await octokit.rest.checks.create({
    ...repository,
    name,
    head_sha: check.headSha,
    external_id: check.environment,
    ...bodyOf(check, first),
  });
  for (const page of more) {
    const { output } = bodyOf(check, page);
    await octokit.rest.checks.update({ ...repository, check_run_id: made.data.id, output });
  }
  return made.data.id;
}

/** One that is gone is made anew as well. */
async function hasAnnotations({ octokit, repository }: GitHub, id: number): Promise<boolean> {
  try {
    const { data } = await octokit.rest.checks.get({ ...repository, check_run_id: id });
    return data.output.annotations_count > 0;
  } catch (error) {
    if (isNotFound(error)) return true;
    throw error;
  }
}

const conclusions = {
  ready: 'success',
  // Required checks let neutral ones pass; this one does not.
  undecided: 'action_required',
  blocked: 'failure',
} as const satisfies Partial<Record<Conclusion, string>>;

function bodyOf({ shown, url }: PlanCheck, annotations: readonly Annotation[]) {
  const { conclusion, title, summary } = shown;
  const output = { title, summary, ...(annotations.length === 0 ? {} : { annotations: annotations.map(asGitHub) }) };
  return {
    output,
    ...(url === undefined ? {} : { details_url: url }),
    ...(conclusion === 'waiting'
      ? { status: 'in_progress' as const }
      : { status: 'completed' as const, conclusion: conclusions[conclusion] }),
  };
}

function asGitHub({ path, line, columns, level, title, message }: Annotation) {
  return {
    path,
    start_line: line,
    end_line: line,
    ...(columns === undefined ? {} : { start_column: columns.start, end_column: columns.end }),
    annotation_level: level,
    title,
    message,
  };
}

const pageMax = 50;
const annotationsMax = 150;

/** As many as GitHub takes at once; who has more mistakes than that sees the rest in the comment. */
function pagesOf(annotations: readonly Annotation[]): readonly (readonly Annotation[])[] {
  const shown = annotations.slice(0, annotationsMax);
  return Array.from({ length: Math.ceil(shown.length / pageMax) }, (_none, page) =>
    shown.slice(page * pageMax, (page + 1) * pageMax),
  );
}

async function findCheck(
  { octokit, repository, self }: GitHub,
  { name, headSha }: { readonly name: string; readonly headSha: string },
): Promise<number | undefined> {
  const { appId } = await self();
  const { data } = await octokit.rest.checks.listForRef({
    ...repository,
    ref: headSha,
    check_name: name,
    filter: 'latest',
    ...(appId === undefined ? {} : { app_id: appId }),
  });
  return data.check_runs.find((run) => run.name === name && run.app?.id === appId)?.id;
}

const states = { ready: 'success', undecided: 'pending', blocked: 'failure', waiting: 'pending' } as const;
const descriptionMax = 140;

async function writeStatus(
  { octokit, repository }: GitHub,
  { environment, headSha, shown, url }: PlanCheck,
): Promise<void> {
  await octokit.rest.repos.createCommitStatus({
    ...repository,
    sha: headSha,
    state: states[shown.conclusion],
    context: checkName(environment),
    description: clip(shown.title, descriptionMax),
    ...(url === undefined ? {} : { target_url: url }),
  });
}
