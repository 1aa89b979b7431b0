import type { TraceCall, TraceRecord } from '../api/operations.ts';

/** What a trace reads of a request that its run made of people. */
export interface ApprovalVotes {
  readonly id: string;
  readonly votes: readonly { readonly by: string; readonly as: 'approve' | 'deny' }[];
}

/** The ids of the requests by which people released calls of a trace. */
export function approvalsIn({ nodes }: TraceRecord): ReadonlySet<string> {
  return new Set(nodes.flatMap(({ calls }) => calls.flatMap(({ decision: { approval } }) => approval ?? [])));
}

/** A trace whose calls name the people who released them. */
export function withApprovers(trace: TraceRecord, approvals: readonly ApprovalVotes[]): TraceRecord {
  const people = new Map(approvals.map(({ id, votes }) => [id, approving(votes)]));
  return {
    ...trace,
    nodes: trace.nodes.map((node) => ({ ...node, calls: node.calls.map((call) => named(call, people)) })),
  };
}

function approving(votes: ApprovalVotes['votes']): readonly string[] {
  return votes.filter(({ as }) => as === 'approve').map(({ by }) => by);
}

function named(call: TraceCall, people: ReadonlyMap<string, readonly string[]>): TraceCall {
  const { decision } = call;
  const approvedBy = decision.approval === undefined ? undefined : people.get(decision.approval);
  return approvedBy === undefined ? call : { ...call, decision: { ...decision, approvedBy } };
}
