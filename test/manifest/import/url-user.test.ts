import { expect, test } from 'vitest';
import { reportOf } from '../../../src/manifest/import/report.ts';
import { importTexts } from '../../support/import.ts';

const url = 'https://bob:hunter2@api.example.com/x';
const kagent = (kind: string, spec: string, version = 'v1alpha2') =>
  `apiVersion: kagent.dev/${version}\nkind: ${kind}\nmetadata: { name: a, namespace: d }\nspec: ${spec}\n`;

test.each([
  ['RemoteMCPServer', kagent('RemoteMCPServer', `{ description: x, url: "${url}" }`)],
  ['ToolServer', kagent('ToolServer', `{ description: x, config: { streamableHttp: { url: "${url}" } } }`, 'v1alpha1')],
  ['OpenAI', kagent('ModelConfig', `{ provider: OpenAI, model: m, openAI: { baseUrl: "${url}" } }`)],
  ['Ollama', kagent('ModelConfig', `{ provider: Ollama, model: m, ollama: { host: "${url}" } }`)],
  ['Orloj', `apiVersion: orloj.dev/v1\nkind: Tool\nmetadata: { name: a }\nspec: { type: http, endpoint: "${url}" }\n`],
])('a user in the URL of %s is refused once, where it stands, and its password said nowhere', (_kind, text) => {
  const report = reportOf(importTexts(text));
  expect(report.refusals).toMatchObject([{ code: 'import.secret_value', line: 4 }]);
  expect(JSON.stringify(report)).not.toContain('hunter2');
});

test('what Kubernetes does not know of a variable is said, in whatever process it stands', () => {
  const env = '[{ name: A, valueFrom: { secretKeyRef: { name: s, key: k, bogus: 1 }, wrong: {} } }]';
  const byo = kagent('Agent', `{ type: BYO, description: x, byo: { deployment: { image: "x:1", env: ${env} } } }`);
  const stdio = kagent('ToolServer', `{ description: x, config: { stdio: { command: x, env: ${env} } } }`, 'v1alpha1');
  for (const text of [byo, stdio]) {
    const { refusals } = reportOf(importTexts(text));
    const said = refusals.map(({ code, message }) => `${code} ${message.replaceAll(/`spec\.[a-z.]*/g, '`')}`);
    expect(said).toEqual([
      'import.schema `[0].valueFrom` must have one source.',
      'import.schema `[0].valueFrom.secretKeyRef.bogus` is not a field of `secretKeyRef`.',
      'import.schema `[0].valueFrom.wrong` is no source of a variable.',
    ]);
  }
});
