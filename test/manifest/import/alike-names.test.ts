import { expect, test } from 'vitest';
import { importTexts } from '../../support/import.ts';

const orloj = (kind: string, name: string, spec: string) =>
  `apiVersion: orloj.dev/v1\nkind: ${kind}\nmetadata: ${name.includes(':') ? name : `{ name: "${name}", namespace: desk }`}\nspec: ${spec}\n`;

const tool = (name: string, host: string) =>
  orloj('Tool', name, `{ type: http, description: d, endpoint: "https://${host}/" }`);

const model = (name: string, secret: string) =>
  orloj('ModelEndpoint', name, `{ provider: openai, default_model: small, auth: { secretRef: ${secret} } }`);

const agent = (tools: string) => orloj('Agent', 'writer', `{ model_ref: m, prompt: Work., tools: [${tools}] }`);

test('a tool that no file declares is not another one whose name is spelt alike', () => {
  const { spec, said } = importTexts(
    [model('m', 'key'), tool('web_search', 'a.example'), agent('web-search')].join('---\n'),
  );
  expect(spec('Tool/desk/web-search')).toMatchObject({ http: { url: 'https://a.example/' } });
  expect(spec('Agent/desk/writer')).not.toHaveProperty('tools.0');
  expect(said).toContainEqual(
    expect.stringMatching(/^dropped import.reference .* The Tool `web-search` is in none of the files/),
  );
});

test('a text that is no name is said as it was written', () => {
  const { said } = importTexts([model('m', 'key'), agent('"tool:*:*"')].join('---\n'));
  expect(said).toContainEqual(expect.stringMatching(/^dropped import.reference .* The Tool `tool:\*:\*` is in none/));
});

test('tools whose names are spelt alike stay two, and each agent has its own', () => {
  const { spec } = importTexts(
    [model('m', 'key'), tool('web_search', 'a.example'), tool('web-search', 'b.example'), agent('web-search')].join(
      '---\n',
    ),
  );
  expect(spec('Tool/desk/web-search-2')).toMatchObject({ http: { url: 'https://b.example/' } });
  expect(spec('Agent/desk/writer')).toMatchObject({ tools: [{ toolRef: 'web-search-2' }] });
});

test('Secrets whose names are spelt alike stay two, each with a variable of its own', () => {
  const { spec, secrets } = importTexts([model('m', 'open_ai'), model('n', 'open-ai')].join('---\n'));
  expect(spec('ModelEndpoint/desk/m')).toMatchObject({ auth: { secretRef: { name: 'open-ai' } } });
  expect(spec('ModelEndpoint/desk/n')).toMatchObject({ auth: { secretRef: { name: 'open-ai-2' } } });
  expect(new Set(secrets.map(({ variable }) => variable)).size).toBe(2);
});

test('namespaces whose names are spelt alike stay two', () => {
  const at = (namespace: string) => `{ name: "p", namespace: "${namespace}" } #:`;
  const policy = (namespace: string) =>
    orloj('AgentPolicy', at(namespace), '{ apply_mode: global, max_tokens_per_run: 10 }');
  const { spec, said } = importTexts([policy('team_a'), policy('team-a')].join('---\n'));
  expect(spec('AgentPolicy/team-a/p')).toMatchObject({ targets: { namespaces: ['team-a'] } });
  expect(spec('AgentPolicy/team-a-2/p')).toMatchObject({ targets: { namespaces: ['team-a-2'] } });
  expect(said).toContainEqual(
    expect.stringMatching(/^flagged import.renamed .* The namespace is `team-a-2` in pawl\.$/),
  );
});

test('an agent of one system is not what another system names', () => {
  const kagent = `apiVersion: kagent.dev/v1alpha2
kind: Agent
metadata: { name: asks, namespace: desk }
spec:
  type: Declarative
  declarative: { systemMessage: Ask., tools: [{ type: Agent, agent: { name: writer } }] }
`;
  const { spec, said } = importTexts([model('m', 'key'), agent(''), kagent].join('---\n'));
  expect(spec('Agent/desk/writer')).toBeDefined();
  expect(JSON.stringify(spec('Agent/desk/asks') ?? null)).not.toContain('writer');
  expect(said).toContainEqual(
    expect.stringMatching(/The Agent `writer` of the namespace `desk` is in none of the files/),
  );
});
