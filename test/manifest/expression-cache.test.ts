import { expect, test } from 'vitest';
import { resolve } from '../../src/manifest/resolve.ts';
import { manifest, validateText } from './manifests.ts';

const agent = (field: string) =>
  manifest(
    'Agent',
    'a',
    `{modelRef: m, prompt: x, output: {schema: {type: object, additionalProperties: false, required: [${field}], properties: {${field}: {type: string}}}}}`,
  );

test('a system is checked again when the schema of an agent that it reads has changed', () => {
  const read = (text: string, path: string) => validateText(text, path).manifests;
  const model = read(manifest('ModelEndpoint', 'm', '{provider: scripted, model: x, script: {replies: []}}'), 'm.yaml');
  const system = read(
    manifest('AgentSystem', 's', '{graph: {n: {agentRef: a}}, output: {r: "${ nodes.n.output.answer }"}}'),
    's.yaml',
  );
  const found = (agents: ReturnType<typeof read>) =>
    resolve([...model, ...system, ...agents], new Map(), {}).problems.flatMap(({ code }) =>
      code.startsWith('expression.') ? [code] : [],
    );
  const right = read(agent('answer'), 'a.yaml');
  const wrong = read(agent('reply'), 'a.yaml');
  expect([found(right), found(wrong), found(wrong), found(right)]).toEqual([
    [],
    ['expression.unknown_field'],
    ['expression.unknown_field'],
    [],
  ]);
});
