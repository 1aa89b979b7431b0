/** Small manifests that are right by themselves. */
export function role(name: string, permission = 'tool:echo:read'): string {
  return `apiVersion: pawl/v1\nkind: AgentRole\nmetadata:\n  name: ${name}\nspec:\n  description: Role ${name}\n  permissions: ["${permission}"]\n`;
}

export function agent(name: string, promptFile: string): string {
  return [
    'apiVersion: pawl/v1',
    'kind: Agent',
    `metadata: { name: ${name} }`,
    'spec:',
    '  modelRef: small',
    `  promptFile: ${promptFile}`,
    '',
  ].join('\n');
}

export const model = [
  'apiVersion: pawl/v1',
  'kind: ModelEndpoint',
  'metadata: { name: small }',
  'spec:',
  '  provider: openaiCompatible',
  '  model: small-1',
  '  baseUrl: https://models.example.com/v1',
  '',
].join('\n');

export const settings = [
  'apiVersion: pawl/v1',
  'environments:',
  '  - name: prod',
  '    branch: main',
  '    paths: [agents]',
  '',
].join('\n');
