import { execFileSync } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { patchOf } from '../../src/cli/tighten.ts';
import { snapshotOfFiles } from '../../src/controller/description.ts';
import { tightenFiles } from '../../src/controller/tighten.ts';
import { refusesPlan } from '../../src/manifest/problem.ts';
import type { RecordedUse } from '../../src/plan/recorded-use.ts';
import { WorkingCopy } from '../../src/source/working-copy.ts';
import { accessBetween, linesOf } from '../plan/sides.ts';
import { createRepository, type TestRepository } from '../support/git.ts';

const head = (kind: string, name: string) => `apiVersion: pawl/v1\nkind: ${kind}\nmetadata: { name: ${name} }\n`;
const tool = (name: string) =>
  `${head('Tool', name)}spec: { description: One., type: builtin, operation: read, builtin: { name: echo }, inputSchema: { type: object } }\n`;
const files = {
  'pawl.yaml': 'apiVersion: pawl/v1\nenvironments: [{ name: prod, branch: main, paths: [desk] }]\n',
  'desk/model.yaml': `${head('ModelEndpoint', 'small')}spec: { provider: openaiCompatible, model: m, baseUrl: https://models.example }\n`,
  'desk/tools.yaml': [tool('search'), tool('mail')].join('---\n'),
  'desk/writer.yaml': `# Who writes.\n${head('Agent', 'writer')}spec:\n  modelRef: small\n  prompt: Write.\n  limits:\n    maxSteps: 10 # enough\n  tools:\n    - toolRef: search   # reads\n    - toolRef: mail\n  roles: [clerk]\n`,
  'desk/role.yaml': `${head('AgentRole', 'clerk')}spec:\n  permissions:\n    - tool:search:read # needed\n    - tool:mail:read\n`,
  'desk/system.yaml': `${head('AgentSystem', 'desk')}spec: { graph: { work: { agentRef: writer } } }\n`,
};

const use: RecordedUse = {
  days: 30,
  runs: 40,
  runsMax: 5_000,
  ages: [{ address: 'Agent/default/writer', days: 90 }],
  calls: [
    {
      agent: 'default/writer',
      isKnown: true,
      kind: 'tool',
      target: 'default/search',
      calls: 40,
      last: '2026-01-01T00:00:00.000Z',
    },
  ],
  steps: Array.from({ length: 40 }, () => ({ agent: 'default/writer', models: 2, tools: 1, tokens: 90, cost: 1 })),
  most: { calls: 3, tokens: 90, usd: 1 },
  budgets: [],
};

let repository: TestRepository;
beforeAll(async () => {
  repository = await createRepository();
  await repository.commit(files);
});
afterAll(() => repository.remove());

test('the patch is one that git takes, keeps comments, validates, and only narrows', async () => {
  const copy = () => new WorkingCopy({ root: repository.path });
  const before = await snapshotOfFiles(copy(), 'prod');
  const found = await tightenFiles(copy(), { environment: 'prod', use });
  expect(found.refused).toEqual([]);
  expect(await readFile(join(repository.path, 'desk/writer.yaml'), 'utf8')).toBe(files['desk/writer.yaml']);
  const patch = join(repository.path, 'tighten.patch');
  await writeFile(patch, patchOf(found));
  execFileSync('git', ['apply', patch], { cwd: repository.path });
  expect(await readFile(join(repository.path, 'desk/writer.yaml'), 'utf8')).toBe(
    files['desk/writer.yaml']
      .replace('    - toolRef: mail\n', '')
      .replace('10 # enough', '3 # enough\n    maxToolCalls: 2'),
  );
  expect(await readFile(join(repository.path, 'desk/role.yaml'), 'utf8')).toBe(
    files['desk/role.yaml'].replace('    - tool:mail:read\n', ''),
  );
  const after = await snapshotOfFiles(copy(), 'prod');
  expect(after.problems.filter(refusesPlan)).toEqual([]);
  const lines = linesOf(accessBetween([...before.resources.values()], [...after.resources.values()]));
  expect(lines.map((line) => line.split(' ')[0])).toEqual(lines.map(() => 'narrowed'));
  expect(lines).toHaveLength(3);
});
