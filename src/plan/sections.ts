import { type AccessChanges, noAccessChanges } from './access.ts';
import { capped } from './capped.ts';
import type { Sections } from './section.ts';
import { graphChanges } from './section-graph.ts';
import { promptChanges } from './section-prompt.ts';
import type { Sides } from './sides.ts';

/** A plan of everything says enough with these; every list says how many more there are. */
const max = { graphs: 100, prompts: 100, models: 100, egress: 200, secrets: 200 } as const;

/** Compares the two sides, and looks only at what changed and what uses it. */
export function sectionsOf(sides: Sides, _access: AccessChanges = noAccessChanges): Sections {
  const graphs = capped(graphChanges(sides), max.graphs);
  const prompts = promptChanges(sides, max.prompts);
  const all = { graphs, prompts };
  const more = Object.entries(all).flatMap(([name, list]) => (list.more > 0 ? [[name, list.more] as const] : []));
  return {
    graphs: graphs.shown,
    prompts: prompts.shown,
    models: [],
    egress: [],
    secrets: [],
    ...(more.length > 0 ? { more: Object.fromEntries(more) } : {}),
  };
}
