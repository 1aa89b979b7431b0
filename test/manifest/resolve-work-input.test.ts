import { describe, expect, test } from 'vitest';
import { manifest, resolveTexts } from './manifests.ts';

const schema =
  '{type: object, properties: {ticket: {type: string}, count: {type: integer}}, required: [ticket], additionalProperties: false}';
const around = [
  manifest('ModelEndpoint', 'm', '{provider: openaiCompatible, model: x, baseUrl: "https://x.example.com"}'),
  manifest('Agent', 'a', '{modelRef: m, prompt: Go.}'),
  manifest('AgentSystem', 's', `{input: {schema: ${schema}}, graph: {a: {agentRef: a}}}`),
];

function found(...texts: string[]): string[] {
  const { problems } = resolveTexts({ 'a.yaml': [...texts, ...around].join('---\n') });
  return problems
    .filter(({ severity }) => severity === 'error')
    .map(({ code, line, column, message, help }) => `${code} ${line}:${column} ${message} ${help}`);
}

const task = (input: string) => manifest('Task', 't', `{systemRef: s, input: ${input}}`);

describe('what work gives to a system', () => {
  test('fits its schema', () => {
    expect(found(task('{ticket: Broken., count: 2}'))).toEqual([]);
    expect(found(manifest('Task', 't', '{systemRef: s}'))).toEqual([]);
  });

  test('has what is required', () => {
    expect(found(task('{count: 2}'))).toEqual([
      'work.input 4:22 `input.ticket`, which AgentSystem/default/s needs, is missing. Give it: string.',
    ]);
  });

  test('has no field that the system does not take', () => {
    expect(found(task('{ticket: Broken., cuont: 2}'))).toEqual([
      'work.input 4:47 `input.cuont` is no input of AgentSystem/default/s. Did you mean `count`?',
    ]);
  });

  test('is of the right types', () => {
    expect(found(task('{ticket: 7}'))).toEqual([
      "work.input 4:38 `input.ticket` of AgentSystem/default/s must be string; it is 7. Give it a value that the system's `input.schema` allows.",
    ]);
  });

  test('is not repeated where it is a text', () => {
    expect(found(task('{ticket: Broken., count: canary-4711}'))).toEqual([
      expect.stringContaining('`input.count` of AgentSystem/default/s must be int; it is a text.'),
    ]);
  });

  test('is checked in schedules, webhooks and evals too', () => {
    const inline = '{systemRef: s, input: {}}';
    const schedule = manifest('TaskSchedule', 'n', `{cron: "0 6 * * *", task: ${inline}}`);
    const secret = manifest('Secret', 'k', '{source: env, keys: {key: PAWL_SECRET_HOOK}}');
    const auth = 'auth: {profile: github, secretRef: {name: k, key: key}}';
    const webhook = manifest('TaskWebhook', 'h', `{task: ${inline}, ${auth}}`);
    const evaluation = manifest(
      'Eval',
      'e',
      '{systemRef: s, cases: [{name: c, input: {}, expect: {phase: Succeeded}}]}',
    );
    for (const work of [schedule, webhook, evaluation]) {
      expect(found(work, secret)).toEqual([
        expect.stringContaining('`input.ticket`, which AgentSystem/default/s needs'),
      ]);
    }
  });

  test('is left alone where a webhook fills it in from its payload', () => {
    const secret = manifest('Secret', 'k', '{source: env, keys: {key: PAWL_SECRET_HOOK}}');
    const auth = 'auth: {profile: github, secretRef: {name: k, key: key}}';
    const webhook = manifest(
      'TaskWebhook',
      'h',
      `{task: {systemRef: s}, ${auth}, input: {ticket: "\${ payload.text }"}}`,
    );
    expect(found(webhook, secret)).toEqual([]);
  });
});
