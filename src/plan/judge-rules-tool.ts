import type { Json, JsonObject } from '../manifest/json.ts';
import { classesOf } from '../policy/data-class.ts';
import {
  fewer,
  fewerHosts,
  higher,
  lower,
  more,
  never,
  removed,
  sameKeys,
  tightening,
  toFalse,
  type Narrowing,
} from './judge-narrowing.ts';
import { judge, type JudgeTable, prose } from './judge-rule.ts';
import { schemaNarrows } from './judge-schema.ts';

// What tools, servers, models and secrets do with a call that the gate has let pass.

const tiers = ['inline', 'process', 'sandbox', 'container', 'wasm'] as const;

export const toolRules: JudgeTable = {
  'spec.description': { nothing: 'a model reads it; it permits nothing' },
  'spec.type': judge('tool.type', never, 'what runs the call'),
  'spec.inputSchema': judge('tool.inputSchema', schemaNarrows, 'which arguments pass'),
  'spec.outputSchema': judge('tool.outputSchema', schemaNarrows, 'which results a run reads'),
  'spec.operation': judge('tool.operation', more, 'which permissions a call needs and which rules speak of it'),
  'spec.risk': judge('tool.risk', riskNarrows, 'how strongly it is kept apart'),
  'spec.dataClass': judge('tool.dataClass', classNarrows, 'which rules on data speak of it'),
  'spec.idempotent': judge('tool.idempotent', toFalse, 'whether a call of unknown outcome is made again'),
  'spec.timeout': { nothing: 'the time of a step bounds it' },
  'spec.maxResultBytes': judge('tool.maxResultBytes', lower, 'how much a call brings back'),
  'spec.retry': { nothing: 'how often a call is tried that may be made again at all' },
  'spec.isolation.min': judge('tool.isolation', tightening(...tiers), 'how strongly it is kept apart'),
  'spec.isolation.memory': judge('tool.isolation', lower, 'what a call may use'),
  'spec.isolation.cpuTime': judge('tool.isolation', lower, 'what a call may use'),
  'spec.isolation.network': judge('tool.isolation', tightening('declared', 'none'), 'whether it reaches a network'),
  'spec.isolation.filesystem': judge('tool.isolation', tightening('scratch', 'readOnly', 'none'), 'what files it sees'),
  'spec.http.method': judge('tool.http', never, 'what is sent'),
  'spec.http.url': judge('tool.http', never, 'where it is sent'),
  'spec.http.headers': judge('tool.http', never, 'what is sent'),
  'spec.http.query': judge('tool.http', never, 'what is sent'),
  'spec.http.body': judge('tool.http', never, 'what is sent'),
  'spec.cli': judge('tool.command', never, 'what is executed'),
  'spec.code': judge('tool.command', never, 'what is executed'),
  'spec.wasm': judge('tool.command', never, 'what is executed'),
  'spec.wasm.memory': judge('tool.isolation', lower, 'what a call may use'),
  'spec.wasm.fuel': judge('tool.isolation', lower, 'what a call may use'),
  'spec.container': judge('tool.command', never, 'what is executed'),
  'spec.mcp': judge('tool.server', never, 'which tool of which server answers'),
  'spec.human.assignees': judge('tool.human', never, 'who answers'),
  'spec.human.form': judge('tool.human', never, 'what is asked of people'),
  'spec.human.ttl': { nothing: 'how long people have to answer' },
  'spec.retrieval.memoryRef': judge('tool.memory', never, 'which memory is read'),
  'spec.retrieval.topK': judge('tool.memory', lower, 'how much is read'),
  'spec.builtin': judge('tool.command', never, 'what is answered'),
  'spec.cost.perCall': judge('tool.cost', higher, 'how many calls a money budget pays for'),
  'spec.egress.hosts': judge('tool.egress', fewerHosts, 'where it may connect to'),
  'spec.egress.allowPrivate': judge('tool.egress', toFalse, 'whether private addresses are reached'),
  'spec.auth': judge('tool.auth', removed, 'as whom it calls'),
};

export const mcpServerRules: JudgeTable = {
  'spec.description': prose,
  'spec.owner': prose,
  'spec.transport': judge('server.command', never, 'what answers'),
  'spec.command': judge('server.command', never, 'what is executed'),
  'spec.args': judge('server.command', never, 'what is executed'),
  'spec.env': judge('server.command', never, 'what is executed with'),
  'spec.image': judge('server.command', never, 'what is executed'),
  'spec.url': judge('server.http', never, 'where calls are sent'),
  'spec.headersFrom': judge('server.http', never, 'what is sent'),
  'spec.auth': judge('server.auth', removed, 'as whom it is called'),
  'spec.egress.hosts': judge('server.egress', fewerHosts, 'where it may connect to'),
  'spec.egress.allowPrivate': judge('server.egress', toFalse, 'whether private addresses are reached'),
  'spec.allowPrivate': judge('server.egress', toFalse, 'whether a private address is reached'),
  'spec.gatewayRef': judge('server.gateway', never, 'through which gateway it is reached'),
  'spec.idleTimeout': { nothing: 'when an idle server is stopped' },
  'spec.startTimeout': { nothing: 'how long a start may take' },
  'spec.callTimeout': { nothing: 'the time of a step bounds it' },
  'spec.maxRestarts': { nothing: 'how often a server that ends is started again' },
  'spec.maxResultBytes': judge('server.maxResultBytes', lower, 'how much a call brings back'),
  'spec.tools.allow': judge('server.tools', fewer(), 'which of its tools there are'),
  'spec.tools.deny': judge('server.tools', more, 'which of its tools there are'),
  'spec.defaults.operation': judge('server.defaults', never, 'which permissions calls of its tools need'),
  'spec.defaults.risk': judge(
    'server.defaults',
    tightening('low', 'medium', 'high', 'critical'),
    'how strongly its tools are kept apart',
  ),
  'spec.defaults.isolation': judge('server.defaults', tightening(...tiers), 'how strongly its tools are kept apart'),
  'spec.pinned.tools': judge('server.pinned', never, 'what models are told of its tools, and which arguments pass'),
  'spec.pinned.toolsDigest': { nothing: 'of the definitions beside it, each of which is judged' },
  'spec.pinned.imageDigest': judge('server.command', never, 'what is executed'),
  'spec.pinned.stale': { nothing: 'a server that is not the pinned one has no tools that can be called' },
  'spec.pin': judge('server.pin', tightening('onDeclare', 'required'), 'whether its tools must be as reviewed'),
};

export const modelEndpointRules: JudgeTable = {
  'spec.description': prose,
  'spec.provider': { shown: 'models' },
  'spec.model': { shown: 'models' },
  'spec.parameters': { shown: 'models' },
  'spec.script': { shown: 'models' },
  'spec.scriptFile': { shown: 'models' },
  'spec.baseUrl': judge('model.http', never, 'where prompts are sent'),
  'spec.headers': judge('model.http', never, 'what is sent'),
  'spec.region': judge('model.http', never, 'where prompts are sent'),
  'spec.project': judge('model.http', never, 'on whose account prompts are sent'),
  'spec.apiVersion': judge('model.http', never, 'what is asked of the provider'),
  'spec.auth': judge('model.auth', removed, 'as whom it is called'),
  'spec.pricing': judge('model.pricing', higher, 'how many calls a money budget pays for'),
  'spec.pricing.*': judge('model.pricing', higher, 'how many calls a money budget pays for'),
  'spec.rateLimit.*': judge('model.rateLimit', lower, 'how often it is called'),
  'spec.tls': judge('model.tls', never, 'whom it trusts to be the provider'),
  'spec.gatewayRef': judge('model.gateway', never, 'through which gateway it is reached'),
  'spec.allowPrivate': judge('model.egress', toFalse, 'whether a private address is reached'),
};

export const secretRules: JudgeTable = {
  'spec.description': prose,
  'spec.source': judge('secret.key', never, 'where the values are read'),
  'spec.keys': judge('secret.key', sameKeys, 'which value a key is'),
};

export const memoryRules: JudgeTable = {
  'spec.description': prose,
  'spec.owner': prose,
  'spec.type': judge('memory.store', never, 'where what agents remember is kept'),
  'spec.session': { nothing: 'how much is remembered, not by whom' },
  'spec.longTerm': { nothing: 'how much is remembered, not by whom' },
  'spec.longTerm.embeddingRef': judge('memory.store', removed, 'which model reads what agents remember'),
  'spec.http.url': judge('memory.store', never, 'where what agents remember is kept'),
  'spec.http.auth': judge('memory.store', removed, 'as whom the store is called'),
  'spec.http.timeout': { nothing: 'the time of a step bounds it' },
  'spec.http.allowPrivate': judge('memory.store', toFalse, 'whether a private address is reached'),
};

const risks = tightening('low', 'medium', 'high', 'critical');

/** What says nothing of its risk is of a medium one. */
function riskNarrows(...[before, after, spot]: Parameters<Narrowing>): boolean {
  return risks(before ?? 'medium', after ?? 'medium', spot);
}

/** Rules on data speak of every class of a tool: a tool of the network that names none has all of them. */
function classNarrows(...[before, after, spot]: Parameters<Narrowing>): boolean {
  const [was, is] = [classesIn(before, spot.before), classesIn(after, spot.after)];
  return was.every((one) => is.includes(one) || one === 'public');
}

function classesIn(value: Json | undefined, spec: JsonObject | undefined): readonly string[] {
  if (typeof value === 'string') return [value];
  const type = spec?.['type'];
  return classesOf(type === 'builtin' || type === 'retrieval' ? type : 'http', undefined);
}
