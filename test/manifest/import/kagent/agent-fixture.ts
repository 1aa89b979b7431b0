/** A model, a tool server and a helper that the agents of these tests use, in the namespace `desk`. */
export const surroundings = `
---
apiVersion: kagent.dev/v1alpha2
kind: ModelConfig
metadata: { name: small, namespace: desk }
spec: { provider: OpenAI, model: gpt-small, apiKeySecret: openai, apiKeySecretKey: key }
---
apiVersion: kagent.dev/v1alpha2
kind: RemoteMCPServer
metadata: { name: tickets, namespace: desk }
spec: { description: Tickets., url: "https://tickets.example.com/mcp" }
---
apiVersion: kagent.dev/v1alpha2
kind: Agent
metadata: { name: helper, namespace: desk }
spec: { type: Declarative, description: Helps., declarative: { modelConfig: small, systemMessage: Help. } }
`;

/** A declarative agent with more lines in its block, each as it stands in the file. */
export function declarative(lines: string): string {
  const block = lines
    .trim()
    .split('\n')
    .map((line) => `    ${line}\n`)
    .join('');
  return `apiVersion: kagent.dev/v1alpha2
kind: Agent
metadata: { name: clerk, namespace: desk }
spec:
  type: Declarative
  declarative:
${block}${surroundings}`;
}
