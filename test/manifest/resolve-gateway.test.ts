import { describe, expect, test } from 'vitest';
import { manifest, resolveTexts } from './manifests.ts';

const auth = 'auth: {profile: bearer, secretRef: {name: key, key: token}}';
const around = [
  manifest('Secret', 'key', '{source: env, keys: {token: PAWL_SECRET_KEY}}'),
  manifest('Gateway', 'llm', `{type: model, url: "https://llm.example.com/v1", provider: openai, ${auth}}`),
  manifest('Gateway', 'plain', '{type: model, url: "https://plain.example.com/v1", provider: openai}'),
  manifest('Gateway', 'tools', '{type: tool, url: "https://tools.example.com"}'),
];

function errors(endpoint: string): readonly string[] {
  const texts = [manifest('ModelEndpoint', 'm', endpoint), ...around];
  const { problems } = resolveTexts({ 'a.yaml': texts.join('---\n') });
  return problems.filter(({ severity }) => severity === 'error').map(({ message }) => message);
}

describe('a server behind a gateway', () => {
  const toolAuth = manifest('Gateway', 'keyed', `{type: tool, url: "https://keyed.example.com/mcp", ${auth}}`);
  const said = (server: string) => {
    const texts = [manifest('McpServer', 's', server), toolAuth, ...around];
    const { problems } = resolveTexts({ 'a.yaml': texts.join('---\n') });
    return problems
      .filter(({ severity, code }) => severity === 'error' && !code.startsWith('pin.'))
      .map(({ message }) => message)
      .join('\n');
  };

  test('is called at an address of the gateway', () => {
    expect(said('{transport: http, url: "https://tools.example.com/tickets/mcp", gatewayRef: tools}')).toBe('');
    expect(said('{transport: http, url: "https://keyed.example.com/mcp/tickets", gatewayRef: keyed}')).toBe('');
  });

  test.each([
    ['elsewhere', '{transport: http, url: "https://tickets.example.com/mcp", gatewayRef: tools}', 'none of `tools`'],
    ['beside it', '{transport: http, url: "https://keyed.example.com/mcpx", gatewayRef: keyed}', 'none of `keyed`'],
    [
      'with two credentials',
      `{transport: http, url: "https://keyed.example.com/mcp/a", gatewayRef: keyed, ${auth}}`,
      'credential of its own',
    ],
    ['as a program', '{transport: stdio, command: tickets, gatewayRef: tools}', '`gatewayRef` has no meaning'],
    ['for models', '{transport: http, url: "https://llm.example.com/v1/a", gatewayRef: llm}', 'a gateway for models'],
  ])('is refused %s', (_what, server, words) => {
    expect(said(server)).toContain(words);
  });
});

describe('a program that is fetched when it starts', () => {
  const codes = (command: string, args: string) => {
    const text = manifest('McpServer', 's', `{transport: stdio, command: ${command}, args: ${args}}`);
    return resolveTexts({ 'a.yaml': text }).problems.filter(({ code }) => code === 'manifest.unversioned').length;
  };

  test.each([
    ['npx', '[-y, tickets]', 1],
    ['npx', '[-y, "tickets@latest"]', 1],
    ['npx', '[-y, "@acme/tickets@^1.4.0"]', 1],
    ['npx', '[-y, "@acme/tickets@1.4.0", --stdio]', 0],
    ['uvx', '[tickets]', 1],
    ['uvx', '["tickets==1.4.0"]', 0],
    ['pnpm', '[dlx, tickets]', 1],
    ['pnpm', '[run, tickets]', 0],
    ['node', '[tickets.js]', 0],
  ])('%s %s', (command, args, count) => {
    expect(codes(command, args)).toBe(count);
  });
});

describe('an endpoint behind a gateway', () => {
  test('is asked there, with the gateway’s credential or its own', () => {
    expect(errors('{provider: openai, model: x, gatewayRef: llm}')).toEqual([]);
    expect(
      errors('{provider: openai, model: x, gatewayRef: plain, auth: {secretRef: {name: key, key: token}}}'),
    ).toEqual([]);
  });

  test.each([
    ['speaks its protocol', '{provider: anthropic, model: x, gatewayRef: plain}', 'protocol of openai'],
    ['goes through one for models', '{provider: openai, model: x, gatewayRef: tools}', 'a gateway for tools'],
    [
      'sends one credential',
      '{provider: openai, model: x, gatewayRef: llm, auth: {secretRef: {name: key, key: token}}}',
      'credential of its own',
    ],
    [
      'has no address of its own',
      '{provider: openai, model: x, gatewayRef: plain, baseUrl: "https://x.example.com"}',
      '`baseUrl` has no meaning',
    ],
    [
      'does not say itself what may be reached',
      '{provider: openai, model: x, gatewayRef: plain, allowPrivate: true}',
      '`allowPrivate` has no meaning',
    ],
  ])('%s', (_name, endpoint, words) => {
    expect(errors(endpoint).join('\n')).toContain(words);
  });
});
