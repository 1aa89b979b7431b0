import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { JsonObject } from '../../src/manifest/json.ts';
import { schemaCompiler } from '../../src/policy/schema.ts';
import type { Said } from '../cli/fixture.ts';
import type { TestRepository } from '../support/git.ts';
import { exampleRepository, typist } from './example.ts';

const evals = `apiVersion: pawl/v1
kind: Eval
metadata: { name: basics, namespace: support }
spec:
  systemRef: support-triage
  threshold: 0.5
  repeat: 2
  timeout: 1m
  cases:
    - name: kettle
      input: { ticket: "My kettle A-1042 arrived broken." }
      expect: { includes: { approved: true }, calls: [get-order], notCalls: [issue-refund], maxTokens: 10000 }
    - name: dear
      input: { ticket: "My kettle A-1042 arrived broken." }
      expect: { maxTokens: 10 }
`;

let repository: TestRepository;
let pawl: (...words: readonly string[]) => Promise<Said>;
beforeAll(async () => {
  repository = await exampleRepository();
  pawl = typist(repository.path);
  await writeFile(join(repository.path, 'systems/evals.yaml'), evals);
}, 60_000);
afterAll(() => repository.remove());

test('evals of uncommitted files run through the same gate, without a server', { timeout: 120_000 }, async () => {
  const said = await pawl('eval', 'basics', '--local', '-o', 'json');
  expect([said.exit, said.stderr.includes('support/basics dear: not passed')]).toEqual([0, true]);
  const result = JSON.parse(said.stdout) as JsonObject;
  const schema = JSON.parse(await readFile('schemas/output/eval.schema.json', 'utf8')) as JsonObject;
  expect(schemaCompiler().compile(schema)(result)).toEqual({ kind: 'valid' });
  expect(result).toMatchObject({
    reached: true,
    evals: [
      {
        eval: 'support/basics',
        passed: 1,
        cases: [
          { name: 'kettle', passed: true, runs: [{ findings: [] }, { findings: [] }] },
          { name: 'dear', passed: false, runs: [{ findings: [{ field: 'maxTokens', expected: 10 }] }, {}] },
        ],
      },
    ],
  });
});

test('too few cases are a finding, of a commit too, and an unknown eval a mistake', { timeout: 120_000 }, async () => {
  await writeFile(join(repository.path, 'systems/evals.yaml'), evals.replace('threshold: 0.5', 'threshold: 1'));
  await repository.commit({});
  const said = await pawl('eval', '--ref', 'main', '-o', 'junit');
  expect([said.exit, said.stdout.includes('failures="1"')]).toEqual([3, true]);
  const unknown = await pawl('eval', 'basic', '--local');
  expect([unknown.exit, unknown.stderr.includes('Did you mean "basics"?')]).toEqual([64, true]);
});
