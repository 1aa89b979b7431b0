import type { CodeDoc } from './problem.ts';

/** What can be wrong with a graph. */
export const graphCodes = {
  'graph.reserved': {
    title: 'Reserved name',
    cause: '`end` is the target that finishes a branch.',
    cure: 'Give the node another name.',
  },
  'graph.unknown_node': {
    title: 'No such node',
    cause: 'An edge, `dependsOn`, `onError`, `onFailure` or `delegates` names a node that the graph does not have.',
    cure: 'Correct the name.',
  },
  'graph.duplicate_edge': {
    title: 'One edge twice',
    cause: 'Two edges lead from one node to another, or one edge is written at both of its ends.',
    cure: 'Keep one of them, with their conditions joined.',
  },
  'graph.default': {
    title: 'Default edge',
    cause: 'A default edge has a condition, a twin, or can never be taken.',
    cure: 'Keep one default beside edges with conditions.',
  },
  'graph.no_entry': {
    title: 'No entry',
    cause: 'Every node has an incoming edge.',
    cure: 'Remove the edges into the node that starts, or put a node before it.',
  },
  'graph.unreachable': {
    title: 'Unreachable node',
    cause: 'No entry leads to the node.',
    cure: 'Add an edge to it, or remove it.',
  },
  'graph.irreducible': {
    title: 'Cycle with two entries',
    cause: 'A cycle can be entered at more than one node, so that no edge of it is the one that begins another turn.',
    cure: 'Let all edges from outside lead to one node of the cycle.',
  },
  'graph.unbounded_cycle': {
    title: 'Cycle without a bound',
    cause: 'The graph has a cycle, and nothing says how many turns it may take.',
    cure: 'Add `limits.maxTurns`.',
  },
  'graph.endless_cycle': {
    title: 'Cycle without a way out',
    cause: 'No edge leads out of a cycle, so that a run in it ends only at a limit.',
    cure: 'Add an edge to `end` or to another node, or set `limits.onLimit: succeed`.',
  },
  'graph.idle_join': {
    title: 'Nothing to join',
    cause: 'A node has `join`, and fewer than two edges lead on to it; edges that lead back are not waited for.',
    cure: 'Remove `join`.',
  },
  'graph.quorum': {
    title: 'Quorum that can never meet',
    cause: 'A join waits for more edges than lead on to its node.',
    cure: 'Lower `count`.',
  },
  'graph.input_missing': {
    title: 'Input that is missing',
    cause: 'A tool or a system needs something that the input of its node does not have, or may not have.',
    cure: 'Add it to `input`.',
  },
  'graph.input_unknown': {
    title: 'Input that nothing takes',
    cause: 'The input of a node has a field that the schema of its tool or system does not let through.',
    cure: 'Correct the name, or remove it.',
  },
  'graph.input_type': {
    title: 'Input of another type',
    cause: 'The input of a node is, or may be, of another type than its tool or system takes.',
    cure: 'Give it another value, or convert it.',
  },
  'graph.goto_self': {
    title: 'Goes on to itself when it fails',
    cause: '`onError: goto` names the node that it belongs to.',
    cure: 'Use `retry`, or go to another node.',
  },
  'graph.timeout': {
    title: 'Step longer than its run',
    cause: 'The timeout of a node is longer than that of the system.',
    cure: 'Shorten it, or raise `limits.timeout`.',
  },
  'graph.retry': {
    title: 'No time for a second attempt',
    cause: 'The first pause of a retry is as long as the step may take.',
    cure: 'Lower `backoff.initial`, or raise the `timeout` of the step.',
  },
  'graph.delegate': {
    title: 'Delegation that does not come back',
    cause:
      'A delegate is the node itself, delegates in a circle, or has edges, though it reports back to who asked it.',
    cure: 'Remove the edge, or use two nodes.',
  },
  'graph.on_failure': {
    title: 'Failure node in the graph',
    cause: 'The node of `onFailure` runs only when a run fails, and an edge leads to it or from it.',
    cure: 'Remove the edge, or use two nodes.',
  },
} as const satisfies Record<string, CodeDoc>;
