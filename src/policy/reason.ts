import type { CodeDoc } from '../manifest/problem.ts';
import { haltReasons } from './halt-reason.ts';

/** Every reason for which the gate refuses a call, in the order of its checks. */
export const policyCodes = {
  'run.lease_lost': {
    title: 'The worker no longer owns the run',
    cause: 'Its lease ran out or another worker took the run over, so its fence is old.',
    cure: 'Nothing: the worker that owns the run goes on. If it happens often, look at the worker’s load and its database link.',
  },
  'run.cancelled': {
    title: 'The run was cancelled',
    cause: 'Somebody asked for the run to end before this call was made.',
    cure: 'Submit the run again if the cancellation was a mistake.',
  },
  'run.deadline': {
    title: 'The run or the step is past its deadline',
    cause: 'The timeout of the system or of the agent was over before this call was made.',
    cure: 'Raise `limits.timeout` of the AgentSystem or the Agent, or make the work smaller.',
  },
  ...haltReasons,
  'gate.error': {
    title: 'The decision itself failed',
    cause: 'A fault while the gate looked at the call. Whatever cannot be decided is refused.',
    cure: 'Report it with the run’s id and the call’s path: it is a bug in pawl or a damaged bundle.',
  },
  'gate.authority_missing': {
    title: 'No compiled rules exist for who makes the call',
    cause: 'The revision that the run is pinned to holds no authority for this agent or system.',
    cure: 'Apply the environment again; if it stays, the stored bundle was damaged: report it with the run’s id.',
  },
  'call.malformed': {
    title: 'The arguments of the call are not strict JSON',
    cause:
      'Truncated text, a duplicate key, a number that JSON or an exact integer cannot hold, a NUL, half a surrogate pair, or something that is not an object.',
    cure: 'Nothing to do in Git: the model is told once and may send the call again.',
  },
  'call.too_large': {
    title: 'The arguments of the call are too large',
    cause: 'More than 256 KiB, nested deeper than 32, or more than 10,000 values.',
    cure: 'Let the tool take a reference instead of the content, or ask for smaller pieces in its description.',
  },
  'tool.unknown': {
    title: 'No tool has that name',
    cause: 'The model asked for a tool that the system does not have.',
    cure: 'If the tool should exist, declare it as a Tool and list it under the agent’s `tools`.',
  },
  'tool.not_declared': {
    title: 'The tool belongs to another agent',
    cause: 'The system has a tool of that name, but this agent does not list it.',
    cure: 'List the tool under the agent’s `tools` if the agent should have it.',
  },
  'tool.pin_missing': {
    title: 'Nobody has looked at the tool',
    cause:
      'pawl.lock.yaml holds no definition of this tool of an MCP server, in the run’s revision or in the live one. Nothing is trusted because a server says it.',
    cure: 'Run `pawl mcp pin` for the server, and have the lock file reviewed and merged.',
  },
  'tool.pin_mismatch': {
    title: 'The tool is another than the one that was reviewed',
    cause:
      'The server defines the tool otherwise than pawl.lock.yaml does, or the live revision has pinned another definition than the one that the run keeps.',
    cure: '`pawl mcp diff` shows what differs. Pin the server again if the change is right, or stop using it. A run that keeps the old definition starts anew.',
  },
  'mcp.identity_mismatch': {
    title: 'The server is another than the one that was pinned',
    cause:
      'Program, image, address, or the names of variables or headers are not what they were when the tools of the server were pinned.',
    cure: 'Pin the server again and have its tools reviewed, or undo the change.',
  },
  'agent.not_declared': {
    title: 'The agent may not hand work to that one',
    cause: 'Its `agents` do not list the other agent, in the run’s revision or in the live one.',
    cure: 'List the agent under `agents` again if it should get work; only new runs see a new entry.',
  },
  'guard.failed': {
    title: 'A guard did not answer',
    cause:
      'A Guard on the call failed, took longer than its `timeout`, or answered in another form than its protocol’s. What cannot be checked does not pass.',
    cure: 'The record of the call names the guard and what went wrong. Mend its service, or take the guard out of the agent or the policy that names it.',
  },
  'guard.blocked': {
    title: 'A guard does not let the call or its answer pass',
    cause: 'A Guard found something in the prompt, the arguments, the answer or the result, and its action is `block`.',
    cure: 'The record of the call names the guard and what it found, without the text. Change what is sent, or the Guard, in Git.',
  },
  'args.invalid': {
    title: 'The arguments do not fit the tool’s schema',
    cause: 'A wrong type, an unknown or missing property, or a value outside the schema.',
    cure: 'Make the tool’s `inputSchema` and description say what it takes; the model may send the call again.',
  },
  'gate.schema_error': {
    title: 'The tool’s input schema cannot be evaluated',
    cause: 'The schema in the bundle does not compile, or failed while it checked the arguments.',
    cure: 'Mend the tool’s `inputSchema` (`pawl validate` names the place) and apply it.',
  },
  'policy.denied': {
    title: 'A policy denies the call',
    cause: 'An AgentPolicy or a ToolPermission refuses it, in the run’s revision or in the live one.',
    cure: 'The rule in the decision names the policy. Change it in Git if the call should be allowed.',
  },
  'policy.not_granted': {
    title: 'Nothing grants the call',
    cause:
      'No role of the agent holds the permissions that the tool requires, or the live revision took the tool away.',
    cure: 'Give the agent a role with the permission, or list the tool again; only new runs see a new grant.',
  },
  'isolation.unavailable': {
    title: 'The tool cannot be kept apart enough',
    cause:
      'A policy’s `isolation.min` or the tool’s `risk` wants a stronger tier than its type or this worker has; of a tool that runs elsewhere, which has none, people must be asked about each call.',
    cure: 'Have a ToolPermission ask about it, use a tool of a type that can be isolated, or change the policy that the decision names.',
  },
  'egress.denied': {
    title: 'The address may not be reached',
    cause:
      'The URL, a redirect or what its name resolves to is outside what the resource or a policy’s `egress.hosts` allows, or is a private, loopback, link-local or metadata address.',
    cure: 'List the host under `egress.hosts` of the resource and of the policy that the decision names (with `http://` for plain HTTP); set `allowPrivate` for a host in your own network.',
  },
  'gateway.required': {
    title: 'The call must go through a gateway',
    cause: 'A policy’s `gateways.require` names calls of this sort, and the endpoint or tool is reached without one.',
    cure: 'Give the ModelEndpoint a `gatewayRef`, or use a tool that needs no way out of its own.',
  },
  'gateway.not_allowed': {
    title: 'The gateway is not an approved one',
    cause: 'A policy’s `gateways.allow` leaves out the Gateway of the endpoint.',
    cure: 'Use a Gateway that the policy names, or add this one to it.',
  },
  'policy.condition_false': {
    title: 'A condition of a policy does not hold',
    cause: 'The expression of a `denyUnless` gave `false` for this call, in the run’s revision or in the live one.',
    cure: 'Read the condition that the decision names. The agent may make another call for which it holds.',
  },
  'gate.condition_error': {
    title: 'A condition of a policy could not be evaluated',
    cause:
      'The expression failed, as on a field that is missing, gave neither true nor false, or would have gone over more than it may.',
    cure: 'Guard what may be missing with `has(…)`, and compare values of one type.',
  },
  'flow.denied': {
    title: 'The run has touched data that may not go there',
    cause:
      'A policy’s `flow` denies calls of the tool’s `dataClass` after what the run has read. A tool without a `dataClass` counts as what one of its type may do at worst.',
    cure: 'Split the work over two runs, give the tool the `dataClass` that it has, or let the policy ask.',
  },
  'limit.denials': {
    title: 'Too many calls of the step were refused',
    cause: 'The agent went on asking for calls that the gate refuses.',
    cure: 'Read the refused calls in the trace; mend the prompt or the grants, or raise `execution.maxDenials`.',
  },
  'limit.steps': {
    title: 'The agent used all its steps',
    cause: 'The number of model calls reached `limits.maxSteps` of the agent or of a policy.',
    cure: 'Raise `limits.maxSteps`, or give the agent less to do.',
  },
  'limit.tool_calls': {
    title: 'The agent used all its tool calls',
    cause: 'The number of tool calls reached `limits.maxToolCalls` of the agent or of a policy.',
    cure: 'Raise `limits.maxToolCalls`, or give the agent less to do.',
  },
  'limit.tokens': {
    title: 'No tokens are left',
    cause: 'What the call needs exceeds what `limits.maxTokens` of the agent, a policy or the system leaves.',
    cure: 'Raise `limits.maxTokens`, or shorten the prompt and the tools’ results.',
  },
  'limit.repetition': {
    title: 'The same call again and again',
    cause: 'The agent asked for the same tool with the same arguments for the twentieth time in one step.',
    cure: 'Read the trace: the tool’s answer usually does not tell the model that it should stop.',
  },
  'limit.cost': {
    title: 'No money is left',
    cause: 'What the call may cost exceeds what `limits.maxCost` of the agent, a policy or the system leaves.',
    cure: 'Raise `limits.maxCost`, or use a cheaper model.',
  },
  'limit.handoff_depth': {
    title: 'Work was handed on too often',
    cause:
      'An agent handed on what others had handed to it, deeper than `limits.maxDelegationDepth` of one of them or of a policy allows, or deeper than 10.',
    cure: 'Read the trace: agents that hand work to each other end here. Shorten the chain, or raise the limit.',
  },
  'rate.tool': {
    title: 'A tool is called too often',
    cause: 'A rate of an AgentPolicy has no room for the call before the time of the run or of its step is over.',
    cure: 'Raise the rate in the AgentPolicy that the decision names, give the run or the step more time, or let fewer runs call at once.',
  },
  'rate.model': {
    title: 'A model is asked too often',
    cause: 'A rate of an AgentPolicy has no room for the call before the time of the run or of its step is over.',
    cure: 'Raise the rate in the AgentPolicy that the decision names, give the run or the step more time, or let fewer runs call at once.',
  },
  'call.duplicate': {
    title: 'The same call was made before',
    cause:
      'The agent says `execution.duplicateCalls: deny`, and asked for the same tool with the same arguments again.',
    cure: 'Nothing to do in Git: the model has the first result. Say `reuse` if it should simply be given again.',
  },
  'model.unknown': {
    title: 'The model endpoint is not in the bundle',
    cause: 'The agent names an endpoint that the run’s revision does not hold.',
    cure: 'Declare the ModelEndpoint and apply again.',
  },
  'model.not_allowed': {
    title: 'The model is not allowed',
    cause: 'A policy’s `models.allow` leaves the endpoint out, or the live revision took it from the agent.',
    cure: 'Name the endpoint in the policy, or give the agent a model that the policy allows.',
  },
  'model.param_denied': {
    title: 'A parameter of the model is out of bounds',
    cause: 'Temperature, topP or maxOutputTokens of the endpoint is outside what any provider takes.',
    cure: 'Set temperature to 0 to 2, topP to 0 to 1 and maxOutputTokens to 1 to 1,000,000.',
  },
  'approval.denied': {
    title: 'Somebody who was asked said no',
    cause: 'A rule has people look at the call first, and one of them denied it.',
    cure: 'Read their reason with `pawl get approvals`. The agent may ask for something else; the same call is asked for anew.',
  },
  'approval.expired': {
    title: 'Nobody agreed in time',
    cause: 'A rule has people look at the call first, and its `ttl` ran out before enough of them agreed.',
    cure: 'Run again when somebody is there, or raise `approval.ttl` (at most 24 hours).',
  },
  'approval.mismatch': {
    title: 'What was approved is another action',
    cause:
      'An approval holds for one action to the letter: its arguments, tool, hosts, secrets and both revisions’ rules.',
    cure: 'Nothing was done. Let the run ask again: people see the action as it is now.',
  },
  'budget.exhausted': {
    title: 'A budget is used up',
    cause:
      'What the call would reserve is more than the budget has left: in this run, or for all who share it until its window ends.',
    cure: 'Look at `pawl get budgets`. Raise the budget in the AgentPolicy that the decision names, make the run cheaper, or wait for the next window.',
  },
  'budget.price_unknown': {
    title: 'A money budget meets a model without a price',
    cause:
      'A budget in usd or a `limits.maxCost` reaches the agent, but its ModelEndpoint has no `pricing`, so that the cost cannot be held.',
    cure: 'Add `pricing` to the ModelEndpoint (0 for a free one), or budget in tokens.',
  },
  'gate.conflict': {
    title: 'The live revision kept changing while the call was decided',
    cause:
      'The decision was made against a live revision that was replaced before it could be journalled, three times in a row.',
    cure: 'Run again when the environment is quiet.',
  },
} as const satisfies Record<string, CodeDoc>;

export type ReasonCode = keyof typeof policyCodes;
