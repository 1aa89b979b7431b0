import { exitCodes, TerminalError } from '../errors.ts';
import { neutral } from '../manifest/neutral.ts';
import { makingOf } from '../manifest/origin.ts';
import type { Address, Snapshot } from '../manifest/resource.ts';
import { code } from '../plan/render/inert.ts';
import { counted, dollars } from '../plan/render/words.ts';
import type { Database } from '../store/database.ts';
import { lastChanged, readProof, type SystemProof } from '../store/proof.ts';

/** What an environment's runs showed of what is promoted, since it is as it is there. */
export interface Proof {
  readonly environment: string;
  /** From the revision that last changed any of it, to the one that is live. */
  readonly revisions: { readonly from: number; readonly to: number };
  readonly systems: readonly SystemProof[];
  /** Systems that use some of it and have not run since. */
  readonly missing: readonly string[];
}

interface Asked {
  readonly from: Snapshot;
  readonly revision: number;
  readonly addresses: readonly Address[];
}

export async function proofOf(database: Database, { from, revision, addresses }: Asked): Promise<Proof> {
  const environment = from.environment.name;
  const since = await lastChanged(database.db, { environment, addresses });
  const revisions = { from: Math.max(1, since), to: revision };
  const using = new Set(systemsUsing(from, addresses));
  const all = await readProof(database.db, { environment, ...revisions });
  const systems = all.filter(({ system }) => using.has(system));
  const ran = new Set(systems.map(({ system }) => system));
  return { environment, revisions, systems, missing: [...using].filter((system) => !ran.has(system)).sort() };
}

/** By what they name, and by what that names; what nothing names, as a policy, bears on all of them. */
function systemsUsing({ resources }: Snapshot, addresses: readonly Address[]): readonly string[] {
  const wanted = new Set(addresses);
  const systems = [...resources.values()].filter(({ kind }) => kind === 'AgentSystem');
  const reached = systems.map((system) => ({ system, uses: reachedFrom({ resources }, system.address) }));
  const named = new Set(reached.flatMap(({ uses }) => [...uses]));
  const bearsOnAll = addresses.some((address) => !named.has(address));
  return reached
    .filter(({ uses }) => bearsOnAll || [...uses].some((address) => wanted.has(address)))
    .map(({ system }) => `${system.namespace}/${system.name}`);
}

function reachedFrom({ resources }: Pick<Snapshot, 'resources'>, start: Address): ReadonlySet<Address> {
  const reached = new Set([start]);
  // A set goes on with what is added to it on the way.
  for (const address of reached) {
    const resource = resources.get(address);
    const references = resource === undefined ? [] : (makingOf(resource)?.manifest.references ?? []);
    for (const reference of references) if (!reference.restricts) reached.add(reference.address);
  }
  return reached;
}

/** Refuses what nobody tried, unless that is what somebody wants. */
export function assertProved({ environment, revisions, systems, missing }: Proof, withoutProof: boolean): void {
  if (withoutProof || (missing.length === 0 && systems.length > 0)) return;
  const what = missing.length === 0 ? 'Nothing that uses it' : neutral(missing.slice(0, 5).join(', '));
  throw new TerminalError(`${what} has not run in ${environment} since revision ${revisions.from}.`, {
    code: 'promotion.unproved',
    help: `Run it there first, or pass --without-proof: the pull request then says so.`,
    exit: exitCodes.findings,
  });
}

/** As a table, or a sentence that there is nothing to show. */
export function proofParagraph({ environment, revisions, systems, missing }: Proof): string {
  const { from, to } = revisions;
  const range = from === to ? `revision ${to}` : `revisions ${from} to ${to}`;
  const lines = systems.map(({ system, ended, succeeded, failed, denied, calls, cost }) => {
    const share = ended === 0 ? '' : ` (${Math.floor((100 * succeeded) / ended)} %)`;
    return `| ${code(system, { cell: true })} | ${ended} | ${succeeded}${share} | ${failed} | ${denied} of ${calls} | ${dollars(cost)} |`;
  });
  const head = '| system | runs | succeeded | failed | calls denied | cost |\n|---|---|---|---|---|---|';
  const table = lines.length === 0 ? '' : `\n\n${[head, ...lines].join('\n')}`;
  const shown = missing.slice(0, 20).map((system) => code(system));
  const more = missing.length > shown.length ? ` and ${missing.length - shown.length} more` : '';
  const unproved =
    missing.length === 0
      ? ''
      : `\n\n**Without proof**: ${counted(missing.length, 'system')} that ${missing.length === 1 ? 'uses' : 'use'} it ${missing.length === 1 ? 'has' : 'have'} not run there since: ${shown.join(', ')}${more}.`;
  const nothing = lines.length + missing.length === 0 ? '\n\n**Without proof**: nothing there uses it.' : '';
  return `What runs of ${code(environment)} at ${range} showed, since what is promoted last changed there:${table}${unproved}${nothing}`;
}
