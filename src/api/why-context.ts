import type { Bundle } from '../manifest/bundle.ts';
import { own } from '../manifest/json.ts';
import type { ApprovalState } from '../policy/approval.ts';
import { argumentSchemas } from '../policy/arguments.ts';
import type { Authority, SubjectAuthority } from '../policy/authority.ts';
import type { GateContext, Usage } from '../policy/context.ts';
import { delegationDepthMax } from '../policy/hand-off.ts';
import { foldJournal } from '../policy/fold-journal.ts';
import type { Ledger } from '../policy/ledger.ts';
import { touchedIn } from '../policy/touched.ts';
import { subjectOf } from '../run/caller.ts';
import { callerAt, handersOf, nestingOf } from '../run/place.ts';
import { readApprovalsOf } from '../store/approval-list.ts';
import type { Database } from '../store/database.ts';
import { textOf, unattempted, type WhyFacts } from './why-facts.ts';

/** What the decision looked at, as far as the record tells it; `without` is told what is missing. */
export async function contextOf(database: Database, facts: WhyFacts, without: string[]): Promise<GateContext> {
  const { content, place, pinned, live, subject, said } = facts;
  const ledger = foldJournal(facts.before, (node) => subjectOf(callerAt(content, node)));
  const revisions = { pinned: own(pinned.subjects, subject), live: own(live?.subjects, subject) };
  if (live === undefined)
    without.push(
      'The live revision that the decision looked at is not recorded, or had no such system: the pinned rules alone are asked.',
    );
  without.push(
    ...notAsked(
      facts,
      [revisions.pinned, revisions.live].filter((row) => row !== undefined),
    ),
  );
  const approvals = await approvalOf(database, facts);
  return {
    clock: { lost: false, cancelled: false, overdue: false },
    bundle: content,
    schemas: argumentSchemas(content),
    ...revisions,
    usage: {
      ...ledger.usage(place, { subject, pinned, live }),
      ...nestedIn(content, place, ledger),
      ...touchedIn(ledger, { revisions, bundle: content, live }),
    },
    ...handedOnIn(content, place, { pinned, live }),
    // A worker proved at least the tier that it was let through with.
    ...(said?.['reason'] === 'isolation.unavailable'
      ? {}
      : { tiers: ['inline', 'process', 'sandbox', 'container', 'wasm'] }),
    approvals: new Map(approvals === undefined ? [] : [[unattempted(facts.call), approvals]]),
  };
}

/** What stands outside of the gate's tables and answered at that moment: it is not asked again. */
function notAsked({ call, rows: journal, said }: WhyFacts, rows: readonly SubjectAuthority[]): readonly string[] {
  const has = (of: (row: SubjectAuthority) => boolean) => rows.some((row) => of(row));
  const held = journal.find(({ path, phase }) => path === call && phase === 'intent')?.decision?.accounts ?? [];
  return [
    ...(has(({ budgets }) => budgets.some(({ scope }) => scope !== 'run'))
      ? [`What shared accounts had left is not recorded, and they are not asked again. ${accountsOf(held)}`]
      : []),
    ...(has(({ rates }) => (rates ?? []).length > 0)
      ? ['How full the rates were is not recorded: they are not asked again.']
      : []),
    ...(has(({ guards }) => (guards ?? []).length > 0) ? [`Guards are not asked again. ${guardsOf(said)}`] : []),
  ];
}

function accountsOf(held: readonly string[]): string {
  return held.length === 0 ? 'The record names none that it was held on.' : `It was held on ${held.join(', ')}.`;
}

function guardsOf(said: WhyFacts['said']): string {
  const found = said?.['guards'];
  if (!Array.isArray(found) || found.length === 0) return 'By the record none found anything before the call.';
  return `By the record ${found.map((name) => textOf(name) ?? '').join(', ')} found something.`;
}

/** What was known by then of the approval that the call asked for; undefined: it had not asked, or nobody had answered. */
async function approvalOf(
  database: Database,
  { run, call, kind, said, recorded }: WhyFacts,
): Promise<ApprovalState | undefined> {
  if (kind === 'model' || recorded.kind === 'ask') return undefined;
  const [id, action] = [textOf(said?.['approval']), textOf(said?.['action'])];
  if (id !== undefined && action !== undefined) return { id, actionDigest: action, state: 'approved' };
  const row = (await readApprovalsOf(database, run)).findLast(({ path }) => path === unattempted(call));
  if (row === undefined) return undefined;
  return { id: row.id, actionDigest: row.action_digest, state: stateBy(recorded.reason) ?? row.state };
}

function stateBy(reason: string | undefined): ApprovalState['state'] | undefined {
  switch (reason) {
    case 'approval.denied':
      return 'denied';
    case 'approval.expired':
      return 'expired';
    case 'approval.mismatch':
      return 'approved';
    default:
      return undefined;
  }
}

function nestedIn(content: Bundle, place: string, ledger: Ledger): Pick<Usage, 'nested'> {
  const nested = nestingOf(content, place).map(({ place: outer, system, graph }) => {
    return { system, limits: graph.limits, ...ledger.spentWithin(outer) };
  });
  return nested.length === 0 ? {} : { nested };
}

function handedOnIn(
  content: Bundle,
  place: string,
  { pinned, live }: { readonly pinned: Authority; readonly live: Authority | undefined },
): Pick<GateContext, 'handedOn'> {
  if (!place.includes('^')) return {};
  const agents = handersOf(content, place);
  const handedOn = agents.map((agent, index) => {
    const subject = subjectOf({ kind: 'agent', agent });
    const max = delegationDepthMax(own(pinned.subjects, subject), own(live?.subjects, subject));
    return { subject, depth: agents.length - index, max };
  });
  return { handedOn };
}
