import { type Capped, capped } from './capped.ts';
import type { Sections } from './section.ts';
import { graphChanges } from './section-graph.ts';
import { modelChanges } from './section-model.ts';
import { promptChanges } from './section-prompt.ts';
import { type ReachChanges, shownReach } from './section-reach.ts';
import type { Sides } from './sides.ts';

/** A plan of everything says enough with these; every list says how many more there are. */
const max = { graphs: 100, prompts: 100, models: 100, egress: 200, secrets: 200 } as const;

type ListName = keyof typeof max;

/** Compares the two sides, and looks only at what changed and what uses it. */
export function sectionsOf(sides: Sides, reach: ReachChanges): Sections {
  const lists = {
    graphs: capped(graphChanges(sides), max.graphs),
    prompts: promptChanges(sides, max.prompts),
    models: capped(modelChanges(sides), max.models),
    egress: capped(reach.egress, max.egress),
    secrets: capped(reach.secrets, max.secrets),
  } satisfies Record<ListName, Capped<unknown>>;
  const more = Object.entries(lists).flatMap(([name, list]) => (list.more > 0 ? [[name, list.more] as const] : []));
  return {
    graphs: lists.graphs.shown,
    get prompts() {
      return lists.prompts.shown;
    },
    models: lists.models.shown,
    egress: lists.egress.shown.map(shownReach),
    secrets: lists.secrets.shown.map(shownReach),
    ...(more.length > 0 ? { more: Object.fromEntries(more) } : {}),
  };
}
