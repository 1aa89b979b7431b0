import type { Plan } from '../change.ts';
import { isQuiet } from '../plan.ts';
import { page } from './page.ts';
import { planLine, riskLine, tallyOf } from './tally.ts';
import { access } from './text-access.ts';
import { beside } from './text-beside.ts';
import { changes, drift, recompiled, systems } from './text-changes.ts';
import { decisions, pending } from './text-decisions.ts';
import { errors, header, held, returned } from './text-head.ts';
import { overrides } from './text-overrides.ts';
import { sections } from './text-sections.ts';
import { targetOf } from './words.ts';

export interface TextOptions {
  readonly width: number;
  readonly color: boolean;
}

/**
 * The plan for a terminal: what has to be decided, what changes, what that means, totals. Symbols and words carry
 * everything; colour only repeats it. The last two lines are the same bytes at any width.
 */
export function renderText(plan: Plan, options: TextOptions): string {
  const out = page(options);
  header(out, plan);
  errors(out, plan);
  overrides(out, plan);
  if (isQuiet(plan)) {
    out.exact(`No changes. Live state matches ${targetOf(plan.target)}.`);
    return out.text();
  }
  held(out, plan);
  returned(out, plan);
  decisions(out, plan);
  drift(out, plan);
  changes(out, plan);
  recompiled(out, plan);
  systems(out, plan);
  access(out, plan);
  sections(out, plan);
  beside(out, plan);
  pending(out, plan);
  const tally = tallyOf(plan);
  out.exact(planLine(tally));
  out.exact(riskLine(tally));
  return out.text();
}
