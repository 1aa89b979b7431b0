import { expect, test } from 'vitest';
import { importTexts } from '../../../support/import.ts';
import { documents, localModel, orlojAgent, orlojHead } from './orloj-fixture.ts';

const team = documents(
  localModel,
  orlojAgent('a'),
  orlojAgent('b'),
  `${orlojHead('AgentSystem', 'team')}spec: { agents: [a, b], graph: { a: { next: b } } }\n`,
  `${orlojHead('EvalDataset', 'golden')}spec:
  description: What a refund is.
  samples:
    - { name: First One, input: { topic: refund }, expected: { output_contains: Refund, output_matches: "[0-9]+" } }
`,
);
const run = (spec: string) =>
  importTexts({ 'team.yaml': team, 'run.yaml': `${orlojHead('EvalRun', 'nightly')}spec: { system: team, ${spec} }\n` });

test('a run with its dataset becomes one Eval that looks at what the last agent says', () => {
  const { spec } = run('dataset_ref: golden, timeout: 90s, concurrency: 2');
  expect(spec('Eval/desk/nightly')).toEqual({
    description: 'What a refund is.',
    systemRef: 'team',
    cases: [
      {
        name: 'first-one',
        input: { topic: 'refund' },
        expect: { expr: 'output["b"].lowerAscii().contains("refund") && re2(output["b"], "[0-9]+")' },
      },
    ],
    threshold: 1,
    timeout: '90s',
  });
});

test.each([
  ['dataset_ref: golden, scoring: { strategy: llm_judge, model_ref: local }', 'no scoring by `llm_judge`'],
  ['dataset_ref: golden, agent_overrides: { a: { prompt: Else. } }', 'pawl tries systems as their manifests say'],
  ['dataset_ref: gone', 'The EvalDataset `gone` is in none of the files'],
])('what an Eval of pawl does not do is refused: %s', (spec, message) => {
  const { said, spec: specOf } = run(spec);
  expect(specOf('Eval/desk/nightly')).toBeUndefined();
  expect(said.filter((one) => one.startsWith('refused')).join('\n')).toContain(message);
});

test('a session is no manifest', () => {
  const { said } = importTexts(`${orlojHead('Session', 'chat')}spec: { system: team, idle_ttl: 24h }\n`);
  expect(said[0]).toContain('refused');
});
