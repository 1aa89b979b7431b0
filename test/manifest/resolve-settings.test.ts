import { describe, expect, test } from 'vitest';
import { parseSettings } from '../../src/manifest/settings.ts';
import { resolve } from '../../src/manifest/resolve.ts';
import { bytesOf, manifest, validateText } from './manifests.ts';

const pawl = (rest: string, groups = '{security: {github: {users: [ada]}}}') =>
  `apiVersion: pawl/v1\ngroups: ${groups}\nenvironments:\n  - {name: prod, branch: main, paths: [a], ${rest}}\n`;

/** `code line:column help` of what pawl.yaml and the manifests say of each other. */
function problemsOf(settingsText: string, ...manifests: readonly string[]): string[] {
  const { settings } = parseSettings({ path: 'pawl.yaml', bytes: bytesOf(settingsText) });
  const environment = settings?.environments[0];
  if (environment === undefined) throw new TypeError('pawl.yaml is wrong');
  const validated = manifests.flatMap((text, index) => validateText(text, `a/${index}.yaml`).manifests);
  return resolve(validated, new Map(), environment)
    .problems.filter(({ code }) => code === 'settings.group' || code === 'reference.missing')
    .map(({ code, file, line, column, help }) => `${code} ${file}:${line}:${column} ${help ?? ''}`);
}

const permission = (group: string) =>
  manifest(
    'ToolPermission',
    'p',
    `{toolRef: t, global: true, rules: [{operation: write, verdict: ask}], approval: {approvers: {groups: [${group}]}}}`,
  );
const tool = manifest(
  'Tool',
  't',
  '{type: builtin, description: d, inputSchema: {type: object}, builtin: {name: echo}}',
);

describe('a group that a manifest names', () => {
  test('is one of pawl.yaml', () => {
    expect(problemsOf(pawl('apply: manual'), tool, permission('security'))).toEqual([]);
  });

  test('is reported where pawl.yaml does not have it, with the one that was meant', () => {
    expect(problemsOf(pawl('apply: manual'), tool, permission('secruity'))).toEqual([
      'settings.group a/1.yaml:4:109 Did you mean `security`?',
    ]);
    expect(problemsOf(pawl('apply: manual', '{}'), tool, permission('security'))).toEqual([
      'settings.group a/1.yaml:4:109 Add it to `groups` of pawl.yaml, or correct the name.',
    ]);
  });

  test('is looked for in policies, reviews and human steps too', () => {
    const policy = manifest(
      'AgentPolicy',
      'p',
      '{global: true, operations: {ask: [write]}, approval: {approvers: {groups: [x]}}}',
    );
    const system = manifest(
      'AgentSystem',
      's',
      '{graph: {a: {human: {assignees: {groups: [y]}, form: {type: object}}}}}',
    );
    const asked = problemsOf(pawl('apply: manual'), policy, system);
    expect(asked.map((problem) => problem.split(':')[0])).toEqual([
      'settings.group a/0.yaml',
      'settings.group a/1.yaml',
    ]);
  });
});

describe('a receiver that pawl.yaml names', () => {
  const receiver = manifest('AlertReceiver', 'oncall', '{type: githubIssue, githubIssue: {repository: acme/agents}}');

  test('is one of the environment, by its name in `default` or with its namespace', () => {
    expect(problemsOf(pawl('alerts: [oncall, default/oncall]'), receiver)).toEqual([]);
  });

  test('is reported in pawl.yaml where it is not', () => {
    expect(problemsOf(pawl('alerts: [oncall, default/onkall]'), receiver)).toEqual([
      'reference.missing pawl.yaml:4:61 Did you mean `default/oncall`?',
    ]);
    expect(problemsOf(pawl('alerts: [oncall]'))).toEqual([
      'reference.missing pawl.yaml:4:53 Add the AlertReceiver, or correct the name.',
    ]);
  });
});
