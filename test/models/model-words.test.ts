import { describe, expect, test } from 'vitest';
import { codes } from '../../src/codes.ts';
import { manifest, resolveTexts } from '../manifest/manifests.ts';

test.each([
  ['agent.output_filtered', 'The provider’s content filter stopped the answer', 'Look at the step’s input and prompt'],
  ['tool.rate_limited', 'The tool asks to slow down', 'Give the Tool a `retry`'],
  ['tool.unavailable', 'The tool could not answer', 'Look at the other side'],
])('%s says what it is and what to do', (code, title, cure) => {
  expect(codes[code]?.title).toBe(title);
  expect(codes[code]?.cure).toContain(cure);
});

const messagesOf = (spec: string) =>
  resolveTexts({ 'model.yaml': manifest('ModelEndpoint', 'm', spec) }).problems.map(({ message }) => message);

describe('an endpoint', () => {
  test.each([
    [
      '{provider: anthropic, model: m, parameters: {temperature: 1.5}}',
      '`temperature` must be at most 1 for an anthropic endpoint.',
    ],
    [
      '{provider: bedrock, model: m, region: eu-central-1, parameters: {temperature: 1.5}}',
      '`temperature` must be at most 1 for a bedrock endpoint.',
    ],
    [
      '{provider: anthropic, model: m, parameters: {reasoningEffort: minimal}}',
      'A model of anthropic cannot be told to think with the effort `minimal`.',
    ],
    ['{provider: openai, model: m, headers: {Authorization: x}}', 'The header `Authorization` is pawl’s own.'],
    ['{provider: google, model: m, region: europe-west1}', 'A region is Vertex AI’s, which needs the `project` too.'],
  ])('as %s is refused in words', (spec, message) => {
    expect(messagesOf(spec)).toContain(message);
  });
});
