import { TerminalError } from '../errors.ts';
import type { JsonObject } from '../manifest/json.ts';
import { compareText, type Problem } from '../manifest/problem.ts';
import { type Address, type Identity, kinds, type Place, type Resource, type Snapshot } from '../manifest/resource.ts';
import type { Bodies, Change, Head, Live } from './change.ts';
import { classify, classifyDrift, type Digests, type Verdict } from './classify.ts';
import { writtenDigest } from '../manifest/written.ts';
import { type Difference, differences } from './differences.ts';
import { fieldDiff } from './fields.ts';
import { type Move, movesAmong, occupiedMoves } from './moves.ts';
import type { OlderRevisions } from './revert.ts';
import { type SensitiveFields, sensitiveFields, sensitivePointers } from './sensitive.ts';

export interface Diff {
  /** What apply writes so that the rows are the target; by kind, then address. */
  readonly changes: readonly Change[];
  /** What live holds that the last applied revision does not say. */
  readonly drift: readonly Change[];
  /** Moves that cannot be made. */
  readonly problems: readonly Problem[];
}

export interface DiffOptions {
  readonly bodies: Bodies;
  /** Which fields hide their values; by default those that the schemas mark `x-sensitive`. */
  readonly sensitive?: SensitiveFields;
  /** `overwrite`: what a hand changed gives way to the target, as anything a hand changed does where Git did not move. */
  readonly conflicts?: 'block' | 'overwrite';
  /** What authors had written of the resources of the applied revision, where that is known. */
  readonly written?: ReadonlyMap<Address, string>;
  /** What older revisions held: a rename that is taken back is told by it. */
  readonly older?: OlderRevisions;
}

/** Compares last applied, live and target, resource by resource. */
export function diff(snapshot: Snapshot, live: Live, options: DiffOptions): Diff {
  const { sensitive = sensitiveFields } = options;
  const changes: Change[] = [];
  const drift: Change[] = [];
  const triples = differences(snapshot, live);
  const targets = triples.flatMap(({ target }) => (target === undefined ? [] : [target]));
  const dropped = triples.flatMap(({ head, target }) => (target === undefined && head !== undefined ? [head] : []));
  const moves = movesAmong(targets, snapshot, { heads: live.heads, dropped, ...options });
  const movedAway = new Set(Array.from(moves.values(), ({ from }) => from.address));
  const describe = (verdict: Verdict, triple: Difference): Change =>
    changeOf(triple, verdict, { bodies: options.bodies, sensitive });
  for (const triple of triples) {
    const drifted = classifyDrift(digestsOf(triple));
    if (drifted !== undefined) drift.push(describe(drifted, triple));
    if (movedAway.has(triple.address)) continue;
    const move = moves.get(triple.address);
    const found = classify(digestsFrom(move === undefined ? triple : movedOf(move), options.written));
    const change = options.conflicts === 'overwrite' ? overwriting(found) : found;
    if (change === undefined || isBroken(triple, change, snapshot)) continue;
    changes.push(move === undefined ? describe(change, triple) : asMove(describe(change, movedOf(move)), move));
  }
  return { changes: inOrder(changes), drift: inOrder(drift), problems: occupiedMoves(targets, snapshot, live) };
}

/** With whether the target is as it was written; looked at only where its content is another. */
function digestsFrom(triple: Difference, written: DiffOptions['written']): Digests {
  const { address, head, target } = triple;
  const known = target === undefined || head?.applied === target.digest ? undefined : written?.get(address);
  if (target === undefined || known === undefined) return digestsOf(triple);
  return { ...digestsOf(triple), isWrittenAlike: writtenDigest(target) === known };
}

function overwriting(verdict: Verdict | undefined): Verdict | undefined {
  return verdict?.class === 'conflict' ? { ...verdict, class: 'outOfBand' } : verdict;
}

/** The old name's head under the new name: a move is compared with what it moves. */
function movedOf({ from, target }: Move): Difference {
  return { address: target.address, head: from, target };
}

/** That the new manifest names the old one is said by the move itself. */
function asMove(change: Change, { from }: Move): Change {
  const fields = change.fields.filter(({ path }) => path !== 'metadata.renamedFrom');
  return { ...change, previousAddress: from.address, action: 'move', fields };
}

function changeOf(
  triple: Difference,
  verdict: Verdict,
  options: Required<Pick<DiffOptions, 'bodies' | 'sensitive'>>,
): Change {
  const { address, head, target } = triple;
  const identity = target ?? identityOf(address);
  const before = bodyOf(verdict.before, triple, options.bodies);
  const after = bodyOf(verdict.after, triple, options.bodies);
  const tree = options.sensitive(identity.kind);
  return {
    address,
    kind: identity.kind,
    namespace: identity.namespace,
    name: identity.name,
    action: verdict.action,
    class: verdict.class,
    place: placeOf(triple, verdict),
    precondition: head?.live === undefined ? 'absent' : head.generation,
    before,
    after,
    beforeDigest: verdict.before,
    afterDigest: verdict.after,
    ...fieldDiff(identity.kind, { before, after }, tree),
    sensitive: union(sensitivePointers(before, tree), sensitivePointers(after, tree)),
    ...(verdict.after === undefined || verdict.after !== target?.digest ? {} : writtenOf(target)),
    ...(head?.touched === undefined ? {} : { touched: head.touched }),
    reason: reasonOf(verdict, head),
  };
}

function writtenOf(target: Resource): Pick<Change, 'written'> {
  const written = writtenDigest(target);
  return written === undefined ? {} : { written };
}

/** Digests of the contents that `diff` compares and that the snapshot does not hold; sorted, each once. */
export function bodiesNeeded(snapshot: Snapshot, live: Live): string[] {
  const needed = new Set<string>();
  for (const { head, target } of differences(snapshot, live)) {
    for (const digest of [head?.applied, head?.live]) {
      if (digest !== undefined && digest !== target?.digest) needed.add(digest);
    }
  }
  return [...needed].sort(compareText);
}

/** Addresses whose last applied, live and target contents are not all the same; sorted. */
export function addressesChanged(snapshot: Snapshot, live: Live): Address[] {
  return Array.from(differences(snapshot, live), ({ address }) => address).sort(compareText);
}

function digestsOf({ head, target }: Difference): Digests {
  return { applied: head?.applied, live: head?.live, target: target?.digest };
}

/** What is missing from a snapshot because its manifest has an error is not deleted: nobody has said so. */
function isBroken({ address, head, target }: Difference, verdict: Verdict, { problems }: Snapshot): boolean {
  if (verdict.action !== 'delete' || target !== undefined) return false;
  return problems.some(
    ({ code, severity, address: wrong, file }) =>
      severity === 'error' && (wrong === address || file === head?.file || code === 'source.path_missing'),
  );
}

function bodyOf(digest: string | undefined, { address, target }: Difference, bodies: Bodies): JsonObject | undefined {
  if (digest === undefined) return undefined;
  const body = digest === target?.digest ? target.manifest : bodies.get(digest);
  if (body !== undefined) return body;
  throw new TerminalError(`The content ${digest.slice(0, 12)} of ${address} is not in the store.`, {
    code: 'plan.body_missing',
    help: 'Restore the database from a backup, or put the row right by hand, then plan again.',
  });
}

function placeOf({ head, target }: Difference, { action }: Verdict): Place {
  if (target !== undefined && action !== 'delete') return target.place;
  return head === undefined ? { file: '', line: 1, column: 1 } : { file: head.file, line: head.line, column: 1 };
}

function reasonOf(verdict: Verdict, head: Head | undefined): string | undefined {
  switch (verdict.class) {
    case 'pending':
      return verdict.action === 'delete' && head !== undefined
        ? `because ${head.file} no longer declares it`
        : undefined;
    case 'outOfBand':
      return `because live was changed after the last apply${touchedBy(head)}`;
    case 'missing':
      return 'because live no longer holds it';
    case 'orphan':
      return `because live holds it and no revision does${touchedBy(head)}`;
    case 'converged':
      return 'because live already is what Git now says';
    case 'recompiled':
      return 'because this build of pawl makes something else of the same manifest';
    case 'conflict':
      return `because Git and live both changed it since the last apply${touchedBy(head)}`;
  }
}

function touchedBy(head: Head | undefined): string {
  return head?.touched === undefined ? '' : `, by ${head.touched.by} at ${head.touched.at}`;
}

function identityOf(address: Address): Identity {
  const [kind, namespace = '', name = ''] = address.split('/');
  const known = kinds.find((one) => one === kind);
  if (known === undefined) throw new TypeError(`${address} is not an address`);
  return { kind: known, namespace, name };
}

function inOrder(changes: Change[]): readonly Change[] {
  return changes.sort((a, b) => kinds.indexOf(a.kind) - kinds.indexOf(b.kind) || compareText(a.address, b.address));
}

function union(a: readonly string[], b: readonly string[]): readonly string[] {
  return [...new Set([...a, ...b])].sort(compareText);
}
