/** A small estate of each system, one document a text, as teams that meet in one repository would have it. */
export const foreignEstate: readonly string[] = [
  `apiVersion: orloj.dev/v1
kind: ModelEndpoint
metadata: { name: quick, namespace: desk }
spec:
  provider: openai
  default_model: small
  auth: { secretRef: openai }
`,
  `apiVersion: orloj.dev/v1
kind: Secret
metadata: { name: openai, namespace: desk }
spec:
  stringData: { value: placeholder }
`,
  `apiVersion: orloj.dev/v1
kind: Agent
metadata: { name: sorter, namespace: desk }
spec:
  model_ref: quick
  prompt: |
    Sort the letters.
    Write {{ nothing }} else.
  tools: [archive]
  roles: [clerk]
  limits: { max_steps: 4, timeout: 30s }
`,
  `apiVersion: orloj.dev/v1
kind: Agent
metadata: { name: answerer, namespace: desk }
spec:
  model_ref: quick
  prompt: Answer the letters.
`,
  `apiVersion: orloj.dev/v1
kind: Tool
metadata: { name: archive, namespace: desk }
spec:
  type: http
  endpoint: https://archive.example.org/v1/search
  description: Looks letters up
`,
  `apiVersion: orloj.dev/v1
kind: AgentRole
metadata: { name: clerk, namespace: desk }
spec: { permissions: ["tool:archive:invoke"] }
`,
  `apiVersion: orloj.dev/v1
kind: AgentPolicy
metadata: { name: careful, namespace: desk }
spec:
  apply_mode: scoped
  target_systems: [letters]
  allowed_models: [small]
  blocked_tools: [archive]
`,
  `apiVersion: orloj.dev/v1
kind: AgentSystem
metadata: { name: letters, namespace: desk }
spec:
  agents: [sorter, answerer]
  graph:
    sorter:
      edges:
        - to: answerer
          condition: { output_contains: urgent }
    answerer: {}
`,
  `apiVersion: orloj.dev/v1
kind: Task
metadata: { name: daily, namespace: desk }
spec:
  system: letters
  input: { topic: letters }
  max_turns: 5
`,
  `apiVersion: orloj.dev/v1
kind: TaskSchedule
metadata: { name: every-morning, namespace: desk }
spec:
  task_ref: daily
  schedule: "0 7 * * *"
  time_zone: Europe/Vienna
`,
  `apiVersion: kagent.dev/v1alpha2
kind: ModelConfig
metadata: { name: hosted, namespace: lab }
spec:
  provider: OpenAI
  model: small
  apiKeySecret: openai
  apiKeySecretKey: key
`,
  `apiVersion: kagent.dev/v1alpha2
kind: Agent
metadata: { name: watcher, namespace: lab }
spec:
  type: Declarative
  description: Watches the cluster
  declarative:
    modelConfig: hosted
    systemMessage: Watch the cluster.
    tools:
      - type: McpServer
        mcpServer:
          apiGroup: kagent.dev
          kind: RemoteMCPServer
          name: cluster
          toolNames: [list_pods, delete_pod]
          requireApproval: [delete_pod]
      - type: Agent
        agent: { name: helper }
`,
  `apiVersion: kagent.dev/v1alpha2
kind: Agent
metadata: { name: helper, namespace: lab }
spec:
  type: Declarative
  declarative:
    modelConfig: hosted
    systemMessageFrom: { type: ConfigMap, name: prompts, key: helper }
`,
  `apiVersion: kagent.dev/v1alpha2
kind: RemoteMCPServer
metadata: { name: cluster, namespace: lab }
spec:
  description: Tools of the cluster
  protocol: STREAMABLE_HTTP
  url: https://tools.example.org/mcp
  timeout: 30s
`,
  `apiVersion: v1
kind: ConfigMap
metadata: { name: prompts, namespace: lab }
data:
  helper: Help the watcher.
`,
  `apiVersion: v1
kind: Secret
metadata: { name: openai, namespace: lab }
stringData: { key: placeholder }
`,
  `apiVersion: apps/v1
kind: Deployment
metadata: { name: controller, namespace: lab }
spec: { replicas: 2 }
`,
  `apiVersion: kagent.dev/v1alpha1
kind: Memory
metadata: { name: chats, namespace: lab }
spec: { type: in-memory, ttl: 60, maxHistory: 5 }
`,
  `apiVersion: runtime.agentic-layer.ai/v1alpha1
kind: Agent
metadata: { name: planner, namespace: office }
spec:
  framework: google-adk
  description: Plans
  instruction: Plan the day.
  model: openai/small
  tools: []
`,
  `apiVersion: runtime.agentic-layer.ai/v1alpha1
kind: AgenticWorkforce
metadata: { name: all, namespace: office }
spec:
  name: All
  description: Everybody
  owner: office@example.org
  entryAgents: [{ name: planner }]
`,
];
