import { readFileSync } from 'node:fs';
import { stringify } from 'yaml';
import { parseDocuments } from '../../src/manifest/document.ts';
import type { JsonObject } from '../../src/manifest/json.ts';
import { lockText, pinServer } from '../../src/manifest/lock-text.ts';
import { objectAt } from '../../src/manifest/manifest-reference.ts';
import { kinds } from '../../src/manifest/resource.ts';
import { schemaOf } from '../../src/manifest/validate.ts';
import { bytesOf, manifest } from './manifests.ts';

/** The first of the examples that a schema is published with, as YAML. */
export function exampleOf(schema: string): string {
  const text = readFileSync(new URL(`../../schemas/${schema}.schema.json`, import.meta.url), 'utf8');
  const { examples } = JSON.parse(text) as { readonly examples?: readonly unknown[] };
  if (examples?.[0] === undefined) throw new Error(`${schema} has no example`);
  return stringify(examples[0]);
}

/** The example of every kind, each in a file of its own. */
export const examples: Readonly<Record<string, string>> = Object.fromEntries(
  kinds.map((kind) => [`base/${schemaOf[kind]}.yaml`, exampleOf(schemaOf[kind])]),
);

const server = `apiVersion: pawl/v1
kind: McpServer
metadata: { name: issues, namespace: support }
spec:
  transport: stdio
  command: npx
  args: ['-y', issues@1.4.0]
  tools: { allow: [get_*, '*_issue'], deny: ['*a*a*a*b'] }
  pin: required
`;

const secrets = ['slack', 'gateway', 'tickets', 'models', 'github'].map((name) =>
  manifest('Secret', name, {
    spec: `{ source: env, keys: { apiKey: PAWL_SECRET_API, token: PAWL_SECRET_${name.toUpperCase()}, url: PAWL_SECRET_URL, webhook: PAWL_SECRET_HOOK } }`,
    metadata: ', namespace: support',
  }),
);
const inSupport = (kind: string, name: string, spec: string) =>
  manifest(kind, name, { spec, metadata: ', namespace: support' });

/** What the examples refer to and do not define. */
const rest = [
  ...secrets,
  inSupport('Agent', 'writer', '{ modelRef: fast, prompt: Write. }'),
  inSupport(
    'Tool',
    'send-email',
    '{ description: Mails., type: builtin, inputSchema: { type: object }, builtin: { name: echo } }',
  ),
  inSupport(
    'ModelEndpoint',
    'embeddings',
    "{ provider: openaiCompatible, model: e, baseUrl: 'https://models.example.com/v1' }",
  ),
  inSupport('AgentSystem', 'digest', '{ graph: { only: { agentRef: writer } } }'),
  inSupport('Task', 'triage-issue', '{ systemRef: support-triage }'),
].join('---\n');

/** What the examples lack: libraries with fragments, pinned tools, typed expressions in every place, and patches. */
const linked: Readonly<Record<string, string>> = {
  'base/linked-server.yaml': server,
  'base/linked-library.yaml': `apiVersion: pawl/v1
kind: PromptLibrary
metadata: { name: pieces, namespace: support }
spec:
  prompts:
    top: "You are {{ role }}. {{> pieces/middle }} \\\\{{ not one }}"
    middle: '{{> pieces/low }}{{> pieces/filed }}'
    low: Be brief.
    filed: { file: prompts/low.md }
`,
  'base/linked-agents.yaml': `apiVersion: pawl/v1
kind: Agent
metadata: { name: clerk, namespace: support, labels: { tier: gold } }
spec:
  modelRef: fast
  promptRef: { library: pieces, key: top }
  inputs: { role: { default: a clerk } }
  tools: [{ mcpServerRef: issues, tools: [get_issue, 'create_*'] }]
  output:
    schema:
      type: object
      required: [rank]
      properties:
        rank: { type: integer, minimum: 0 }
        tags: { type: array, items: { type: string } }
        by: { anyOf: [{ type: string }, { type: object, properties: { name: { type: string } } }] }
---
apiVersion: pawl/v1
kind: Agent
metadata: { name: filer, namespace: support, annotations: { pawl/share: ops } }
spec:
  promptFile: prompts/filer.md
  modelRef: fast
  limits: { maxSteps: 4, timeout: 90s }
`,
  'base/linked-system.yaml': `apiVersion: pawl/v1
kind: AgentSystem
metadata: { name: flow, namespace: support }
spec:
  input:
    schema:
      type: object
      required: [rows]
      properties: { rows: { type: array, items: { type: object, properties: { n: { type: integer } } } }, note: { type: string } }
  graph:
    begin:
      agentRef: filer
      edges: [{ to: first }]
    first:
      agentRef: clerk
      input: { text: "row \${ input.rows[0].n + 1 } of \${ size(input.rows) }", note: '\${ input[?"note"].orValue("none") }' }
      edges:
        - { to: second, when: 'output.rank > 2 && has(output.tags) && output.tags.exists(t, t.startsWith("a"))' }
        - { to: third, default: true }
    second:
      agentRef: filer
      forEach: input.rows.filter(r, r.n > 1)
      input: { row: '\${ item }', rank: '\${ nodes.first.output.rank }' }
      edges: [{ to: third }]
    third:
      agentRef: clerk
      loop: { maxTurns: 3, until: 'output.rank == 0 || output.rank in [1, 2]' }
      edges: [{ to: first, when: 'output.rank < 0' }, { to: end, default: true }]
  limits: { maxTurns: 4 }
  output: { rank: '\${ nodes.third.output.rank }', all: '\${ nodes[?"second"].output.orValue([]) }' }
`,
  'base/linked-rest.yaml': rest,
  'overlay/patches.yaml': `apiVersion: pawl/v1
kind: Agent
metadata: { name: clerk, namespace: support, annotations: { pawl/patch: merge } }
spec: { modelRef: fast, output: { schema: { properties: { tags: null, rank: { maximum: 9 } } } } }
---
apiVersion: pawl/v1
kind: AgentSystem
metadata: { name: flow, namespace: support, annotations: { pawl/patch: merge } }
spec: { graph: { third: { loop: { maxTurns: 2 } } }, limits: { timeout: 5m } }
`,
};

/** Manifests of one environment with the paths `base` and `overlay`, by file. */
export const estate: Readonly<Record<string, string>> = { ...examples, ...linked };

function specOf(text: string): JsonObject {
  const [document] = parseDocuments({ path: 'a.yaml', bytes: bytesOf(text) }).documents;
  return objectAt(document?.value as JsonObject, 'spec');
}

function lockOf(): string {
  const inputSchema = { type: 'object', properties: { id: { type: 'string' } } };
  const tools = Object.fromEntries(
    ['get_issue', 'get_user', 'create_issue', `${'a'.repeat(60)}c`].map((name) => [
      name,
      { description: `Does ${name}.`, inputSchema },
    ]),
  );
  const now = new Date('2026-08-01T12:00:00Z');
  const pinned = { tools, now, version: '0.1.0' };
  const issues = pinServer(undefined, { ...pinned, server: 'support/issues', spec: specOf(server) });
  return lockText(pinServer(issues, { ...pinned, server: 'support/tickets', spec: specOf(exampleOf('mcp-server')) }));
}

/** What manifests are resolved with: the lock file, prompts and scripts, by path. */
export const beside: Readonly<Record<string, string>> = {
  'pawl.lock.yaml': lockOf(),
  'base/prompts/low.md': 'Answer in one line.\n',
  'base/prompts/filer.md': '# Filing\n\nFile it. {{> pieces/low }}\n',
  'base/prompts/escalation.md': 'Call somebody.\n',
};

export const settingsText = `${exampleOf('pawl')}ownership:
  - path: base/team
    namespaces: [support]
    kinds: [Agent]
`;

export const scriptText = exampleOf('script');
