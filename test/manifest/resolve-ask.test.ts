import { describe, expect, test } from 'vitest';
import { manifest, resolveTexts } from './manifests.ts';

const http = 'http: {method: POST, url: "https://api.example.com/"}, egress: {hosts: [api.example.com]}';
const tool = (risk: string) =>
  manifest('Tool', 't', `{description: d, type: http, risk: ${risk}, inputSchema: {type: object}, ${http}}`);
const agent = (entry = '{toolRef: t}') =>
  manifest('Agent', 'a', `{modelRef: m, prompt: Go., tools: [${entry}], roles: [r]}`);
const around = [
  manifest('ModelEndpoint', 'm', '{provider: openaiCompatible, model: x, baseUrl: "https://x.example.com"}'),
  manifest('AgentRole', 'r', '{permissions: ["tool:t:write"]}'),
  manifest('AgentSystem', 's', '{graph: {a: {agentRef: a}}}'),
];

function unasked(...texts: string[]): string[] {
  const { problems } = resolveTexts({ 'a.yaml': [...texts, ...around].join('---\n') });
  expect(problems.filter(({ severity, code }) => severity === 'error' && code !== 'tool.unasked')).toEqual([]);
  return problems.filter(({ code }) => code === 'tool.unasked').map(({ message, help }) => `${message} ${help}`);
}

describe('a tool of high risk that runs elsewhere', () => {
  test.each(['high', 'critical'])('is refused at risk %s where nobody is asked, with the rule to add', (risk) => {
    expect(unasked(tool(risk), agent())).toEqual([
      '`t` is of high risk and runs elsewhere, and Agent/default/a may call it without anybody being asked. Add a ToolPermission for it with `rules: [{operation: write, verdict: ask}]`.',
    ]);
  });

  test('is refused where people do it whom nobody asked for agreement', () => {
    const people = 'type: human, risk: high, inputSchema: {type: object}, human: {assignees: {users: [ada]}}';
    expect(unasked(manifest('Tool', 't', `{description: d, ${people}}`), agent())).toHaveLength(1);
  });

  test('may be of less risk', () => {
    expect(unasked(tool('medium'), agent())).toEqual([]);
  });

  test.each([
    ['the agent asks', agent('{toolRef: t, requireApproval: true}'), undefined],
    ['a policy asks', agent(), manifest('AgentPolicy', 'p', '{global: true, operations: {ask: [write]}}')],
    [
      'a permission asks everybody',
      agent(),
      manifest('ToolPermission', 'p', '{toolRef: t, global: true, rules: [{operation: write, verdict: ask}]}'),
    ],
    [
      'a permission asks the agent',
      agent(),
      manifest('ToolPermission', 'p', '{toolRef: t, agents: [a], rules: [{operation: write, verdict: ask}]}'),
    ],
  ])('is right where %s', (_how, caller, rule) => {
    expect(unasked(tool('high'), caller, ...(rule === undefined ? [] : [rule]))).toEqual([]);
  });

  test('is refused where only others, or other operations, are asked', () => {
    const other = manifest('AgentPolicy', 'p', '{global: true, operations: {ask: [delete]}}');
    const reads = '{toolRef: t, global: true, rules: [{operation: read, verdict: ask}]}';
    expect(unasked(tool('high'), agent(), other, manifest('ToolPermission', 'q', reads))).toHaveLength(1);
  });
});
