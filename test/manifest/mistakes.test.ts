import { describe, expect, test } from 'vitest';
import { compileExpression } from '../../src/manifest/expression.ts';
import { cronFinding } from '../../src/manifest/cron.ts';
import { agent, model, said, type Texts } from './environment-texts.ts';
import { manifest, validateText } from './manifests.ts';
import { problemsOfSystem } from './systems.ts';

describe('a mistake that many make is told with what was meant', () => {
  test.each([
    ['output.a = "b"', '=='],
    ['input.a === 1', '=='],
    ['input.a & input.b', '&&'],
    ['input.a | input.b', '||'],
    ['input.a and input.b', '&&'],
    ['input.a OR input.b', '||'],
    ['not input.a', '!'],
  ])('the operator of another language: %s', (expression, operator) => {
    const help = `Did you mean \`${operator}\`?`;
    expect(compileExpression(expression)).toMatchObject({ kind: 'fault', code: 'expression.syntax', help });
  });

  test('a schedule with seconds in front', () => {
    expect(cronFinding('0 0 9 * * MON')).toMatchObject({
      message: 'A schedule has five fields, and this one has 6.',
      help: 'Remove the seconds, which stand first elsewhere. Minute, hour, day of month, month, day of week: `0 9 * * MON-FRI`.',
    });
    expect(cronFinding('0 9 *')?.help).not.toContain('seconds');
  });

  test('an edge or a failure that leads to no node, with the nodes that there are', () => {
    const helpOf = (graph: string) =>
      problemsOfSystem(graph).flatMap(({ code, help }) => (code === 'graph.unknown_node' ? help : []));
    expect(helpOf('    a: {agentRef: writer, onError: goto elsewhere}\n    b: {agentRef: writer}\n')).toEqual([
      'Its nodes: `a`, `b`.',
    ]);
    expect(helpOf('    a: {agentRef: writer, edges: [{to: elsewhere}]}\n')).toEqual([
      'Edges lead to a node of this graph (`a`), or to `end`.',
    ]);
    const many = Array.from(
      { length: 12 },
      (_, index) => `    n${index}: {agentRef: writer, edges: [{to: elsewhere}]}\n`,
    );
    expect(helpOf(many.join(''))[0]).toMatch(/^Edges lead to a node of this graph \((`n\d+`, ){8}…\), or to `end`\.$/);
  });

  test('a variable that workers do not read by themselves, whose name is not repeated', () => {
    const { problems } = validateText(
      manifest('Secret', 'crm', '{source: env, keys: {token: CRM_TOKEN, other: PAWL_SECRET_CRM}}'),
    );
    expect(problems.map(({ code, severity }) => [code, severity])).toEqual([['secret.variable_name', 'warning']]);
    expect(JSON.stringify(problems)).not.toContain('CRM_TOKEN');
  });
});

describe('one mistake is said once', () => {
  test('a name that is none, and not also that nobody has the name that it was meant to be', () => {
    const files: Texts = {
      'model.yaml': model,
      'a.yaml': agent('Desk_Clerk'),
      'b.yaml': agent('b', ', agents: [{agentRef: desk-clerk}]'),
    };
    expect(said(files).map(([where]) => where)).toEqual(['a.yaml manifest.name 3:18']);
    // Of another kind it may not be.
    const other = { ...files, 'b.yaml': agent('b', ', roles: [desk-clerk]') };
    expect(said(other).map(([where]) => where)).toEqual([
      'a.yaml manifest.name 3:18',
      expect.stringContaining('b.yaml reference.missing'),
    ]);
  });
});

describe("a node's input is held against what its agent's prompt shows", () => {
  const system = (input: string) =>
    manifest(
      'AgentSystem',
      's',
      `{input: {schema: {type: object, properties: {order: {type: string}, size: {type: integer}}, required: [size], additionalProperties: false}}, graph: {n: {agentRef: clerk${input}}}}`,
    );
  const clerk = (inputs: string) =>
    manifest('Agent', 'clerk', `{modelRef: fast, prompt: "Look at {{ order }}.", inputs: {order: ${inputs}}}`);
  const findings = (inputs: string, input: string) =>
    said({ 'model.yaml': model, 'clerk.yaml': clerk(inputs), 's.yaml': system(input) }).map(
      ([where, message, help]) => [where?.split(' ')[1], message, help],
    );

  test('a field that is missing, and the one that was given for it', () => {
    expect(findings('{}', ', input: {ordr: x, more: y}')).toEqual([
      [
        'graph.input_missing',
        '`order`, which the prompt of `clerk` needs, is missing.',
        '`ordr` is given: did you mean `order`?',
      ],
    ]);
  });

  test('a field of another type, or none of the values that are allowed', () => {
    expect(findings('{}', ', input: {order: "${ input.size }"}')[0]?.[1]).toBe(
      '`order` of the prompt of `clerk` must be string; it is int.',
    );
    expect(findings('{enum: [a, b]}', ', input: {order: c}')[0]?.[1]).toBe(
      '`order` of the prompt of `clerk` must be "a" or "b"; it is "c".',
    );
  });

  test("the run's input, where the node says nothing, may lack it", () => {
    expect(findings('{}', '')).toEqual([
      ['graph.input_missing', '`order`, which the prompt of `clerk` needs, may be missing.', 'Give it: string.'],
    ]);
  });

  test.each(['{required: false}', '{default: none}'])('nothing is needed with %s, and null is as good', (inputs) => {
    expect(findings(inputs, ', input: {}')).toEqual([]);
    expect(findings(inputs, ', input: {order: null}')).toEqual([]);
    expect(findings(inputs, '')).toEqual([]);
  });

  test('whatever else is in it is for the model', () => {
    expect(findings('{}', ', input: {order: x, more: [1]}')).toEqual([]);
  });
});

describe('a field with another name, or in another place', () => {
  const of = (kind: string, spec: string) =>
    validateText(manifest(kind, 'x', spec)).problems.map(({ code, message, help }) => [code, message, help]);

  test('that is required, and misspelt, is one mistake', () => {
    expect(of('ModelEndpoint', '{provder: scripted, model: m, scriptFile: m.script.yaml}')).toEqual([
      ['manifest.unknown_field', '`provder` is no field of `spec`.', 'Did you mean `provider`?'],
    ]);
    expect(of('AgentRole', '{permission: ["tool:x:read"]}')).toEqual([
      ['manifest.unknown_field', '`permission` is no field of `spec`.', 'Did you mean `permissions`?'],
    ]);
    // Two slips are two mistakes, and what is not there at all is still missing.
    expect(of('ModelEndpoint', '{provder: scripted, temprature: 1}').map(([, message]) => message)).toEqual([
      '`spec.model` is missing.',
      '`provder` is no field of `spec`.',
      '`temprature` is no field of `spec`.',
    ]);
  });

  test('that is a level too high or too low', () => {
    expect(of('Agent', '{modelRef: m, prompt: p, maxSteps: 3}')[0]?.[2]).toBe(
      '`maxSteps` belongs under `spec.limits`.',
    );
    expect(of('Agent', '{modelRef: m, prompt: p, limits: {roles: [r]}}')[0]?.[2]).toBe('`roles` belongs under `spec`.');
    expect(of('AgentSystem', '{graph: {a: {agentRef: x, concurrency: {limit: 1}}}}')[0]?.[2]).toBe(
      '`concurrency` belongs under `spec`.',
    );
    expect(of('AgentSystem', '{graph: {a: {agentRef: x, when: "true"}}}')[0]?.[2]).toBe(
      '`when` belongs under `spec.graph.*.edges[]`.',
    );
  });

  test('that names a resource', () => {
    expect(of('AgentSystem', '{graph: {a: {agent: x}}}').map(([code, , help]) => [code, help])).toEqual([
      ['manifest.unknown_field', 'Did you mean `agentRef`?'],
    ]);
  });
});
