import { afterAll, beforeAll, expect, test } from 'vitest';
import { pullRequestsTick } from '../../src/github/pull-requests.ts';
import { openDesk } from '../github/desk.ts';
import type { GitHubFixture } from '../github/fixture.ts';
import { dump } from '../story/canary-places.ts';
import { traces } from '../story/canary-spelling.ts';

const name = 'acme/agents';
const signal = new AbortController().signal;
/** Made of parts, so that no scanner takes the test for a leak. */
const token = `ghp_${'Kq7Zt2Lw9Xb4Rn8Vd3Hf6Jm1Pc5SgYaTeUiO'}`;
const password = 'Zx81/Spectrum+7';
const inUrl = ['https://app', `${password}@tickets.example.com/x`].join(':');

let fixture: GitHubFixture;
beforeAll(async () => {
  fixture = await openDesk();
}, 180_000);
afterAll(() => fixture.close());

const manifest = (kind: string, called: string, spec: string) =>
  `apiVersion: pawl/v1\nkind: ${kind}\nmetadata: { name: ${called}, namespace: support }\nspec:\n${spec}\n`;

/** Each is a pull request of its own: what cannot be read hides nothing that can. */
const pulls: readonly (readonly [title: string, text: string, code: RegExp])[] = [
  ['a prompt', manifest('Agent', 'leaky', `  modelRef: small\n  prompt: "Log in with ${token}."`), /secret_literal/],
  [
    'a header and an address',
    manifest(
      'Tool',
      'leaky',
      `  description: Asks.\n  type: http\n  operation: read\n  inputSchema: { type: object }
  http: { method: GET, url: "${inUrl}", headers: { X-Api-Key: ${token} } }\n  egress: { hosts: [tickets.example.com] }`,
    ),
    /secret_literal|userinfo|credentials/,
  ],
  ['a name of a field', manifest('AgentRole', 'leaky', `  permissions: []\n  ${token}: 1`), /manifest\./],
  ['what is no YAML', `a: [1\n${token}: ]\n"${token}" "${token}"\n`, /yaml\./],
  ['a reference to nothing', manifest('Agent', 'leaky', `  modelRef: "${token}"\n  prompt: Help.`), /manifest\./],
];

test.each(pulls)(
  'a secret in %s is in no comment, check, status or row',
  async (title, text, code) => {
    const { people } = fixture.hub;
    const branch = title.replaceAll(' ', '-');
    const sha = await people.push(name, { branch, files: { 'agents/leaky.yaml': text }, as: 'ann' });
    const { number } = await people.openPullRequest(name, { head: branch, as: 'ann' });
    await pullRequestsTick(fixture.round(), signal);
    const { comments, checks, statuses } = fixture.hub.state(name);
    const own = JSON.stringify([
      [...comments.values()].filter(({ issue }) => issue === number),
      [...checks.values()].filter((check) => check.sha === sha),
      [...statuses.values()].filter((status) => status.sha === sha),
    ]);
    expect(own).toContain('agents/leaky.yaml');
    expect(own).toMatch(code);
    const rows = await dump(fixture.database);
    for (const spelling of [token, password].flatMap((secret) => traces(secret)))
      expect([own.includes(spelling), rows.includes(spelling), spelling]).toEqual([false, false, spelling]);
  },
  120_000,
);

test('nothing that pawl wrote at GitHub, or in a row, holds what it proves itself with', async () => {
  const { comments, checks, statuses, issues, deployments } = fixture.hub.state(name);
  const all = JSON.stringify([comments, checks, statuses, issues, deployments].map((map) => [...map.values()]));
  const rows = await dump(fixture.database);
  expect(all).toContain('agents/leaky.yaml');
  const [line = ''] = fixture.hub.app.privateKey.split('\n').filter((part) => part.length === 64);
  expect(line).not.toBe('');
  for (const secret of [line, fixture.hub.tokenOf('acme')])
    for (const spelling of traces(secret))
      expect([all.includes(spelling), rows.includes(spelling)]).toEqual([false, false]);
});
