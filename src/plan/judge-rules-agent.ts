import {
  fewer,
  fewerEntries,
  lower,
  more,
  never,
  removed,
  stricterApproval,
  tightening,
  toFalse,
  type Narrowing,
} from './judge-narrowing.ts';
import { cells, judge, type JudgeTable, limits, prose, restrictions } from './judge-rule.ts';
import { schemaNarrows } from './judge-schema.ts';

// What asks: agents and the systems that they run in.

export const agentRules: JudgeTable = {
  'spec.displayName': prose,
  'spec.description': prose,
  'spec.owner': prose,
  'spec.modelRef': cells,
  'spec.modelRefs': judge('agent.models', fewer('none'), 'which models answer for it'),
  'spec.prompt': { shown: 'prompts' },
  'spec.promptFile': { shown: 'prompts' },
  'spec.promptRef': { shown: 'prompts' },
  'spec.inputs': { shown: 'prompts' },
  'spec.tools': judge('agent.serverTools', serverToolsNarrow, 'which tools of servers it lists'),
  'spec.tools.*.toolRef': cells,
  'spec.tools.*.mcpServerRef': judge('agent.serverTools', removed, 'which tools of servers it lists'),
  'spec.tools.*.tools': judge('agent.serverTools', fewer('none'), 'which tools of servers it lists'),
  'spec.tools.*.requireApproval': cells,
  'spec.tools.*.timeout': { nothing: 'the time of a step bounds it' },
  'spec.agents': judge('agent.delegates', fewerEntries, 'to whom it hands work on'),
  'spec.roles': cells,
  'spec.memory.memoryRef': cells,
  'spec.memory.allow': cells,
  'spec.memory.sessionTtl': { nothing: 'how much is remembered, not by whom' },
  'spec.memory.maxHistory': { nothing: 'how much is remembered, not by whom' },
  'spec.limits': limits,
  'spec.output': { nothing: 'the form of its answer' },
  'spec.execution.toolUse': judge(
    'agent.execution',
    tightening('runAgain', 'stopOnFirst'),
    'whether it goes on after a call',
  ),
  'spec.execution.requiredTools': judge('agent.execution', more, 'which calls an answer must have behind it'),
  'spec.execution.duplicateCalls': judge(
    'agent.execution',
    tightening(undefined, 'reuse', 'deny'),
    'what becomes of the same call again',
  ),
  'spec.execution.onDeny': judge('agent.execution', tightening('inform', 'fail'), 'whether it goes on after a refusal'),
  'spec.execution.maxDenials': judge('agent.execution', lower, 'how many refusals it may meet'),
  'spec.context': { nothing: 'how much of the past a model is told' },
  'spec.context.compaction.summarizerRef': judge('agent.models', removed, 'which models are told of its work'),
  'spec.guards': restrictions,
  'spec.expose.a2a': judge('agent.expose', toFalse, 'whether it is called from outside'),
  'spec.expose.openai': judge('agent.expose', toFalse, 'whether it is called from outside'),
  'spec.expose.skills': { nothing: 'what others are told of it' },
  'spec.runtime': judge('agent.runtime', never, 'what runs it'),
  'spec.observability': { nothing: 'what is kept of what it did' },
};

export const agentSystemRules: JudgeTable = {
  'spec.description': prose,
  'spec.owner': prose,
  'spec.roles': cells,
  'spec.input': judge('system.input', schemaNarrows, 'with what a run may be started'),
  'spec.input.schema': judge('system.input', schemaNarrows, 'with what a run may be started'),
  'spec.graph': { shown: 'graphs' },
  'spec.graph.*.agentRef': cells,
  'spec.graph.*.toolRef': cells,
  'spec.graph.*.systemRef': judge('system.delegates', removed, 'which systems run in it'),
  'spec.graph.*.human': judge('system.human', humanNarrows, 'where people decide'),
  'spec.graph.*.review': judge('system.review', reviewNarrows, 'where people review'),
  'spec.graph.*.input': judge('system.toolInput', toolInputNarrows, 'what a tool is called with'),
  'spec.graph.*.delegates': judge('system.delegates', fewer('none'), 'to whom work is handed on'),
  'spec.graph.*.loop.maxTurns': judge('system.turns', lower, 'how often it goes round'),
  'spec.output': { nothing: 'what of the work is given back' },
  'spec.limits': limits,
  'spec.limits.onLimit': { nothing: 'how a run ends that has used up a limit' },
  'spec.concurrency': { nothing: 'how many runs there are at once; budgets bound what they spend' },
  'spec.onFailure': judge('system.delegates', removed, 'what runs after a failure'),
  'spec.rollout': { nothing: 'how fast a reviewed revision reaches runs' },
  'spec.drain': judge('system.drain', tightening('finish', 'drain', 'cancel'), 'how long runs outlive their system'),
};

/** Tools of the list itself are cells; an entry that comes with tools of a server is not. */
function serverToolsNarrow(...[before, after]: Parameters<Narrowing>): boolean {
  const servers = (value: unknown): readonly unknown[] =>
    Array.isArray(value) ? value.filter((entry: { mcpServerRef?: string }) => entry.mcpServerRef !== undefined) : [];
  const was = servers(before).map((entry) => (entry as { mcpServerRef: string }).mcpServerRef);
  return servers(after).every((entry) => was.includes((entry as { mcpServerRef: string }).mcpServerRef));
}

function humanNarrows(...[before]: Parameters<Narrowing>): boolean {
  return before === undefined;
}

function reviewNarrows(...[before, after, spot]: Parameters<Narrowing>): boolean {
  return before === undefined || stricterApproval(before, after, spot);
}

/** What an agent is told is its prompt's matter; a tool node makes the call that its input says. */
function toolInputNarrows(...[, , { before, after }]: Parameters<Narrowing>): boolean {
  return after?.['toolRef'] === undefined || before === undefined;
}
