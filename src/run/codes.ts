import type { CodeDoc } from '../manifest/problem.ts';

/** Codes of what may become of a run. */
export const runCodes = {
  'run.system_unknown': {
    title: 'No such system is live',
    cause:
      'The environment has no AgentSystem of that name in its current revision, or the environment does not exist.',
    cure: 'Look at `pawl get AgentSystem`, and apply the commit that declares the system.',
  },
  'run.unknown': {
    title: 'No such run',
    cause: 'No run has that id.',
    cure: 'Look at `pawl get runs`.',
  },
  'run.idempotency_mismatch': {
    title: 'The idempotency key was used for another input',
    cause: 'A run of the same system was submitted under the key with a different input.',
    cure: 'Use a new key for a new input.',
  },
  'run.ended': {
    title: 'The run has ended',
    cause: 'A run that ended cannot be cancelled or resolved.',
    cure: 'Submit a new run if the work is still wanted.',
  },
  'replay.unfinished': {
    title: 'The run has not ended',
    cause: 'A run is replayed from its record, which grows until the run ends.',
    cure: 'Wait for its end with `pawl trace RUN -f`, or cancel it.',
  },
  'run.drained': {
    title: 'The run was stopped before its next step',
    cause:
      '`pawl rollback --runs=drain` withdrew the revision that the run is pinned to, or a commit removed its system, which says `drain: drain`.',
    cure: 'Submit a new run: it gets what is live now. What this one already did is in its trace.',
  },
  'run.not_waiting': {
    title: 'The run does not wait for this call',
    cause: 'The call at that path is not one whose outcome is unknown, or the run is just being executed.',
    cure: 'Look at the waits of `pawl get runs ID`, and try again when the run waits.',
  },
  'run.dead_letter': {
    title: 'The run killed its workers',
    cause: 'Every worker that took the run up died while it executed it.',
    cure: 'Read the workers’ logs; the trace shows how far the run came.',
  },
  'run.bundle_unreadable': {
    title: 'The run’s bundle cannot be executed by this worker',
    cause: 'The bundle was written by another version of pawl, or it is damaged.',
    cure: 'Run a worker of the version that applied the revision, or apply again and submit a new run.',
  },
  'run.diverged': {
    title: 'The journal and the execution disagree',
    cause: 'On taking the run up again, a finished call would have been made with other arguments.',
    cure: 'This is a fault of pawl or of a row edited by hand: report it with the run’s id.',
  },
  'run.failed': {
    title: 'The run failed for a reason that pawl has no name for',
    cause: 'The execution threw an error that is not one of pawl’s own.',
    cure: 'Read the worker’s log at the time; report it with the run’s id.',
  },
  'edge.no_match': {
    title: 'No edge of the node fires',
    cause: 'Every `when` of the node’s edges is false and none is the default.',
    cure: 'Add an edge with `default: true`, to `end` if the branch should finish there.',
  },
  'join.unreached': {
    title: 'Too few branches arrived at a join',
    cause: 'The quorum of the node’s `join` can no longer be met, and its `onFailure` is `fail`.',
    cure: 'Lower `count` or `percent`, or say `onFailure: partial` or `skip`.',
  },
  'limit.turns': {
    title: 'The bound on turns is reached',
    cause: 'A cycle or a `loop` would begin more turns than `maxTurns` says.',
    cure: 'Look in the trace why it does not end; raise `maxTurns`, or say `limits.onLimit: succeed`.',
  },
  'each.not_a_list': {
    title: '`forEach` does not give a list',
    cause: 'The expression of the node’s `forEach` gave another value than a list.',
    cure: 'Correct the expression, or let it give `[x]` for a single entry.',
  },
  'each.too_many': {
    title: 'The list of `forEach` is too long',
    cause: 'A node runs for at most 10,000 entries.',
    cure: 'Cut the list into parts and hand on one part at a time, or filter it first.',
  },
  'agent.input_missing': {
    title: 'An input of the agent’s prompt is missing',
    cause: 'The prompt shows an input that the node’s input does not hold, and that has no default.',
    cure: 'Give it in the node’s `input`, or give it a default under the agent’s `inputs`.',
  },
  'agent.input_invalid': {
    title: 'An input of the agent’s prompt is of another type',
    cause: 'The node’s input holds a value that is not of the declared type, or none of the allowed ones.',
    cure: 'Correct the expression in the node’s `input`, or the declaration under the agent’s `inputs`.',
  },
  'agent.output_invalid': {
    title: 'The agent’s answer does not fit its schema',
    cause: 'The answer was not JSON of `output.schema`, and the one repair turn did not mend it.',
    cure: 'Say in the prompt what the answer must look like, or loosen the schema.',
  },
  'agent.output_cut': {
    title: 'The agent’s answer was cut off',
    cause: 'The answer reached the cap on output tokens before it was complete.',
    cure: 'Raise the model’s `maxOutputTokens`, or the limits and budgets that the trace shows as used.',
  },
  'agent.output_filtered': {
    title: 'The provider’s content filter stopped the answer',
    cause: 'The provider ended the answer because of what it would have said, or of what it was asked.',
    cure: 'Look at the step’s input and prompt; the provider’s own documentation says what its filter refuses.',
  },
  'agent.required_tool': {
    title: 'The agent answered without a tool that it must call',
    cause: 'No call of a tool in `execution.requiredTools` succeeded, and the one reminder did not change that.',
    cure: 'Say in the prompt when the tool is to be called, and look in the trace why earlier calls failed or were denied.',
  },
  'context.too_large': {
    title: 'The conversation is too large to be sent',
    cause:
      'After compaction the request is still over `context.compaction.triggerTokens`, or the provider says that it is longer than the model’s context.',
    cure: 'Shorten the prompt, the input or the tools’ results, lower `retainRecent`, or use a model with a larger context.',
  },
  'agent.denied': {
    title: 'A call of the agent was denied',
    cause: 'The gate denied a tool call, and the agent says `execution.onDeny: fail`.',
    cure: 'Read the denied call in the trace; grant it, or let the agent be informed instead.',
  },
  'call.resolved': {
    title: 'A person said what became of the call',
    cause: 'The outcome of the call was unknown, and `pawl resolve` closed it.',
    cure: 'Nothing: the record names who said so.',
  },
  'call.halted': {
    title: 'A halt gave the call up',
    cause: 'Somebody ran `pawl halt … --abort` while the call was under way. Whether it had its effect is not known.',
    cure: 'Nothing: the call is made again, or a person asked, when the halt is over.',
  },
  'call.not_made': {
    title: 'The call was journalled and then not made',
    cause:
      'Between the intent and the call the run was cancelled, or the worker stopped or could no longer trust its lease.',
    cure: 'Nothing: where the run goes on, the call is made under its next path.',
  },
  'call.interrupted': {
    title: 'The worker ended before the model answered',
    cause: 'The worker that asked the model was killed or stopped; what was held for the answer stays charged.',
    cure: 'Nothing: the model is asked again under the next path.',
  },
  'limit.timeout': {
    title: 'The agent’s time is over',
    cause: 'The step took longer than `limits.timeout` of the agent or of a policy.',
    cure: 'Raise `limits.timeout`, or give the agent less to do.',
  },
} as const satisfies Record<string, CodeDoc>;
