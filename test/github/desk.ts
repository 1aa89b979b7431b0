import { readEnvironment } from '../../src/controller/environments.ts';
import { planCommit } from '../../src/controller/planning.ts';
import { applyAcknowledged } from '../support/apply-acknowledged.ts';
import { type GitHubFixture, gitHubFixture } from './fixture.ts';

const settings = `apiVersion: pawl/v1
groups:
  platform: { github: { users: [sam] } }
  security: { github: { users: [sam] } }
environments:
  - name: production
    branch: main
    paths: [agents]
    namespaces: [support]
    apply: auto
`;

const resource = (kind: string, name: string, spec: string): string =>
  `apiVersion: pawl/v1\nkind: ${kind}\nmetadata: { name: ${name}, namespace: support }\nspec: ${spec}\n`;

const url = 'https://models.example.com/v1';
const resources = [
  resource(
    'ModelEndpoint',
    'small',
    `{ provider: openaiCompatible, model: small, baseUrl: '${url}', pricing: { inputPerMTok: 1, outputPerMTok: 1 } }`,
  ),
  ...['search', 'refund', 'spare'].map((name) =>
    resource(
      'Tool',
      name,
      '{ description: Does it., type: builtin, operation: write, builtin: { name: echo }, inputSchema: { type: object } }',
    ),
  ),
  resource('AgentRole', 'worker', "{ permissions: ['tool:search:write', 'tool:refund:write'] }"),
  resource(
    'Agent',
    'writer',
    '{ modelRef: small, prompt: Help., roles: [worker], tools: [{ toolRef: search }, { toolRef: refund }] }',
  ),
  resource('AgentSystem', 'desk', '{ input: { schema: { type: object } }, graph: { work: { agentRef: writer } } }'),
];

const denying = (name: string, tool: string): string =>
  resource('AgentPolicy', name, `{ targets: { namespaces: [support] }, tools: { deny: [${tool}] } }`);

/** An agent that two policies keep from refunds, each of them alone. */
const desk = {
  'agents/desk.yaml': resources.join('---\n'),
  'agents/first.yaml': denying('first', 'refund'),
  'agents/second.yaml': denying('second', 'refund'),
};

/** One of the policies, without what it keeps from: nothing widens by it while the other holds. */
export function loosened(policy: string): Readonly<Record<string, string>> {
  return { [`agents/${policy}.yaml`]: denying(policy, 'spare') };
}

/** The desk as a repository on GitHub, with what its main branch says live. */
export async function openDesk(): Promise<GitHubFixture> {
  const fixture = await gitHubFixture({ 'pawl.yaml': settings, ...desk }, { ann: 'write', sam: 'write', tom: 'write' });
  const { plane } = fixture.round();
  await plane.repository.fetch();
  const production = await readEnvironment(plane.repository, 'production');
  const plan = await planCommit(plane, { settings: production, commit: await plane.repository.resolve('main') });
  await applyAcknowledged(fixture.database, plan, 'sam');
  return fixture;
}
