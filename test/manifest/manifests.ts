import { parseDocuments } from '../../src/manifest/document.ts';
import { type Lost, lostInValue } from '../../src/manifest/lost.ts';
import { overlay } from '../../src/manifest/overlay.ts';
import type { Ownership } from '../../src/manifest/resource.ts';
import type { Problem } from '../../src/manifest/problem.ts';
import { resolve } from '../../src/manifest/resolve.ts';
import type { Resolved } from '../../src/manifest/resolved.ts';
import { type Validated, validate } from '../../src/manifest/validate.ts';

/** A small repository in which everything is right. */
export const validFiles: Readonly<Record<string, string>> = {
  'agents/triage.yaml': `apiVersion: pawl/v1
kind: Agent
metadata:
  name: triage
  labels:
    tier: gold
spec:
  description: Sorts tickets
  modelRef: fast
  promptFile: prompts/triage.md
  tools:
    - toolRef: search
    - toolRef: send-email
  roles:
    - support
  limits:
    maxSteps: 5
    timeout: 2m
  output:
    schema:
      type: object
      additionalProperties: false
      required: [priority]
      properties:
        priority:
          type: string
          enum: [high, low]
`,
  'agents/writer.yaml': `apiVersion: pawl/v1
kind: Agent
metadata: {name: writer}
spec: {modelRef: fast, prompt: Write a reply., execution: {onDeny: fail}}
`,
  'models/fast.yaml': `apiVersion: pawl/v1
kind: ModelEndpoint
metadata:
  name: fast
spec:
  provider: openaiCompatible
  model: small-1
  baseUrl: https://models.example.com/v1
  parameters:
    temperature: 0.7
    maxOutputTokens: 512
  pricing:
    inputPerMTok: 0.15
    outputPerMTok: 0.6
  auth:
    secretRef:
      name: models
      key: token
---
apiVersion: pawl/v1
kind: Secret
metadata:
  name: models
spec:
  source: env
  keys:
    token: PAWL_SECRET_MODELS_TOKEN
`,
  'tools/search.yaml': `apiVersion: pawl/v1
kind: Tool
metadata:
  name: search
spec:
  description: Finds tickets
  type: http
  operation: read
  inputSchema:
    type: object
    properties:
      q:
        type: string
        pattern: ^[a-z ]+$
  http:
    method: GET
    url: https://api.example.com/tickets
  egress:
    hosts: [api.example.com]
---
apiVersion: pawl/v1
kind: Tool
metadata:
  name: send-email
spec:
  description: Sends an email
  type: builtin
  inputSchema:
    type: object
  builtin:
    name: echo
`,
  'policies/support.yaml': `apiVersion: pawl/v1
kind: AgentRole
metadata:
  name: support
spec:
  permissions:
    - tool:search:read
    - capability:mail
---
apiVersion: pawl/v1
kind: ToolPermission
metadata:
  name: send-email
spec:
  toolRef: send-email
  required:
    - capability:mail
  global: true
---
apiVersion: pawl/v1
kind: AgentPolicy
metadata:
  name: spend
spec:
  targets:
    labels:
      tier: gold
  budgets:
    - scope: run
      unit: usd
      limit: 0.25
`,
  'systems/support.yaml': `apiVersion: pawl/v1
kind: AgentSystem
metadata:
  name: support
spec:
  graph:
    classify:
      agentRef: triage
      edges:
        - to: draft-reply
          when: output.priority == "high"
        - to: end
          default: true
    draft-reply:
      agentRef: writer
      input:
        priority: \${ nodes.classify.output.priority }
  output:
    reply: \${ nodes[?"draft-reply"].output.orValue("none") }
`,
};

export const promptFiles: Readonly<Record<string, string>> = {
  'agents/prompts/triage.md': 'You sort tickets.\nAnswer with a priority.\n',
};

export function bytesOf(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

export function validateText(
  text: string,
  path = 'a.yaml',
): { manifests: Validated[]; problems: Problem[]; lost: readonly Lost[] } {
  const parsed = parseDocuments({ path, bytes: bytesOf(text) });
  const manifests = parsed.documents.map(validate);
  const problems = [...parsed.problems, ...manifests.flatMap((manifest) => manifest.problems)];
  const unknown = manifests.filter(({ identity }) => identity === undefined);
  return { manifests, problems, lost: [...parsed.lost, ...unknown.map(({ document }) => lostInValue(document.value))] };
}

export interface ResolveOptions {
  readonly prompts?: Readonly<Record<string, string | Uint8Array>>;
  readonly namespaces?: readonly string[];
  /** Of the environment, in order. */
  readonly paths?: readonly string[];
  readonly ownership?: readonly Ownership[];
}

/** Parses, validates and resolves; problems of the files themselves are among the others. */
export function resolveTexts(files: Readonly<Record<string, string>>, options: ResolveOptions = {}): Resolved {
  const validated = Object.entries(files).map(([path, text]) => validateText(text, path));
  const named = Object.entries(options.prompts ?? promptFiles);
  const prompts = new Map(named.map(([path, file]) => [path, typeof file === 'string' ? bytesOf(file) : file]));
  const { prompts: _prompts, ...bounds } = options;
  const environment = { ...bounds, lost: validated.flatMap(({ lost }) => lost) };
  const manifests = validated.flatMap((file) => file.manifests);
  const overlaid = overlay(manifests, { paths: options.paths ?? [''], lost: environment.lost });
  const resolved = resolve(overlaid.manifests, prompts, environment);
  const syntax = validated.flatMap(({ manifests, problems }) => (manifests.length === 0 ? problems : []));
  return { ...resolved, problems: [...syntax, ...overlaid.problems, ...resolved.problems] };
}

/** `code line:column`, for short expectations. */
export function at(problem: Problem): string {
  return `${problem.code} ${problem.line}:${problem.column}`;
}

/** One manifest with `spec` written in flow style. */
export function manifest(
  kind: string,
  name: string,
  spec: string | { readonly spec: string; readonly metadata: string },
): string {
  const { spec: body, metadata } = typeof spec === 'string' ? { spec, metadata: '' } : spec;
  return `apiVersion: pawl/v1\nkind: ${kind}\nmetadata: {name: ${name}${metadata}}\nspec: ${body}\n`;
}
