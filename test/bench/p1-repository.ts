import { createRepository, type TestRepository } from '../support/git.ts';

/** Manifests of one group: a system of three agents with tools, a role, a permission and a policy. */
const groupSize = 10;

/** A repository of that many manifests, each in a file of its own, as a large company's would be. */
export async function repositoryOf(manifests: number): Promise<TestRepository> {
  const repository = await createRepository();
  await repository.commit(filesOf(manifests), 'Import everything');
  return repository;
}

/** What is in it, by path. */
export function filesOf(manifests: number): Readonly<Record<string, string>> {
  const files: Record<string, string> = { 'pawl.yaml': settings, 'agents/model.yaml': model };
  for (let group = 0; Object.keys(files).length <= manifests; group += 1) {
    for (const [path, text] of Object.entries(groupFiles(group))) {
      if (Object.keys(files).length <= manifests) files[path] = text;
    }
  }
  return files;
}

/** One agent's file in another version, at its path. */
export function changedFile(group: number, version: number): Readonly<Record<string, string>> {
  return { [`agents/g${group}/agent-0.yaml`]: agent(group, { part: 0, version }) };
}

/** Changes the prompt of one agent and returns the commit. */
export async function changeOne(repository: TestRepository, index: number): Promise<string> {
  return await repository.commit(changedFile(7, index), `Change ${index}`);
}

/** Changes the prompt of one agent in each of so many groups and returns the commit. */
export async function changeMany(repository: TestRepository, groups: number, version: number): Promise<string> {
  const files = Array.from({ length: groups }, (_, group) => changedFile(group, version));
  return await repository.commit(Object.assign({}, ...files), `Change ${groups}, version ${version}`);
}

const settings = `apiVersion: pawl/v1
environments:
  - name: production
    branch: main
    paths: [agents]
`;

const model = `apiVersion: pawl/v1
kind: ModelEndpoint
metadata: { name: model }
spec:
  provider: openaiCompatible
  model: some-model
  baseUrl: https://models.example.com/v1
  pricing: { inputPerMTok: "0.40", outputPerMTok: "1.60" }
`;

/** In an order in which every prefix refers only to what is in it. */
function groupFiles(group: number): Record<string, string> {
  const folder = `agents/g${group}`;
  const files: Record<string, string> = { [`${folder}/role.yaml`]: role(group) };
  for (let part = 0; part < 3; part += 1) files[`${folder}/tool-${part}.yaml`] = tool(group, part);
  for (let part = 0; part < 3; part += 1) files[`${folder}/agent-${part}.yaml`] = agent(group, { part, version: 0 });
  files[`${folder}/permission.yaml`] = permission(group);
  files[`${folder}/system.yaml`] = system(group);
  files[`${folder}/policy.yaml`] = policy(group);
  if (Object.keys(files).length !== groupSize) throw new Error('a group has ten manifests');
  return files;
}

function role(group: number): string {
  return `apiVersion: pawl/v1
kind: AgentRole
metadata: { name: role-g${group} }
spec:
  description: What the agents of group ${group} may do
  permissions:
    - tool:tool-g${group}-0:read
    - tool:tool-g${group}-1:read
    - capability:reading-g${group}
`;
}

function tool(group: number, part: number): string {
  return `apiVersion: pawl/v1
kind: Tool
metadata: { name: tool-g${group}-${part}, labels: { group: g${group} } }
spec:
  description: Looks up what group ${group} knows about subject ${part} and gives the lines that hold the words.
  type: http
  operation: read
  inputSchema:
    type: object
    properties:
      query: { type: string, minLength: 1, maxLength: 200 }
    required: [query]
    additionalProperties: false
  http:
    method: GET
    url: https://knowledge.example.com/g${group}/${part}
    query: { q: "\${ args.query }" }
  egress: { hosts: [knowledge.example.com] }
`;
}

function agent(group: number, at: { readonly part: number; readonly version: number }): string {
  const lines = Array.from(
    { length: 8 },
    (_, line) => `    Rule ${line}: answer from what the tools of group ${group} say.`,
  );
  return `apiVersion: pawl/v1
kind: Agent
metadata: { name: agent-g${group}-${at.part}, labels: { group: g${group} } }
spec:
  description: Agent ${at.part} of group ${group}
  modelRef: model
  prompt: |
    You are agent ${at.part} of group ${group}, in version ${at.version} of your instructions.
${lines.join('\n')}
  roles: [role-g${group}]
  tools:
    - toolRef: tool-g${group}-0
    - toolRef: tool-g${group}-${at.part}
  limits: { maxSteps: 8, maxTokens: 8000 }
`.replace(`    - toolRef: tool-g${group}-0\n    - toolRef: tool-g${group}-0\n`, `    - toolRef: tool-g${group}-0\n`);
}

function permission(group: number): string {
  return `apiVersion: pawl/v1
kind: ToolPermission
metadata: { name: permission-g${group} }
spec:
  toolRef: tool-g${group}-2
  required: ["capability:reading-g${group}"]
  agents: [agent-g${group}-2]
`;
}

function system(group: number): string {
  return `apiVersion: pawl/v1
kind: AgentSystem
metadata: { name: system-g${group} }
spec:
  description: Two agents of group ${group} look, and the third writes
  graph:
    first:
      agentRef: agent-g${group}-0
      edges: [{ to: last }]
    second:
      agentRef: agent-g${group}-1
      edges: [{ to: last }]
    last:
      agentRef: agent-g${group}-2
  limits: { maxTokens: 40000 }
`;
}

function policy(group: number): string {
  return `apiVersion: pawl/v1
kind: AgentPolicy
metadata: { name: policy-g${group} }
spec:
  description: What a run of group ${group} may cost
  targets: { systems: [system-g${group}] }
  budgets: [{ scope: run, unit: tokens, limit: 30000 }]
`;
}
