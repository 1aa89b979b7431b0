/** A cycle of review and revision as a team of Orloj has it. */
export const reviewCycle = `apiVersion: orloj.dev/v1
kind: ModelEndpoint
metadata: { name: small }
spec: { provider: openai, default_model: small-1, auth: { secretRef: key } }
---
apiVersion: orloj.dev/v1
kind: Agent
metadata: { name: writer }
spec: { model_ref: small, prompt: Write. }
---
apiVersion: orloj.dev/v1
kind: Agent
metadata: { name: editor }
spec: { model_ref: small, prompt: Edit. }
---
apiVersion: orloj.dev/v1
kind: AgentSystem
metadata: { name: letters }
spec:
  agents: [writer, editor]
  graph:
    writer: { edges: [{ to: editor }] }
    editor: { edges: [{ to: writer, condition: { output_not_contains: APPROVED } }] }
`;
