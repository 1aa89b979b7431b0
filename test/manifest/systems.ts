import type { Problem } from '../../src/manifest/problem.ts';
import { manifest, resolveTexts } from './manifests.ts';

const base = {
  'models/m.yaml': manifest('ModelEndpoint', 'm', '{provider: scripted, model: x, script: {replies: []}}'),
  'agents/triage.yaml': `apiVersion: pawl/v1
kind: Agent
metadata: {name: triage}
spec:
  modelRef: m
  prompt: Sort.
  output:
    schema:
      type: object
      additionalProperties: false
      required: [priority, parts]
      properties:
        priority: {enum: [high, low]}
        reason: {type: string}
        parts: {type: array, items: {type: object, required: [id], additionalProperties: false, properties: {id: {type: integer}}}}
`,
  'agents/writer.yaml': manifest('Agent', 'writer', '{modelRef: m, prompt: Write.}'),
  'tools/search.yaml': `apiVersion: pawl/v1
kind: Tool
metadata: {name: search}
spec:
  description: Finds
  type: builtin
  builtin: {name: echo}
  inputSchema:
    type: object
    additionalProperties: false
    required: [query]
    properties:
      query: {type: string}
      limit: {type: integer}
      order: {enum: [up, down]}
  outputSchema: {type: object, required: [hits], properties: {hits: {type: integer}}}
`,
  'roles/r.yaml': manifest('AgentRole', 'r', "{permissions: ['tool:*:*']}"),
};

const inputSchema = `  input:
    schema:
      type: object
      additionalProperties: false
      required: [name, count, price, note]
      properties:
        name: {type: string}
        count: {type: integer}
        price: {type: number}
        nick: {type: string}
        note: {type: [string, 'null']}
`;

/** Findings about the graph and the expressions of one system, whose first node is on line 18. */
export function problemsOfSystem(graph: string, rest = '', others: Readonly<Record<string, string>> = {}): Problem[] {
  const text = `apiVersion: pawl/v1\nkind: AgentSystem\nmetadata: {name: s}\nspec:\n  roles: [r]\n${inputSchema}  graph:\n${graph}${rest}`;
  return resolveTexts({ ...base, ...others, 's.yaml': text }).problems.filter(({ code }) =>
    /^(expression|graph)\./.test(code),
  );
}
