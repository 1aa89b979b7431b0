import { isJsonObject, type Json, type JsonObject } from './json.ts';
import { listAt, objectAt } from './manifest-reference.ts';
import {
  below,
  type Check,
  checkCostLimit,
  checkOneOf,
  checkSchema,
  contradiction,
  refuseFields,
  type Report,
} from './meaning-report.ts';
import { checkRetry } from './meaning-process.ts';

/** What is wrong with an AgentSystem beyond its shape, the meaning of its graph aside. */
export const checkAgentSystem: Check = (spec, report) => {
  checkSchema(objectAt(spec, 'input')['schema'], ['input', 'schema'], report);
  checkCostLimit(spec, report);
  for (const [name, node] of Object.entries(objectAt(spec, 'graph'))) {
    if (isJsonObject(node)) checkNode(node, below(report, ['graph', name]));
  }
  const concurrency = objectAt(spec, 'concurrency');
  if (concurrency['policy'] !== 'queue') {
    const what = 'a policy other than `queue`';
    refuseFields(concurrency, { fields: ['maxQueued'], what }, below(report, ['concurrency']));
  }
  if (isJsonObject(spec['rollout'])) checkRollout(spec['rollout'], below(report, ['rollout']));
};

function checkNode(node: JsonObject, report: Report): void {
  checkSchema(objectAt(node, 'human')['form'], ['human', 'form'], report);
  if (isJsonObject(node['join'])) checkJoin(node['join'], below(report, ['join']));
  checkRetry(objectAt(node, 'retry'), below(report, ['retry']));
  if (node['forEach'] === undefined)
    refuseFields(node, { fields: ['maxParallel'], what: 'a node without `forEach`' }, report);
  if (node['agentRef'] === undefined)
    refuseFields(node, { fields: ['delegates'], what: 'a node that is no agent' }, report);
  if (node['human'] !== undefined)
    refuseFields(node, { fields: ['retry', 'timeout', 'review'], what: 'a node where a person answers' }, report);
  else if (['agentRef', 'toolRef', 'systemRef'].every((field) => node[field] === undefined))
    refuseFields(node, { fields: ['retry', 'timeout', 'loop'], what: 'a node that only has an input' }, report);
}

function checkJoin(join: JsonObject, report: Report): void {
  const fields = ['count', 'percent'];
  if (join['mode'] !== 'quorum') return refuseFields(join, { fields, what: 'a join that is no quorum' }, report);
  checkOneOf(join, { fields, none: 'A quorum must say how many it needs.' }, report);
}

function checkRollout(rollout: JsonObject, report: Report): void {
  if (rollout['strategy'] !== 'canary')
    return refuseFields(rollout, { fields: ['steps'], what: 'a strategy other than `canary`' }, report);
  const steps = listAt(rollout, 'steps');
  if (steps.length === 0) {
    const message = '`steps` is missing.';
    report(['steps'], { part: 'key', code: 'manifest.required', message, help: 'A canary grows in steps.' });
  }
  let before = 0;
  for (const [index, step] of steps.entries()) {
    const weight = weightOf(step);
    if (weight === undefined) continue;
    if (weight < before) {
      const help = 'Order the steps by their weight.';
      report(['steps', index, 'weight'], {
        ...contradiction('The step gives the new revision fewer runs than the one before it.', help),
        part: 'value',
      });
    }
    before = weight;
  }
}

function weightOf(step: Json): number | undefined {
  const weight = isJsonObject(step) ? step['weight'] : undefined;
  return typeof weight === 'number' ? weight : undefined;
}
