import { expect, test } from 'vitest';
import { isJsonObject, type Json } from '../../../../src/manifest/json.ts';
import { importTexts } from '../../../support/import.ts';
import { documents, localModel, orlojAgent, orlojHead } from './orloj-fixture.ts';

const address = 'AgentSystem/desk/team';

function system(spec: string, ...more: readonly string[]) {
  const agents = ['a', 'b', 'c', 'd'].map((name) => orlojAgent(name));
  return importTexts({
    'agents.yaml': documents(localModel, ...agents),
    'system.yaml': `${orlojHead('AgentSystem', 'team')}spec:\n${spec}`,
    ...Object.fromEntries(more.map((text, index) => [`more-${index}.yaml`, text])),
  });
}

/** One node of the graph that came out. */
function nodeOf(imported: ReturnType<typeof importTexts>, name: string): Json | undefined {
  const spec = imported.spec(address);
  const graph = isJsonObject(spec) ? spec['graph'] : undefined;
  return isJsonObject(graph) ? graph[name] : undefined;
}

const saidOf = ({ said }: ReturnType<typeof importTexts>, file: string) =>
  said.filter((one) => one.includes(` ${file}:`));

const routing = (conditions: string) => system(`  agents: [a, b, c]\n  graph:\n    a:\n      edges:\n${conditions}`);

test('agents without a graph follow each other as they are listed', () => {
  const imported = system('  agents: [b, a]\n');
  expect(imported.spec(address)).toEqual({
    graph: {
      b: { agentRef: 'b', edges: [{ to: 'a' }] },
      a: {
        agentRef: 'a',
        // biome-ignore lint/suspicious/noTemplateCurlyInString: an expression of pawl
        input: { input: '${ input }', inbox: { from: 'b', content: '${ nodes.b.output }' } },
      },
    },
    limits: { timeout: '30m' },
  });
});

test('conditions on text are CEL, and a branch without a way on ends well by an edge that says so', () => {
  const imported = routing(
    '        - { to: b, condition: { output_contains: Urgent, output_not_contains: spam } }\n' +
      '        - { to: c, condition: { output_matches: "^[0-9]+$" } }\n',
  );
  expect(nodeOf(imported, 'a')).toMatchObject({
    edges: [
      { to: 'b', when: 'output.lowerAscii().contains("urgent") && !output.lowerAscii().contains("spam")' },
      { to: 'c', when: 're2(output, "^[0-9]+$")' },
      { to: 'end', default: true },
    ],
  });
  expect(saidOf(imported, 'system.yaml').some((one) => one.includes('import.silent_success'))).toBe(true);
});

test('a default beside an edge without a condition is taken where no condition holds', () => {
  const imported = routing(
    '        - { to: b, condition: { output_contains: yes } }\n        - { to: c, condition: { default: true } }\n',
  );
  expect(nodeOf(imported, 'a')).toMatchObject({
    edges: [
      { to: 'b', when: 'output.lowerAscii().contains("yes")' },
      { to: 'c', default: true },
    ],
  });
  const always = system(
    '  agents: [a, b, c, d]\n  graph:\n    a:\n      edges:\n        - { to: b, condition: { output_contains: "yes" } }\n        - { to: c, condition: { default: true } }\n        - { to: d }\n',
  );
  expect(nodeOf(always, 'a')).toMatchObject({
    edges: [
      { to: 'b', when: 'output.lowerAscii().contains("yes")' },
      { to: 'c', when: '!(output.lowerAscii().contains("yes"))' },
      { to: 'd' },
    ],
  });
});

test('a path into JSON is asked of the fields that the schema of the answer declares', () => {
  const schema =
    '{ type: object, required: [route], properties: { route: { type: string }, score: { type: number }, tags: { type: array, items: { type: string } } } }';
  const sorter = `${orlojHead('Agent', 'sorter')}spec: { model_ref: local, prompt: Sort., execution: { output_schema: ${schema} } }\n`;
  const imported = system(
    `  agents: [sorter, b, c]
  graph:
    sorter:
      edges:
        - { to: b, condition: { output_json_path: $.route, equals: refund } }
        - { to: c, condition: { output_json_path: $.score, greater_than: "0.5" } }
`,
    sorter,
  );
  expect(nodeOf(imported, 'sorter')).toMatchObject({
    edges: [
      { to: 'b', when: 'output.route == "refund"' },
      { to: 'c', when: 'has(output.score) && double(output.score) > 0.5' },
      { to: 'end', default: true },
    ],
  });
});

test('what pawl cannot ask of an answer is refused at its place', () => {
  const imported = routing('        - { to: b, condition: { output_json_path: $.route, equals: x } }\n');
  expect(imported.spec(address)).toBeUndefined();
  expect(saidOf(imported, 'system.yaml')).toContain(
    'refused import.unmappable system.yaml:9 The answer of the agent is text, and pawl looks into JSON alone.',
  );
});

test('a quorum needs the larger of the number and the part', () => {
  const imported = system(`  agents: [a, b, c, d]
  graph:
    a: { next: d }
    b: { next: d }
    c: { next: d }
    d: { join: { mode: quorum, quorum_count: 1, quorum_percent: 50, on_failure: skip } }
`);
  expect(nodeOf(imported, 'd')).toMatchObject({ join: { mode: 'quorum', count: 2 } });
  expect(saidOf(imported, 'system.yaml').some((one) => one.startsWith('ignored') && one.includes('never uses'))).toBe(
    true,
  );
});

test('delegates report back; one with edges of its own is refused', () => {
  const imported = system('  agents: [a, b, c]\n  graph:\n    a: { delegates: [{ to: b }], edges: [{ to: c }] }\n');
  expect(nodeOf(imported, 'a')).toMatchObject({ delegates: ['b'], edges: [{ to: 'c' }] });
  expect(nodeOf(imported, 'b')).toMatchObject({ agentRef: 'b', input: { inbox: { from: 'a' } } });
  const edges = system('  agents: [a, b, c]\n  graph:\n    a: { delegates: [{ to: b }] }\n    b: { next: c }\n');
  expect(edges.spec(address)).toBeUndefined();
});

test('reviews ask a group that is to be filled, and the last one is of the last agent', () => {
  const imported = system(`  agents: [a, b]
  graph:
    a: { next: b, review: { checkpoint_id: draft, ttl: 90s, allow_request_changes: false } }
  completion_review: { checkpoint_id: whole }
`);
  expect(nodeOf(imported, 'a')).toMatchObject({
    review: { approvers: { groups: ['reviewers'] }, ttl: '90s', maxCycles: 0 },
  });
  expect(nodeOf(imported, 'b')).toMatchObject({
    review: { approvers: { groups: ['reviewers'] }, ttl: '10m', maxCycles: 3 },
  });
});

test('a completion review of a system that ends in several places is refused', () => {
  const imported = system(
    '  agents: [a, b, c]\n  graph:\n    a: { edges: [{ to: b }, { to: c }] }\n  completion_review: { checkpoint_id: whole }\n',
  );
  expect(imported.spec(address)).toBeUndefined();
});

test('a context adapter is the first node, and its tool is granted by a role', () => {
  const adapter = `${orlojHead('ContextAdapter', 'clean')}spec: { tool_ref: scrub, on_error: passthrough }\n`;
  const tool = `${orlojHead('Tool', 'scrub')}spec: { type: http, endpoint: "https://scrub.example.com", description: Cleans. }\n`;
  const imported = system('  agents: [a]\n  context_adapter: clean\n', adapter, tool);
  expect(nodeOf(imported, 'context')).toEqual({
    toolRef: 'scrub',
    // biome-ignore lint/suspicious/noTemplateCurlyInString: an expression of pawl
    input: '${ input }',
    edges: [{ to: 'a' }],
    onError: 'continue',
  });
  expect(imported.spec(address)).toMatchObject({ roles: ['team-imported'] });
  // biome-ignore lint/suspicious/noTemplateCurlyInString: an expression of pawl
  expect(nodeOf(imported, 'a')).toMatchObject({ input: '${ "context" in nodes ? nodes.context.output : input }' });
});

const cycle = '  agents: [a, b]\n  graph:\n    a: { next: b }\n    b: { next: a }\n';
const task = (name: string, more: string) =>
  `${orlojHead('Task', name)}spec: { system: team, mode: template${more} }\n`;

test('a bound on steps is one on rounds, the smallest of several tasks', () => {
  const imported = system(cycle, task('long', ', max_turns: 9'), task('short', ', max_turns: 7'));
  expect(imported.spec(address)).toMatchObject({ limits: { maxTurns: 3, onLimit: 'succeed' } });
  expect(saidOf(imported, 'more-0.yaml')[0]).toContain('Another task allows 7');
});

test('a cycle that no task bounds gets a visible bound, and a task without one is refused as there', () => {
  expect(system(cycle).spec(address)).toMatchObject({ limits: { maxTurns: 10, onLimit: 'succeed' } });
  expect(saidOf(system(cycle, task('free', '')), 'more-0.yaml')[0]).toContain('refused import.schema');
});

test('peers that hand on to each other without one who decides are refused, with what to do', () => {
  const peers = system(
    '  agents: [a, b, c]\n  graph:\n    a: { edges: [{ to: b }, { to: c }] }\n    b: { edges: [{ to: a }, { to: c }] }\n    c: { edges: [{ to: a }, { to: b }] }\n',
  );
  expect(saidOf(peers, 'system.yaml').filter((one) => one.startsWith('refused'))).toEqual([
    'refused import.unmappable system.yaml:7 A cycle can be entered at more than one of its agents, so that pawl cannot tell which edge begins another round.',
  ]);
});

test('an agent that is not listed, two defaults and two reviews of one id are what Orloj refuses', () => {
  const unlisted = system('  agents: [a]\n  graph:\n    a: { next: bb }\n');
  expect(saidOf(unlisted, 'system.yaml')).toEqual([
    'refused import.schema system.yaml:7 `bb` is not among `spec.agents`.',
  ]);
  const defaults = routing(
    '        - { to: b, condition: { default: true } }\n        - { to: c, condition: { default: true } }\n',
  );
  expect(saidOf(defaults, 'system.yaml')[0]).toContain('A node has one default edge at most.');
  const reviews = system(
    '  agents: [a]\n  graph:\n    a: { review: { checkpoint_id: one } }\n  completion_review: { checkpoint_id: one }\n',
  );
  expect(saidOf(reviews, 'system.yaml')[0]).toContain('Another review has the id `one`.');
});

test('exposing a system is left out, and an agent that nothing leads to is not started', () => {
  const imported = system(
    '  agents: [a, b, c]\n  graph:\n    a: {}\n    b: { next: c }\n    c: { next: b }\n  a2a: { enabled: true }\n',
    task('t', ', max_turns: 4'),
  );
  expect(
    saidOf(imported, 'system.yaml')
      .filter((one) => /dropped|No way/.test(one))
      .map((one) => one.split(':')[0]),
  ).toEqual([
    'ignored import.ignored system.yaml',
    'ignored import.ignored system.yaml',
    'dropped import.unmappable system.yaml',
  ]);
});

test('of two entries to one agent the first counts, as in Orloj, and the other is named', () => {
  const imported = system(
    '  agents: [a, b]\n  graph:\n    a:\n      edges:\n' +
      '        - { to: b, condition: { output_contains: x } }\n' +
      '        - { to: B, condition: { output_contains: y } }\n',
  );
  expect(nodeOf(imported, 'a')).toMatchObject({
    edges: [
      { to: 'b', when: 'output.lowerAscii().contains("x")' },
      { to: 'end', default: true },
    ],
  });
  expect(saidOf(imported, 'system.yaml')).toContainEqual(
    expect.stringMatching(/^flagged import.graph system.yaml:\d+ An entry before it leads to the same agent/),
  );
});
