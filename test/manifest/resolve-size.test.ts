import { describe, expect, test } from 'vitest';
import { estateAmong, isSound, type Sound } from '../../src/manifest/estate.ts';
import { askFindings } from '../../src/manifest/resolve-ask.ts';
import { ceilingFindings } from '../../src/manifest/resolve-ceiling.ts';
import { grantFindings } from '../../src/manifest/resolve-grant.ts';
import { targetFindings } from '../../src/manifest/resolve-target.ts';
import type { Estate, Report } from '../../src/manifest/estate.ts';
import { manifest, validateText } from './manifests.ts';

const size = 600;

/** As many manifests, each looked at through something that counts how often that is done. */
function estateOf(texts: readonly string[], looked: { times: number }): Estate {
  const known = new Map<string, Sound>();
  for (const text of texts) {
    const [validated] = validateText(text).manifests;
    if (validated === undefined || !isSound(validated)) throw new Error(`not valid: ${text}`);
    const counting = new Proxy(validated, {
      get: (target, key) => {
        looked.times += 1;
        return Reflect.get(target, key);
      },
    });
    known.set(validated.address, counting);
  }
  return estateAmong(known, [...known.values()]);
}

const numbers = Array.from({ length: size }, (_, index) => index);
const role = manifest('AgentRole', 'reader', '{permissions: ["tool:*:*", "capability:*"]}');
const tool = (more = '') =>
  manifest(
    'Tool',
    'mail',
    `{description: Mails., type: http, operation: write${more}, inputSchema: {type: object}, http: {method: POST, url: "https://a.example.com/x"}, egress: {hosts: [a.example.com]}}`,
  );
const agent = (index: number, labels = '') =>
  manifest(
    'Agent',
    `a${index}`,
    '{description: d, modelRef: m, prompt: p, roles: [reader], tools: [{toolRef: mail}], limits: {maxSteps: 9}}',
  ).replace(`{name: a${index}}`, `{name: a${index}${labels}}`);

describe('how much is looked at grows with the manifests, and not with their square', () => {
  const cases: Readonly<Record<string, readonly [(estate: Estate, report: Report) => void, readonly string[]]>> = {
    'permissions of one tool, each of one agent': [
      grantFindings,
      [
        tool(),
        role,
        ...numbers.map((index) => agent(index)),
        ...numbers.map((index) => permission(index, `agents: [a${index}]`)),
      ],
    ],
    'permissions that ask, and agents that call a tool of high risk': [
      askFindings,
      [
        tool(', risk: high'),
        role,
        ...numbers.map((index) => agent(index)),
        ...numbers.map((index) => permission(index, `agents: [a${index}], rules: [{operation: write, verdict: ask}]`)),
      ],
    ],
    'policies with limits, each of one agent': [ceilingFindings, policies((index) => `targets: {agents: [a${index}]}`)],
    'policies with limits, each of one label': [
      ceilingFindings,
      policies((index) => `targets: {labels: {n: n${index}}}`),
    ],
    'policies with limits, all of one namespace': [ceilingFindings, policies(() => 'targets: {namespaces: [default]}')],
    'policies with limits, all of everything': [ceilingFindings, policies(() => 'global: true')],
    'policies that name two labels which nobody has together': [
      targetFindings,
      [
        role,
        ...numbers.map((index) => agent(index, `, labels: {${index % 2 === 0 ? 'x' : 'y'}: "1"}`)),
        ...numbers.map((index) =>
          manifest('AgentPolicy', `p${index}`, '{targets: {labels: {x: "1", y: "1"}}, limits: {maxSteps: 5}}'),
        ),
      ],
    ],
  };

  test.each(Object.entries(cases))('%s', (_what, [check, texts]) => {
    const looked = { times: 0 };
    const estate = estateOf(texts, looked);
    looked.times = 0;
    check(estate, () => undefined);
    // A look at each pair would be 360,000.
    expect(looked.times).toBeLessThan(40 * texts.length);
  });
});

function permission(index: number, more: string): string {
  return manifest('ToolPermission', `p${index}`, `{toolRef: mail, required: [capability:c${index}], ${more}}`);
}

function policies(targets: (index: number) => string): readonly string[] {
  return [
    tool(),
    role,
    ...numbers.map((index) => agent(index, `, labels: {n: n${index}}`)),
    ...numbers.map((index) => manifest('AgentPolicy', `p${index}`, `{${targets(index)}, limits: {maxSteps: 5}}`)),
  ];
}
