import { pinLookText } from '../policy/pin-look.ts';
import { type Condition, writeConditions } from '../store/condition.ts';
import type { Database } from '../store/database-port.ts';
import { type OutsideFact, readOutside } from '../store/outside.ts';
import type { ReasonOf } from './condition-reasons.ts';

/** What workers found outside that is not as Git says, of one environment. */
export type Outside = Pick<OutsideFact, 'pins' | 'failing'>;

/** That rows have drifted comes first, and goes with the pass that finds them well again. */
const keeps: readonly ReasonOf<'Drifted'>[] = ['OutOfBand', 'HealingStopped'];

/** Things that a message names; the rest are counted. */
const shownMax = 5;

/** Says of every environment whether what workers found outside is as Git says, where no pass of a controller has. */
export class OutsideWatch {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /** One statement where nothing has moved; gives the environments whose condition did. */
  async tick(): Promise<readonly string[]> {
    const { db } = this.#database;
    const moved: string[] = [];
    for (const fact of await readOutside(db)) {
      if (keeps.some((reason) => reason === fact.reason)) continue;
      const said = outsideCondition(fact, fact.commit ?? undefined);
      const changed = await writeConditions(db, { environment: fact.environment, keeps }, [said]);
      if (changed.length > 0) moved.push(fact.environment);
    }
    return moved;
  }
}

/**
 * `Drifted`, as far as it follows from what workers found. Pins come before the rest: what fails is told by every call,
 * what a server newly says by none.
 */
export function outsideCondition({ pins, failing }: Outside, commit: string | undefined): Condition {
  if (pins.length > 0) {
    const found = pins.map((pin) => `McpServer/${pin.server}: ${pinLookText(pin)}`);
    return drifted('PinsMoved', listed(found, '; '), commit);
  }
  if (failing.length > 0) {
    const found = failing.map((one) => `${one.subject} ${one.name} (${one.reason})`);
    return drifted('OutsideFailing', listed(found, ', '), commit);
  }
  return { type: 'Drifted', status: 'False', reason: 'InSync', message: '', commit };
}

function drifted(reason: ReasonOf<'Drifted'>, message: string, commit: string | undefined): Condition {
  return { type: 'Drifted', status: 'True', reason, message, commit };
}

function listed(found: readonly string[], separator: string): string {
  const more = found.length > shownMax ? ` and ${found.length - shownMax} more` : '';
  return `${found.slice(0, shownMax).join(separator)}${more}`;
}
