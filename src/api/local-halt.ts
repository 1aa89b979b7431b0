import { channels } from '../bus/bus.ts';
import type { ControlPlane } from '../controller/planning.ts';
import { exitCodes, TerminalError } from '../errors.ts';
import { haltKinds, type HaltScope, haltScopeText } from '../policy/halt-scope.ts';
import type { Person } from '../policy/person.ts';
import type { haltCodes } from '../run/halt-codes.ts';
import type { Database } from '../store/database.ts';
import { beginHalt, type EndingHalts, endHalts, type HaltRole, type HaltRow, listHalts } from '../store/halt.ts';
import { isKnownToHalt, releaseHalted } from '../store/halt-state.ts';
import { isUuid } from '../store/run.ts';
import { haltRoleOf } from './halt-role.ts';
import type { HaltOperations, HaltRecord, HaltRequest } from './operations-halt.ts';

/** `known` refuses the name of an environment that is neither declared nor live. */
export function haltOperations(
  { database }: ControlPlane,
  person: Person,
  known: (name: string) => Promise<string>,
): HaltOperations {
  const { name: by } = person;
  return {
    halts: async ({ environment, all = false }) =>
      (await listHalts(database, { environment: await known(environment), all })).map(haltRecord),
    halt: async (request) => {
      const scope = haltScope(request.scope);
      const environment = await known(scope.kind === 'environment' ? scope.name : request.environment);
      const as = await haltRoleOf(database, { person, environment, scope });
      return haltRecord(await begin(database, { ...request, environment, by, as }, scope));
    },
    resume: async ({ environment, which, reason }) => {
      const name = await known(environment);
      const of = isUuid(which) ? { id: which } : { scope: haltScope(which) };
      const as = await roleToLift(database, { person, environment: name, which: of });
      const ending = { environment: name, by, as, reason, which: of };
      const ended = await endHalts(database, ending);
      if (ended.length === 0) throw notFound(which);
      await letGo(database, name);
      return ended.map(haltRecord);
    },
  };
}

interface Lifting {
  readonly person: Person;
  readonly environment: string;
  readonly which: EndingHalts['which'];
}

/**
 * Nobody lifts what somebody with a higher role has set. Refused as a whole where one of several is so; one that comes
 * in between is left by the statement that lifts the others.
 */
async function roleToLift(database: Database, { person, environment, which }: Lifting): Promise<HaltRole> {
  let as: HaltRole = 'operator';
  for (const row of await listHalts(database, { environment, limit: 1_000 })) {
    const scope = scopeOf(row);
    if ('id' in which ? row.id !== which.id : haltScopeText(which.scope) !== haltScopeText(scope)) continue;
    as = await haltRoleOf(database, { person, environment, scope });
    if (as === 'operator' && row.set_as === 'admin') throw setByAdmin(row, scope);
  }
  return as;
}

function scopeOf({ kind, name }: HaltRow): HaltScope {
  return kind === 'global' ? { kind } : { kind, name };
}

async function begin(
  database: Database,
  request: HaltRequest & { readonly by: string; readonly as: HaltRole },
  scope: HaltScope,
): Promise<HaltRow> {
  const { environment, reason, by, as, forMs, aborts = false, denies = false, force = false } = request;
  if (!force && !(await isKnownToHalt(database, environment, scope))) throw unknownName(environment, scope);
  const row = await beginHalt(database, {
    environment,
    scope,
    reason,
    by,
    as,
    aborts,
    denies,
    ...(forMs === undefined ? {} : { forMs }),
  });
  // Losing it is harmless: no call begins without it, and workers look by themselves for those to give up.
  await database.notify(channels.halted, environment).catch(() => undefined);
  return row;
}

/** Workers would do it within a second; whoever lifts a halt need not wait for them. */
async function letGo(database: Database, environment: string): Promise<void> {
  await database.notify(channels.halted, environment).catch(() => undefined);
  for (const pool of await releaseHalted(database)) {
    await database.notify(channels.ready, pool).catch(() => undefined);
  }
}

/** What a status shows of them: nothing where nothing is halted. */
export async function haltsInForce(
  database: Database,
  environment: string,
): Promise<{ readonly halts?: readonly HaltRecord[] }> {
  const rows = await listHalts(database, { environment });
  return rows.length === 0 ? {} : { halts: rows.map(haltRecord) };
}

const plain = /^[a-z0-9](?:[a-zA-Z0-9.-]{0,126})$/;

/** A scope as people write it; of a bare name the namespace is `default`. */
export function haltScope(text: string): HaltScope {
  const [word = '', ...parts] = text.split('/');
  const kind = haltKinds.find((known) => known === word);
  if (kind === undefined || !parts.every((part) => plain.test(part))) throw invalidScope(text);
  const [first, second, ...more] = parts;
  if (kind === 'global') {
    if (first !== undefined) throw invalidScope(text);
    return { kind };
  }
  if (first === undefined || more.length > 0) throw invalidScope(text);
  const isBare = kind === 'environment' || kind === 'namespace' || kind === 'provider';
  if (isBare && second !== undefined) throw invalidScope(text);
  return { kind, name: isBare ? first : second === undefined ? `default/${first}` : `${first}/${second}` };
}

export function haltRecord(row: HaltRow): HaltRecord {
  const { ended_at: endedAt, ended_by: endedBy, expires_at: until } = row;
  const isLifted = endedAt !== null && endedBy !== null;
  return {
    id: row.id,
    scope: haltScopeText(scopeOf(row)),
    environment: row.environment ?? undefined,
    state: row.in_force ? 'inForce' : isLifted ? 'lifted' : 'expired',
    reason: row.reason,
    by: row.created_by,
    setAs: row.set_as,
    since: row.created_at.toISOString(),
    until: until?.toISOString(),
    aborts: row.aborts,
    denies: row.denies,
    waiting: row.waiting,
    endedAt: endedAt?.toISOString(),
    endedBy: endedBy ?? undefined,
    endReason: row.end_reason ?? undefined,
  };
}

function invalidScope(text: string): TerminalError {
  const shown = JSON.stringify(text.slice(0, 100));
  return refused('halt.scope_invalid', `${shown} is no scope of a halt.`, `Write one of ${forms}.`);
}

const forms =
  'global, environment/NAME, namespace/NAME, system/NS/NAME, agent/NS/NAME, server/NS/NAME, tool/NS/NAME, model/NS/NAME, provider/NAME';

function unknownName(environment: string, scope: HaltScope): TerminalError {
  const message = `Neither ${environment} nor a run of it knows ${haltScopeText(scope)}.`;
  return refused('halt.unknown_name', message, 'Look for a typing error, or pass --force.');
}

function setByAdmin({ id, created_by: by }: HaltRow, scope: HaltScope): TerminalError {
  return new TerminalError(`${by} set halt ${id} of ${haltScopeText(scope)} as an admin: an operator cannot lift it.`, {
    code: 'halt.set_by_admin' satisfies keyof typeof haltCodes,
    help: 'Ask an admin to lift it. What operators set is lifted by its id.',
    exit: exitCodes.unauthorised,
  });
}

function notFound(which: string): TerminalError {
  const message = `No halt ${JSON.stringify(which.slice(0, 100))} is in force.`;
  return refused('halt.not_found', message, 'Look at those in force with `pawl get halts`.');
}

function refused(code: keyof typeof haltCodes, message: string, help: string): TerminalError {
  return new TerminalError(message, { code, help, exit: exitCodes.usage });
}
