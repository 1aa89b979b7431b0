import { expect, test } from 'vitest';
import { isJsonObject } from '../../../../src/manifest/json.ts';
import { importTexts } from '../../../support/import.ts';

const parts = `apiVersion: kagent.dev/v1alpha1
kind: Agent
metadata: { name: writer }
spec: { model: { provider: openai, name: m, maxTokens: 100 }, systemPrompt: Write. }
---
apiVersion: kagent.dev/v1alpha1
kind: Tool
metadata: { name: publish }
spec: { type: api, description: d, endpoint: "https://x.example.com/p", method: POST, parameters: [{ name: text }] }
---
`;

function workflow(spec: string) {
  const imported = importTexts(
    `${parts}apiVersion: kagent.dev/v1alpha1\nkind: Workflow\nmetadata: { name: work }\nspec: ${spec}\n`,
  );
  const system = imported.spec('AgentSystem/default/work');
  return { ...imported, system, graph: isJsonObject(system) ? system['graph'] : undefined };
}

test('steps follow each other as they are written, and parallel neighbours run beside each other', () => {
  const { graph } = workflow(
    '{ steps: [{ name: plan, agent: writer }, { name: a, agent: writer, parallel: true }, { name: b-side, agentRef: { name: writer }, parallel: true }, { name: merge, agent: writer, input: { left: "{{ steps.a.output }}", right: steps.b-side.output, note: plain } }] }',
  );
  expect(graph).toEqual({
    plan: { agentRef: 'writer' },
    a: { agentRef: 'writer', dependsOn: ['plan'] },
    'b-side': { agentRef: 'writer', dependsOn: ['plan'] },
    merge: {
      agentRef: 'writer',
      dependsOn: ['a', 'b-side'],
      input: { left: '${ nodes.a.output }', right: '${ nodes["b-side"].output }', note: 'plain' },
    },
  });
});

test('one dependsOn says that all of the order is written out', () => {
  const { graph, said } = workflow(
    '{ steps: [{ name: a, agent: writer }, { name: b, agent: writer, parallel: true }, { name: c, tool: publish, input: { text: "${ steps.a.output }" }, dependsOn: [a, b] }] }',
  );
  expect(graph).toEqual({
    a: { agentRef: 'writer' },
    b: { agentRef: 'writer' },
    c: { toolRef: 'publish', input: { text: '${ nodes.a.output }' }, dependsOn: ['a', 'b'] },
  });
  expect(said).toContainEqual(expect.stringMatching(/^ignored .*all of the order is written out/));
});

test('a choice leads to the steps after it, and what comes then waits for the one that ran', () => {
  const { graph } = workflow(
    `{ steps: [{ name: sort, agent: writer, switch: [{ when: 'output == "urgent"', next: page }], default: reply }, { name: page, agent: writer }, { name: reply, agent: writer }, { name: log, agent: writer }] }`,
  );
  expect(graph).toEqual({
    sort: {
      agentRef: 'writer',
      edges: [
        { to: 'page', when: 'output == "urgent"' },
        { to: 'reply', default: true },
      ],
    },
    page: { agentRef: 'writer' },
    reply: { agentRef: 'writer' },
    log: { agentRef: 'writer', dependsOn: ['page', 'reply'] },
  });
});

test('loops, lists, people, nested workflows and joins are kept', () => {
  const { graph } = workflow(
    `{ steps: [{ name: improve, agent: writer, loop: { until: '{{ output == "good" }}', maxIterations: 3 } }, { name: each, agent: writer, dependsOn: [improve], forEach: input.pages, maxParallel: 2 }, { name: ok, human: { assignees: { users: [ada] } }, dependsOn: [improve], timeout: 60 }, { name: done, agent: writer, dependsOn: [each, ok], join: { mode: Quorum, count: 1 } }] }`,
  );
  expect(graph).toEqual({
    improve: { agentRef: 'writer', loop: { until: 'output == "good"', maxTurns: 3 } },
    each: { agentRef: 'writer', dependsOn: ['improve'], forEach: 'input.pages', maxParallel: 2 },
    ok: { human: { assignees: { users: ['ada'] }, ttl: '1m' }, dependsOn: ['improve'] },
    done: { agentRef: 'writer', dependsOn: ['each', 'ok'], join: { mode: 'quorum', count: 1 } },
  });
});

test('what happens on failure holds for every step that says nothing', () => {
  const { system, graph } = workflow(
    '{ timeout: 10m, input: { parameters: [{ name: topic, type: string, required: true }] }, output: { text: "{{ steps.a.output }}" }, errorHandling: { onError: Continue, onFailure: { step: tell }, retry: { maxAttempts: 3, backoff: { initial: 1s, jitter: false }, retryOn: [timeout] } }, steps: [{ name: a, agent: writer, retry: { maxAttempts: 1 }, onError: { fallback: { step: fix } } }, { name: b, tool: publish, input: { text: done } }, { name: fix, agent: writer }, { name: tell, agent: writer, onError: Fail }] }',
  );
  const retry = { maxAttempts: 3, backoff: { initial: '1s', jitter: 'none' }, on: ['timeout'] };
  expect(graph).toEqual({
    a: { agentRef: 'writer', retry: { maxAttempts: 1 }, onError: 'goto fix' },
    b: { toolRef: 'publish', input: { text: 'done' }, dependsOn: ['a'], retry, onError: 'continue' },
    fix: { agentRef: 'writer', retry, onError: 'continue' },
    tell: { agentRef: 'writer', retry },
  });
  expect(system).toMatchObject({
    input: { schema: { type: 'object', required: ['topic'], properties: { topic: { type: 'string' } } } },
    output: { text: '${ nodes.a.output }' },
    limits: { timeout: '10m' },
    onFailure: 'tell',
    roles: ['work-imported'],
  });
});

test.each([
  ['Forbid', { limit: 1, policy: 'reject' }],
  ['Replace', { limit: 1, policy: 'replace' }],
  ['Allow', undefined],
  [
    '{ policy: Queue, limit: 3, key: "{{ input.user }}", maxQueued: 9 }',
    { limit: 3, policy: 'queue', key: 'input.user', maxQueued: 9 },
  ],
])('the concurrency %s is kept', (written, expected) => {
  const { system } = workflow(`{ concurrency: ${written}, steps: [{ name: a, agent: writer }] }`);
  expect(isJsonObject(system) ? system['concurrency'] : 'no system').toEqual(expected);
});

test.each([
  ['{ steps: [] }', 'import.schema', 'at least 1'],
  ['{ steps: [{ name: a }] }', 'import.schema', 'exactly one of'],
  ['{ steps: [{ name: a, agent: writer, tool: publish }] }', 'import.schema', 'exactly one of'],
  ['{ steps: [{ name: a, agent: writer }, { name: A, agent: writer }] }', 'import.schema', 'another step'],
  ['{ steps: [{ name: a, agent: writer, dependsOn: [lost] }] }', 'import.schema', 'names no step'],
  ['{ steps: [{ name: a, agent: writer, loop: { until: "true" } }] }', 'import.schema', 'maxIterations'],
  [
    '{ steps: [{ name: a, agent: writer, loop: { until: "true", maxIterations: 2, delay: 5s } }] }',
    'import.unmappable',
    'no pause',
  ],
  ['{ steps: [{ name: a, agent: writer, when: "true" }] }', 'import.unmappable', 'skipped'],
  ['{ steps: [{ name: a, agent: writer, default: a }] }', 'import.schema', 'belongs to a'],
  [
    '{ steps: [{ name: a, agent: writer, switch: [{ when: "true", next: c }] }, { name: b, agent: writer }, { name: c, agent: writer }] }',
    'import.schema',
    'is not clear',
  ],
  [
    '{ steps: [{ name: a, agent: writer, switch: [{ when: "true", next: b }] }, { name: b, agent: writer }, { name: c, agent: writer, dependsOn: [a] }] }',
    'import.schema',
    'does not name',
  ],
  ['{ steps: [{ name: a, agent: writer, onError: Panic }] }', 'import.schema', 'must be'],
  [
    '{ errorHandling: { onFailure: Compensate }, steps: [{ name: a, agent: writer }] }',
    'import.unmappable',
    'undoes no steps',
  ],
  ['{ concurrency: Sometimes, steps: [{ name: a, agent: writer }] }', 'import.schema', 'must be Queue'],
  ['{ timeout: soon, steps: [{ name: a, agent: writer }] }', 'import.schema', 'a duration'],
  ['{ input: { topic: string }, steps: [{ name: a, agent: writer }] }', 'import.schema', 'list of parameters'],
  ['{ input: [{ nam: topic }], steps: [{ name: a, agent: writer }] }', 'import.schema', 'needs a'],
  ['{ steps: [{ name: a, agent: writer, join: { mode: Quorum } }] }', 'import.schema', 'Quorum'],
])('the workflow %s is refused', (spec, code, message) => {
  const { system, said } = workflow(spec);
  expect(system).toBeUndefined();
  expect(said).toContainEqual(expect.stringMatching(new RegExp(`^refused ${code} manifests.yaml:14 .*${message}`)));
});

test('a run is a record of what happened, and becomes nothing', () => {
  const { resources, said } = importTexts(
    'apiVersion: kagent.dev/v1alpha1\nkind: WorkflowRun\nmetadata: { name: r }\nspec: { workflow: work }\n',
  );
  expect(resources).toEqual([]);
  expect(said).toContainEqual(expect.stringMatching(/^ignored import.ignored .*one run/));
});
