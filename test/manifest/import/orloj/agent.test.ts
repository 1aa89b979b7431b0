import { expect, test } from 'vitest';
import { importTexts } from '../../../support/import.ts';
import { documents, localModel, orlojHead } from './orloj-fixture.ts';

const agent = (spec: string) => importTexts(documents(localModel, `${orlojHead('Agent', 'clerk')}spec:\n${spec}`));
const minimal = '  model_ref: local\n  prompt: Work.\n  limits: { max_steps: 3, timeout: 1m30s }\n';

test('an agent keeps its model, its prompt and its limits; repeated calls are answered as there', () => {
  const { spec, said } = agent(minimal);
  expect(spec('Agent/desk/clerk')).toEqual({
    modelRef: 'local',
    prompt: 'Work.',
    limits: { maxSteps: 3, timeout: '90s' },
    execution: { duplicateCalls: 'reuse' },
  });
  expect(said).toEqual([
    'flagged import.ends_in_failure manifests.yaml:12 An agent that reaches its last step succeeds in Orloj with what it has; here it fails with `limit.steps`.',
  ]);
});

test('limits that the file does not have are written, and said', () => {
  const { spec, said } = agent('  model_ref: local\n');
  expect(spec('Agent/desk/clerk')).toMatchObject({
    prompt: 'Do what the input asks for.',
    limits: { maxSteps: 10, timeout: '5m' },
  });
  expect(said.map((one) => one.split(' ').slice(0, 2).join(' '))).toEqual([
    'flagged import.assumed',
    'flagged import.default_limit',
    'flagged import.default_limit',
  ]);
});

test('braces of a prompt stay braces, and fallbacks follow the first model', () => {
  const more = `${orlojHead('ModelEndpoint', 'spare')}spec: { provider: anthropic, default_model: small }\n`;
  const text = `${orlojHead('Agent', 'clerk')}spec: { model_ref: local, fallback_model_refs: [spare], prompt: "Say {{ name }}." }\n`;
  const { spec } = importTexts(documents(localModel, more, text));
  expect(spec('Agent/desk/clerk')).toMatchObject({ modelRefs: ['local', 'spare'], prompt: 'Say \\{{ name }}.' });
});

test('what an agent does with tools and answers is kept', () => {
  const { spec } = agent(`${minimal}  execution:
    duplicate_tool_call_policy: deny
    tool_use_behavior: stop_on_first_tool
    output_schema: { type: object, properties: { route: { type: string } } }
`);
  expect(spec('Agent/desk/clerk')).toMatchObject({
    execution: { duplicateCalls: 'deny', toolUse: 'stopOnFirst' },
    output: { schema: { type: 'object', properties: { route: { type: 'string' } } } },
  });
});

test('an enforced order of tools and words that an answer must have are refused where they stand', () => {
  const { said, spec } = agent(`${minimal}  execution:
    profile: contract
    tool_sequence: [look, book]
    required_output_markers: [DONE]
`);
  expect(spec('Agent/desk/clerk')).toBeUndefined();
  expect(said).toContain(
    'refused import.unmappable manifests.yaml:15 pawl can demand that tools are called, and not in which order.',
  );
  expect(said).toContain(
    'refused import.unmappable manifests.yaml:16 pawl demands the shape of an answer, and not that certain words are in it.',
  );
});

test('a contract that is only observed holds nobody', () => {
  const { said, spec } = agent(`${minimal}  execution:
    profile: contract
    on_contract_violation: observe
    tool_sequence: [look, book]
    required_output_markers: [DONE]
`);
  expect(spec('Agent/desk/clerk')).toMatchObject({ execution: { duplicateCalls: 'reuse' } });
  expect(said.filter((one) => one.startsWith('ignored'))).toHaveLength(2);
});

test('what Orloj would refuse is refused at its place', () => {
  const { said } = agent(`${minimal}  memory: { allow: [read, forget] }\n  execution: { profile: contract }\n`);
  expect(said).toContain(
    'refused import.schema manifests.yaml:13 `spec.memory.allow[1]` must be one of `read`, `write`, `search`, `list`, `ingest`.',
  );
  const { said: more } = agent(`${minimal}  memory: { allow: [read] }\n  execution: { profile: contract }\n`);
  expect(more).toContain('refused import.schema manifests.yaml:14 A contract needs a `tool_sequence`.');
  expect(more).toContain('refused import.schema manifests.yaml:13 `allow` needs the `ref` of a Memory.');
});

test('a memory offers what is allowed, and lives in the database where agents use its tools', () => {
  const memory = `${orlojHead('Memory', 'notes')}spec: { provider: in-memory }\n`;
  const clerk = `${orlojHead('Agent', 'clerk')}spec: { model_ref: local, prompt: Work., memory: { ref: notes, allow: [read, write] } }\n`;
  const { spec, said } = importTexts(documents(localModel, memory, clerk));
  expect(spec('Agent/desk/clerk')).toMatchObject({ memory: { memoryRef: 'notes', allow: ['read', 'write'] } });
  expect(spec('Memory/desk/notes')).toEqual({ type: 'postgres', longTerm: {} });
  expect(said.some((one) => one.includes('import.store'))).toBe(true);
});
