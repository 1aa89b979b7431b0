import type { Kysely } from 'kysely';
import type { ProbeFact } from './alert-facts.ts';
import { probeStreakMin } from './probe.ts';
import { type PinFact, pinFactsText } from './server-look.ts';
import { rowsOf } from './statement.ts';
import type { Tables } from './tables.gen.ts';

/** What workers found of an environment that is not as Git says, and what its condition `Drifted` says. */
export interface OutsideFact {
  readonly environment: string;
  /** What the condition looked at; null: no pass was made. */
  readonly commit: string | null;
  readonly reason: string | null;
  readonly pins: readonly PinFact[];
  readonly failing: readonly Pick<ProbeFact, 'subject' | 'name' | 'reason'>[];
}

const factsText = `
select e.name as environment, c.commit_id as commit, c.reason,
  coalesce(p.pins, '[]'::json) as pins, coalesce(f.failing, '[]'::json) as failing
from environment e
left join condition c on c.environment = e.name and c.type = 'Drifted'
left join (${pinFactsText}) p on p.environment = e.name
left join (
  select environment, json_agg(json_build_object('subject', subject, 'name', name, 'reason', reason)
    order by subject, name) as failing
  from probe where state = 'failing' and streak >= ${probeStreakMin} group by environment
) f on f.environment = e.name`;

const anyText = `${factsText}
where p.pins is not null or f.failing is not null or c.reason in ('PinsMoved', 'OutsideFailing') order by e.name`;

/** Of every environment where workers found something, or had. */
export async function readOutside(db: Kysely<Tables>): Promise<readonly OutsideFact[]> {
  return await rowsOf<OutsideFact>(db, { name: 'outside', text: anyText, planned: 'always' }, []);
}

const oneText = `${factsText} where e.name = $1`;

/** Of one environment; undefined: there is none of the name. */
export async function readOutsideOf(db: Kysely<Tables>, environment: string): Promise<OutsideFact | undefined> {
  const [row] = await rowsOf<OutsideFact>(db, { name: 'outside_of', text: oneText }, [environment]);
  return row;
}
