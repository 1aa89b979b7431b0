import { describe, expect, test } from 'vitest';
import type { Kind, Resource } from '../../src/manifest/resource.ts';
import { fieldPlace } from '../../src/plan/field-place.ts';
import { planned, risks } from './risk-fixture.ts';
import { resolveTexts } from '../manifest/manifests.ts';
import { agent, role } from './fixture.ts';

const base = `apiVersion: pawl/v1
kind: AgentRole
metadata: { name: desk, namespace: support }
spec:
  permissions:
    - tool:look:read
---
apiVersion: pawl/v1
kind: Defaults
metadata: { name: desk, namespace: support }
spec: { modelRef: small }
---
apiVersion: pawl/v1
kind: ModelEndpoint
metadata: { name: small, namespace: support }
spec:
  provider: openaiCompatible
  baseUrl: https://models.example/v1
  model: m
---
apiVersion: pawl/v1
kind: Tool
metadata: { name: look, namespace: support }
spec:
  type: http
  description: Looks
  operation: read
  inputSchema: { type: object }
  http: { method: GET, url: "https://shop.example/look" }
  egress:
    hosts: [shop.example]
---
apiVersion: pawl/v1
kind: Agent
metadata:
  name: clerk
  namespace: support
spec:
  prompt: You answer.
  tools:
    - toolRef: look
  roles: [desk]
  limits:
    maxSteps: 4
---
apiVersion: pawl/v1
kind: AgentSystem
metadata: { name: desk, namespace: support }
spec: { graph: { work: { agentRef: clerk } } }
`;

function resources(text: string): ReadonlyMap<string, Resource> {
  const { resources: found, problems } = resolveTexts({ 'desk.yaml': text }, { prompts: {} });
  expect(problems.filter(({ severity }) => severity === 'error')).toEqual([]);
  return found;
}

/** The line of the only place in a text that begins so. */
function lineOf(text: string, start: string): number {
  return text.split('\n').findIndex((line) => line.trimStart().startsWith(start)) + 1;
}

describe('the place of a field', () => {
  const found = resources(base);
  const place = (kind: Kind, name: string, path: string) => {
    const resource = found.get(`${kind}/support/${name}`);
    return resource === undefined ? undefined : fieldPlace(resource, [path])?.line;
  };

  test.each([
    ['Agent', 'clerk', 'spec.limits.maxSteps', 'maxSteps'],
    ['Agent', 'clerk', 'spec.tools["look"]', '- toolRef: look'],
    ['Agent', 'clerk', 'spec.tools["gone"]', 'tools:'],
    ['Agent', 'clerk', 'spec.limits.maxCost', 'limits:'],
    ['AgentRole', 'desk', 'spec.permissions["tool:look:read"]', '- tool:look:read'],
    ['Tool', 'look', 'spec.egress.hosts["shop.example"]', 'hosts: [shop'],
  ] as const)('%s/%s %s is where it is written, and what is gone where it was held', (kind, name, path, start) => {
    expect(place(kind, name, path)).toBe(lineOf(base, start));
  });

  test.each([
    ['Agent', 'spec.modelRef', 'Defaults gave it'],
    ['Agent', 'spec.runtime', 'pawl gave it'],
    ['Agent', '', 'it names no field'],
    ['Agent', 'spec.tools[', 'it is no path'],
  ] as const)('of %s "%s" is not known: %s', (kind, path, _why) => {
    expect(place(kind, 'clerk', path)).toBeUndefined();
  });

  test('of what was read from the database is not known', () => {
    expect(fieldPlace(agent('writer', {}), ['spec.limits.maxSteps'])).toBeUndefined();
    expect(fieldPlace(role('worker', ['tool:a:read']), ['spec.permissions'])).toBeUndefined();
  });
});

test('what is judged by rule is told by the line of its field, beside the risk that it makes', () => {
  const after = base.replace('hosts: [shop.example]', 'hosts: [shop.example, mirror.example]');
  const [left, right] = [resources(base), resources(after)].map((side) => [...side.values()]);
  const made = planned(left ?? [], right ?? []);
  const line = lineOf(after, 'hosts: [shop');
  expect(made.access.judged.map(({ aspect, place }) => [aspect, place.line])).toEqual([['tool.egress', line]]);
  expect(made.risks.map(({ class: kind, causes }) => [kind, causes[0]?.place.line])).toEqual([
    ['R5', line],
    ['R5', line],
  ]);
});

describe('what brings a risk about', () => {
  const caused = (after: string) => {
    const [left, right] = [resources(base), resources(after)].map((side) => [...side.values()]);
    return risks(left ?? [], right ?? []).map(
      ({ class: kind, causes }) =>
        [kind, causes.map(({ address, place: { file, line } }) => `${address} ${file}:${line}`)] as const,
    );
  };

  test('one field is told by its own line', () => {
    const after = base.replace('maxSteps: 4', 'maxSteps: 9');
    expect(caused(after)).toEqual([['R4', [`Agent/support/clerk desk.yaml:${lineOf(after, 'maxSteps')}`]]]);
  });

  test('what is new is told by where it begins', () => {
    const without = base.slice(base.indexOf('---\n') + 4).replace('roles: [desk]', 'roles: []');
    const [left, right] = [resources(without), resources(base)].map((side) => [...side.values()]);
    const [first] = risks(left ?? [], right ?? []);
    expect(first?.causes).toMatchObject([{ address: 'AgentRole/support/desk', place: { file: 'desk.yaml', line: 1 } }]);
  });

  test('several fields of a resource are told by where it begins', () => {
    const after = base.replace('maxSteps: 4', 'maxSteps: 9\n    maxToolCalls: 99');
    const causes = new Set(caused(after).flatMap(([, found]) => found));
    expect([...causes]).toEqual([`Agent/support/clerk desk.yaml:${lineOf(after, 'name: clerk') - 3}`]);
  });

  test('what newly leads somewhere and did not change itself is told by the grant, at the line of the permission', () => {
    const narrow = base.replace('- tool:look:read', '- tool:other:read');
    const [left, right] = [resources(narrow), resources(base)].map((side) => [...side.values()]);
    const found = risks(left ?? [], right ?? []);
    const line = lineOf(base, '- tool:look:read');
    expect(found.map(({ class: kind, causes }) => [kind, causes.map((cause) => cause.address)])).toEqual([
      ['R1', ['AgentRole/support/desk']],
      ['R5', ['AgentRole/support/desk']],
    ]);
    for (const { causes } of found) expect(causes[0]?.place).toMatchObject({ file: 'desk.yaml', line });
  });
});
