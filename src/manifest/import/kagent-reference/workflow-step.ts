import { isJsonObject, type JsonObject } from '../../json.ts';
import type { Conversion } from '../conversion.ts';
import type { ForeignNode } from '../foreign.ts';
import { given } from '../given.ts';
import type { ImportedPermission } from '../imported-role.ts';
import { durationIn } from './memory-block.ts';
import { toolUse } from './tool-use.ts';
import { condition, template, type NodeNames } from './workflow-expression.ts';
import { onErrorOf, retryOf } from './workflow-failure.ts';
import { nodeOf, type Order, type Step } from './workflow-order.ts';

export interface StepParts {
  readonly conversion: Conversion;
  readonly names: NodeNames;
  readonly order: Order;
  /** `spec.errorHandling`, which holds for every step that says nothing. */
  readonly failure: ForeignNode;
  /** What the tools that steps name were allowed by that. */
  readonly permissions: ImportedPermission[];
}

/** The node that a step becomes. */
export function nodeOfStep({ node: step, name }: Step, parts: StepParts): JsonObject {
  const { names, order, failure } = parts;
  const input = step.get('input').json();
  const before = order.get(name) ?? [];
  const edges = edgesOf(step, names);
  const forEach = step.get('forEach').text();
  const common = onErrorOf(failure.get('onError'), names);
  const onError = step.get('onError').exists ? onErrorOf(step.get('onError'), names) : common;
  return given({
    ...whatRuns(step, parts),
    input: input === undefined ? undefined : template(input, names),
    dependsOn: before.length === 0 ? undefined : before,
    edges: edges.length === 0 ? undefined : edges,
    join: joinOf(step.get('join')),
    forEach: forEach === undefined ? undefined : condition(forEach, names),
    maxParallel: step.get('maxParallel').number(),
    loop: loopOf(step.get('loop'), names),
    retry: retryOf(step, failure),
    timeout: step.get('human').exists ? undefined : durationIn(step.get('timeout')),
    onError: onError === `goto ${name}` ? undefined : onError,
  });
}

/** What each field of a step names: a foreign kind, and the field of the node. */
const references = {
  agent: { kind: 'Agent', as: 'Agent', field: 'agentRef' },
  agentRef: { kind: 'Agent', as: 'Agent', field: 'agentRef' },
  tool: { kind: 'Tool', as: 'Tool', field: 'toolRef' },
  toolRef: { kind: 'Tool', as: 'Tool', field: 'toolRef' },
  workflow: { kind: 'Workflow', as: 'AgentSystem', field: 'systemRef' },
  workflowRef: { kind: 'Workflow', as: 'AgentSystem', field: 'systemRef' },
} as const;

function whatRuns(step: ForeignNode, { conversion, permissions }: StepParts): JsonObject {
  const written = Object.entries(references).filter(([field]) => step.get(field).exists);
  const human = step.get('human');
  if (written.length + (human.exists ? 1 : 0) !== 1) {
    const message = `\`${step.field}\` must name exactly one of \`agent\`, \`tool\`, \`workflow\` and \`human\`.`;
    step.refuse({ code: 'import.schema', message });
    return {};
  }
  if (human.exists) return { human: humanOf(human, step.get('timeout')) };
  const [field, reference] = written[0] ?? [];
  if (field === undefined || reference === undefined) return {};
  const node = nameIn(step.get(field));
  if (node === undefined) return {};
  if (reference.as === 'Tool') {
    const { toolRef, permission } = toolUse(conversion, node);
    if (permission !== undefined) permissions.push(permission);
    return { toolRef };
  }
  const name = node.text() ?? '';
  return { [reference.field]: conversion.refer(node, { kinds: [reference.kind], name, as: reference.as }) };
}

/** A name in place, or as `{name}`. */
function nameIn(node: ForeignNode): ForeignNode | undefined {
  const { value } = node;
  node.json();
  if (typeof value === 'string') return node;
  const name = node.get('name');
  if (isJsonObject(value) && Object.keys(value).length === 1 && typeof name.value === 'string') return name;
  node.refuse({ code: 'import.schema', message: `\`${node.field}\` must be a name, or \`{name: NAME}\`.` });
  return undefined;
}

/** A person's step waits for as long as its timeout says. */
function humanOf(human: ForeignNode, timeout: ForeignNode): JsonObject {
  human.json();
  const assignees = human.get('assignees');
  const [groups, users] = [assignees.get('groups').texts(), assignees.get('users').texts()];
  if (groups.length + users.length === 0)
    human.flag('import.approvers', 'Whose task it is is not said: here it is the group `operators`.');
  const form = human.get('form').json();
  return given({
    assignees: given({
      groups: groups.length > 0 ? [...groups] : users.length > 0 ? undefined : ['operators'],
      users: users.length > 0 ? [...users] : undefined,
    }),
    form: isJsonObject(form) ? form : undefined,
    ttl: durationIn(timeout),
  });
}

function edgesOf(step: ForeignNode, names: NodeNames): readonly JsonObject[] {
  const routes = step.get('switch').items();
  const otherwise = step.get('default');
  if (routes.length === 0) {
    if (otherwise.exists)
      otherwise.refuse({ code: 'import.schema', message: '`default` belongs to a `switch`, and there is none.' });
    return [];
  }
  const edges = routes.map((route) =>
    given({ to: nodeOf(route.get('next'), names), when: condition(route.get('when').text() ?? '', names) }),
  );
  if (otherwise.exists) return [...edges, given({ to: nodeOf(otherwise, names), default: true })];
  step
    .get('switch')
    .flag('import.graph', 'There is no `default`: where no condition holds, the run fails with `edge.no_match`.');
  return edges;
}

function joinOf(join: ForeignNode): JsonObject | undefined {
  const [mode, count] = [join.get('mode').text()?.toLowerCase(), join.get('count').number()];
  if (!join.exists) return undefined;
  if ((mode === 'quorum') !== (count !== undefined))
    join.refuse({ code: 'import.schema', message: '`join.count` belongs to the mode `Quorum`, which needs it.' });
  return given({ mode, count });
}

function loopOf(loop: ForeignNode, names: NodeNames): JsonObject | undefined {
  const until = loop.get('until').text();
  const maxTurns = loop.get('maxIterations').number();
  if (until === undefined || maxTurns === undefined) return undefined;
  return { until: condition(until, names), maxTurns };
}
