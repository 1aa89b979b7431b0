import { planBetween, environmentsFrom } from '../controller/plan-between.ts';
import { renderJson } from '../plan/render/json.ts';
import { renderMarkdown } from '../plan/render/markdown.ts';
import { renderText } from '../plan/render/text.ts';
import { openRepository } from '../source/repository.ts';
import type { Surroundings } from '../source/reader.ts';
import { baseCommit } from './base-commit.ts';
import type { ActionEvent } from './event.ts';
import type { Planned } from './planned.ts';

export interface LocalPlanRequest {
  readonly root: string;
  readonly surroundings: Surroundings;
  readonly event: ActionEvent;
  readonly base: string | undefined;
  readonly environments: readonly string[] | undefined;
  /** Told of what a reader of the plan must know beside it. */
  readonly note: (sentence: string) => void;
}

const textColumns = 120;

/** What the commit that is checked out changes, by Git alone: nothing of a server or of what is live is needed. */
export async function localPlans(request: LocalPlanRequest): Promise<readonly Planned[]> {
  const { event, note } = request;
  const repository = await openRepository({ path: request.root, surroundings: request.surroundings });
  try {
    const base = await baseCommit(repository, event, request.base);
    if (base === undefined) {
      note('The branch is new: there is nothing to compare it with.');
      return [];
    }
    const { commit, behind } = base;
    if (behind) note(behindText);
    const head = await repository.resolve('HEAD');
    const names = request.environments ?? (await environmentsFrom(repository, head, event.branch));
    if (names.length === 0) note(`No environment goes live from ${event.branch ?? 'this branch'}: there is no plan.`);
    const plans: Planned[] = [];
    for (const environment of names) {
      const { plan, baseErrors } = await planBetween(repository, { environment, base: commit, commit: head });
      if (baseErrors.length > 0) note(`The base has errors: what they are in looks as if it were new.`);
      plans.push({
        environment,
        json: renderJson(plan),
        markdown: renderMarkdown(plan),
        text: renderText(plan, { width: textColumns, color: false }),
      });
    }
    return plans;
  } finally {
    await repository.close();
  }
}

const behindText =
  'What is checked out lacks commits of its base, and seems to take away what they brought. Check out the merge: it is what actions/checkout does for pull_request unless it is told otherwise.';
