import { isJsonObject, type JsonObject } from '../../json.ts';
import { shownText } from '../../shown.ts';
import type { Conversion } from '../conversion.ts';
import type { ForeignKind } from '../dialect.ts';
import type { ForeignDocument, ForeignNode } from '../foreign.ts';
import { given } from '../given.ts';
import { importedRoles, type ImportedPermission } from '../imported-role.ts';
import { durationIn } from './memory-block.ts';
import { condition, template, type NodeNames } from './workflow-expression.ts';
import { fallbackOf, onFailureOf } from './workflow-failure.ts';
import { workflowFields } from './workflow-fields.ts';
import { inputSchemaOf } from './workflow-input.ts';
import { orderOf, stepsOf } from './workflow-order.ts';
import { nodeOfStep } from './workflow-step.ts';

/** Steps of agents, tools and people. */
export const workflow: ForeignKind = {
  kind: 'Workflow',
  apiVersions: ['kagent.dev/v1alpha1'],
  fields: workflowFields,
  fate: { fate: 'mapped', becomes: 'AgentSystem', convert },
};

/** How long a run may take where the workflow does not say. */
const timeoutDefault = '30m';

function convert(document: ForeignDocument, conversion: Conversion): void {
  const { spec } = document;
  const names = nodeNames(spec.get('steps'), conversion);
  const steps = stepsOf(spec.get('steps'), names);
  const failure = spec.get('errorHandling');
  const order = orderOf(steps, names, asideOf(spec, names));
  const permissions: ImportedPermission[] = [];
  const parts = { conversion, names, order, failure, permissions };
  const graph = Object.fromEntries(steps.map((step) => [step.name, nodeOfStep(step, parts)]));
  const schema = inputSchemaOf(spec.get('input'));
  const output = spec.get('output').json();
  const written = given({
    description: spec.get('description').text(),
    input: schema === undefined ? undefined : { schema },
    graph,
    output: output === undefined ? undefined : template(output, names),
    limits: { timeout: timeoutOf(spec) },
    concurrency: concurrencyOf(spec.get('concurrency'), names),
    onFailure: onFailureOf(failure.get('onFailure'), names),
  });
  const displayName = spec.get('displayName').text();
  if (document.isRefused) return;
  const roles = importedRoles(conversion, spec.get('steps'), permissions);
  const remarks = displayName === undefined ? [] : [`Shown there as ${shownText(displayName)}.`];
  conversion.become(document, given({ ...written, roles: roles.length === 0 ? undefined : [...roles] }), remarks);
}

/** Names of steps as names of nodes; `end` is what finishes a branch. */
function nodeNames(steps: ForeignNode, { estate }: Conversion): NodeNames {
  const names = new Map<string, string>();
  const taken = new Set(['end']);
  for (const step of steps.items()) {
    const name = step.get('name');
    const written = name.text() ?? '';
    const plain = estate.plainName(written);
    const node = plain === 'end' ? 'end-step' : plain;
    if (taken.has(node))
      name.refuse({ code: 'import.schema', message: `\`${name.field}\` is the name of another step already.` });
    else if (node !== written) name.flag('import.renamed', `The step is the node \`${node}\` in pawl.`);
    taken.add(node);
    names.set(written, node);
  }
  return names;
}

/** The steps that only a failure leads to: they are no part of the order in which steps are written. */
function asideOf(spec: ForeignNode, names: NodeNames): ReadonlySet<string> {
  const failure = spec.get('errorHandling');
  const written = [failure, ...spec.get('steps').items()].map((one) => fallbackOf(one.get('onError')));
  const named = [...written, failure.get('onFailure').get('step')];
  return new Set(named.flatMap((one) => names.get(one?.text() ?? '') ?? []));
}

function timeoutOf(spec: ForeignNode): string {
  const timeout = durationIn(spec.get('timeout'));
  if (timeout !== undefined || spec.get('timeout').exists) return timeout ?? timeoutDefault;
  spec.flag('import.default_limit', `The workflow has no timeout: here a run takes at most ${timeoutDefault}.`);
  return timeoutDefault;
}

const policies: Readonly<Record<string, 'queue' | 'reject' | 'replace' | undefined>> = {
  queue: 'queue',
  reject: 'reject',
  forbid: 'reject',
  replace: 'replace',
};

/** A policy alone means one run at a time, as the terms of a CronJob do. */
function concurrencyOf(written: ForeignNode, names: NodeNames): JsonObject | undefined {
  if (!written.exists) return undefined;
  const { value } = written;
  written.json();
  const fields = isJsonObject(value) ? value : { policy: value ?? null };
  const { policy = 'Queue', limit = 1, key, maxQueued } = fields;
  const isKnown = Object.keys(fields).every((field) => ['policy', 'limit', 'key', 'maxQueued'].includes(field));
  const word = typeof policy === 'string' ? policy.toLowerCase() : '';
  const isRight =
    isKnown &&
    typeof limit === 'number' &&
    (key === undefined || typeof key === 'string') &&
    (maxQueued === undefined || typeof maxQueued === 'number');
  if (word === 'allow' && isRight && fields['limit'] === undefined) return undefined;
  const mapped = Object.hasOwn(policies, word) ? policies[word] : undefined;
  if (mapped !== undefined && isRight)
    return given({ limit, policy: mapped, key: key === undefined ? undefined : condition(key, names), maxQueued });
  written.refuse({
    code: 'import.schema',
    message:
      '`spec.concurrency` must be Queue, Reject, Replace, Forbid or Allow, or `{policy, limit, key, maxQueued}`.',
  });
  return undefined;
}
