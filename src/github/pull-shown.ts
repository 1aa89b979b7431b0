import { digest } from '../manifest/digest.ts';
import type { Json } from '../manifest/json.ts';
import { neutral } from '../manifest/neutral.ts';
import { type Problem, refusesPlan } from '../manifest/problem.ts';
import type { Plan } from '../plan/change.ts';
import { isErrored, isUnchanged } from '../plan/plan.ts';
import { type Decision, decisionsOf, labelOf } from '../plan/render/decisions.ts';
import { code, inert } from '../plan/render/inert.ts';
import { checkRunBytesMax, commentBytesMax, planMarker, renderMarkdown, verdictOf } from '../plan/render/markdown.ts';
import { clip, counted } from '../plan/render/words.ts';
import type { PullRequestRow } from '../store/pull-request.ts';
import { historyLine } from './links.ts';
import type { PullVerdict } from './pull-verdict.ts';

/** `blocked` and `undecided` keep a pull request from being merged where the check is required; so does `waiting`. */
export type Conclusion = 'ready' | 'undecided' | 'blocked' | 'waiting';

export interface Annotation {
  readonly path: string;
  readonly line: number;
  readonly columns: { readonly start: number; readonly end: number } | undefined;
  readonly level: 'failure' | 'warning';
  readonly title: string;
  readonly message: string;
}

/** What people see of one environment on a pull request. */
export interface Shown {
  readonly conclusion: Conclusion;
  /** One line, of plain text. */
  readonly title: string;
  /** Undefined: nobody has to be told; a comment that is there says `gone` then. */
  readonly comment: string | undefined;
  readonly gone: string;
  readonly summary: string;
  readonly annotations: readonly Annotation[];
  readonly marker: string;
  /** Digest of what matters of it: while it is the same, nothing is written again. */
  readonly digest: string;
}

/** Puts a verdict into words, with a link where pawl is reached. Pure: the same verdict gives the same bytes. */
export function shownOf(pull: PullRequestRow, verdict: PullVerdict, publicUrl?: string): Shown {
  const marker = planMarker(`${verdict.lineage}/${verdict.environment}`);
  const worded = wordsOf(pull, verdict);
  const { conclusion, text, summary = text ?? '', annotations = [], about } = worded;
  const title = clip(neutral(`${pull.is_draft ? 'Draft: ' : ''}${worded.title}`), titleMax);
  const head = `### pawl plan for ${code(verdict.environment)}`;
  const link = historyLine(publicUrl, verdict.environment);
  const of = [pull.head_sha, pull.is_draft, pull.is_fork, pull.base_ref, conclusion, title];
  return {
    conclusion,
    title,
    comment: text && linked(text, { marker, link }),
    gone: `${head}: not touched any more\n\nThis pull request no longer changes anything of it.\n\n${marker}\n`,
    summary,
    annotations,
    marker,
    digest: digest([...of, about, ...(link === '' ? [] : [link])]),
  };
}

/** Above the marker, which stays the last line. Comments are kept so far below GitHub's limit that a link fits. */
function linked(text: string, { marker, link }: { readonly marker: string; readonly link: string }): string {
  const end = text.lastIndexOf(marker);
  return link === '' || end < 0 ? text : `${text.slice(0, end)}${link}\n\n${text.slice(end)}`;
}

const titleMax = 120;

interface Words {
  readonly conclusion: Conclusion;
  readonly title: string;
  readonly text: string | undefined;
  /** Of the check; absent: the same text. */
  readonly summary?: string;
  readonly annotations?: readonly Annotation[];
  /** What of it matters, beside the title. */
  readonly about: Json;
}

function wordsOf(pull: PullRequestRow, verdict: PullVerdict): Words {
  switch (verdict.kind) {
    case 'planned':
      return ofPlan(pull, verdict);
    case 'untouched': {
      const summary = `Nothing of ${code(verdict.environment)} is changed by this pull request.`;
      return { conclusion: 'ready', title: 'Not touched', text: undefined, summary, about: null };
    }
    case 'conflict':
      return told(verdict, {
        title: `Cannot be merged: ${counted(verdict.paths.length, 'conflict')}`,
        lines: [
          `Merging it into ${code(pull.base_ref)} has conflicts, so there is nothing to plan. They are in:`,
          list(verdict.paths.map((path) => code(clip(path, 200)))),
        ],
        annotations: verdict.paths.map((path) => conflictAt(path, pull.base_ref)),
      });
    case 'invalid':
      return told(verdict, {
        title: `pawl.yaml cannot be used: ${counted(verdict.problems.length, 'error')}`,
        lines: [
          `After the merge, ${code('pawl.yaml')} would say nothing that can be used, and nothing would be applied.`,
          list(verdict.problems.map(problemLine)),
        ],
        annotations: verdict.problems.map(annotationOf),
      });
    case 'refused':
      return told(verdict, {
        title: `Cannot be planned: ${verdict.code}`,
        lines: [`${code(verdict.code)} ${inert(clip(verdict.message, 2_000))}`],
        annotations: [],
      });
    case 'waiting': {
      const summary = `There is no plan yet: ${inert(clip(verdict.why, 500))}.`;
      return {
        conclusion: 'waiting',
        title: 'Waiting for the merge result',
        text: undefined,
        summary,
        about: verdict.why,
      };
    }
  }
}

function told(
  verdict: PullVerdict,
  {
    title,
    lines,
    annotations,
  }: Pick<Words, 'title'> & {
    readonly lines: readonly string[];
    readonly annotations: readonly Annotation[];
  },
): Words {
  const marker = planMarker(`${verdict.lineage}/${verdict.environment}`);
  const head = `### pawl plan for ${code(verdict.environment)}: ${inert(title)}`;
  const text = `${[head, ...lines, marker].join('\n\n')}\n`;
  return { conclusion: 'blocked', title, text, annotations, about: text };
}

const listedMax = 50;

function list(lines: readonly string[]): string {
  const hidden = lines.length - listedMax;
  return [
    ...lines.slice(0, listedMax).map((line) => `- ${line}`),
    ...(hidden > 0 ? [`- and ${hidden} more.`] : []),
  ].join('\n');
}

function ofPlan(pull: PullRequestRow, verdict: PullVerdict & { readonly kind: 'planned' }): Words {
  const { lineage, environment, plan, uncounted } = verdict;
  const decisions = decisionsOf(plan);
  const notes = notesOf(pull, verdict);
  const render = (bytesMax: number): string => {
    const environmentId = `${lineage}/${environment}`;
    const text = renderMarkdown(plan, {
      bytesMax: bytesMax - Buffer.byteLength(notes),
      environmentId,
      acknowledgedBy: 'comment',
    });
    // After the verdict, which stands in the first line whatever else is said.
    return text.replace('\n\n', () => `\n\n${notes}`);
  };
  return {
    conclusion: conclusionOf(plan, decisions),
    title: verdictOf(plan),
    text: render(commentBytesMax),
    summary: render(checkRunBytesMax),
    annotations: annotationsOf(plan, decisions),
    about: {
      plan: plan.digest,
      decisions: decisions.map(({ id, state, by }) => [id, state, ...by]),
      problems: plan.problems.map(({ code: which, file, line, message }) => [which, file, line, message]),
      held: (plan.quarantined ?? []).length,
      ...(uncounted === undefined ? {} : { uncounted: [uncounted.commit, uncounted.why] }),
    },
  };
}

function notesOf(
  { is_draft: isDraft, is_fork: isFork, base_ref: base }: PullRequestRow,
  { environment, uncounted }: PullVerdict & { readonly kind: 'planned' },
): string {
  const notes = [
    ...(isDraft ? ['This is a draft: nobody has to acknowledge anything yet.'] : []),
    ...(isFork ? [`It comes from a fork: it is compared with ${code(base)}, and never with what is live.`] : []),
    ...(uncounted === undefined
      ? []
      : [
          `${code(environment)} requires signed commits, and ${code(uncounted.commit.slice(0, 7))} ${uncounted.why}. ` +
            'It goes live by a merge commit or a squash that somebody signs who may, and not as it is.',
        ]),
  ];
  return notes.map((note) => `${note}\n\n`).join('');
}

function conclusionOf(plan: Plan, decisions: readonly Decision[]): Conclusion {
  if (isErrored(plan) || (plan.quarantined ?? []).length > 0) return 'blocked';
  if (decisions.some(({ state }) => state === 'refused')) return 'blocked';
  // What changes nothing is not applied, so that nobody is asked.
  if (isUnchanged(plan) && plan.risks.length === 0) return 'ready';
  return decisions.some(({ state }) => state === 'needed') ? 'undecided' : 'ready';
}

/** Errors first, then the lines because of which somebody has to decide. */
function annotationsOf(plan: Plan, decisions: readonly Decision[]): readonly Annotation[] {
  const errors = plan.problems.filter(refusesPlan);
  const warnings = plan.problems.filter((problem) => !refusesPlan(problem));
  const causes = decisions
    .filter(({ state }) => state === 'needed')
    .flatMap((decision) =>
      decision.causes.map(({ place }): Annotation => {
        const { id, name, title } = decision;
        return {
          path: place.file,
          line: place.line,
          columns: undefined,
          level: 'warning',
          title: clip(labelOf({ id, name }), titleMax),
          message: clip(neutral(title), messageMax),
        };
      }),
    );
  return [...errors.map(annotationOf), ...causes, ...warnings.map(annotationOf)];
}

const messageMax = 2_000;

function annotationOf(problem: Problem): Annotation {
  const { code: which, file: path, line, column, endColumn, message, help } = problem;
  return {
    path,
    line,
    columns: endColumn === undefined ? undefined : { start: column, end: endColumn },
    level: refusesPlan(problem) ? 'failure' : 'warning',
    title: which,
    message: clip(neutral(help === undefined ? message : `${message} ${help}`), messageMax),
  };
}

function conflictAt(path: string, base: string): Annotation {
  const message = `Both sides changed this file: merge ${neutral(base)} into the branch.`;
  return { path, line: 1, columns: undefined, level: 'failure', title: 'Conflict', message };
}

function problemLine({ file, line, column, code: which, message }: Problem): string {
  return `${code(`${file}:${line}:${column}`)} ${code(which)} ${inert(clip(message, 500))}`;
}
