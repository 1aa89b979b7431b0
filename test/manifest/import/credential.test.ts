import { expect, test } from 'vitest';
import { importTexts } from '../../support/import.ts';

const token = 'sk-proj-4f9Qz7Lk2Xw8Vb6Nc1Rt5Yp3Hd0Js';
const env = `env: [{ name: OPENAI_API_KEY, value: ${token} }, { name: LOG_LEVEL, value: debug }]`;
const head = (apiVersion: string) => `apiVersion: ${apiVersion}\nkind: Agent\nmetadata: { name: a, namespace: desk }\n`;

test.each([
  [
    'kagent',
    `${head('kagent.dev/v1alpha2')}spec: { type: BYO, description: d, byo: { deployment: { image: i, ${env} } } }`,
  ],
  [
    'the operator',
    `${head('runtime.agentic-layer.ai/v1alpha1')}spec: { instruction: Read., model: openai/small, ${env} }`,
  ],
])('a credential among the variables of %s is said by its name, once, and never shown', (_system, text) => {
  const imported = importTexts(text);
  const said = imported.said.filter((one) => one.includes('import.secret_value'));
  expect(said).toEqual([expect.stringContaining('The value of `OPENAI_API_KEY` looks like a credential')]);
  expect(JSON.stringify([imported.said, imported.resources.map(({ spec }) => spec)])).not.toContain(token);
});
