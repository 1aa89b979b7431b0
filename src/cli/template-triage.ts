import type { Template } from './template.ts';

/** An agent decides which of two others answers; one of them has a tool. */
export const triage: Template = {
  run: 'triage -i "message=How do I reset my password?"',
  about: 'Sorts a message and lets the agent for its category answer it. The technical agent may read a handbook.',
  folders: ['agents', 'models', 'policies', 'systems', 'tools'],
  files: {
    'agents/classifier.yaml': `apiVersion: pawl/v1
kind: Agent
metadata:
  name: classifier
spec:
  description: Says what a message is about.
  modelRef: scripted
  promptFile: prompts/classifier.md
  limits:
    maxSteps: 2
  # What the model answers is checked against this, and the graph's conditions read it.
  output:
    schema:
      type: object
      additionalProperties: false
      required: [category]
      properties:
        category: { type: string, enum: [billing, technical] }
`,
    'agents/billing.yaml': `apiVersion: pawl/v1
kind: Agent
metadata:
  name: billing
spec:
  description: Answers questions about invoices and payments.
  modelRef: scripted
  promptFile: prompts/billing.md
  limits:
    maxSteps: 3
`,
    'agents/technical.yaml': `apiVersion: pawl/v1
kind: Agent
metadata:
  name: technical
spec:
  description: Answers questions about the product.
  modelRef: scripted
  promptFile: prompts/technical.md
  # A call needs both: the agent asks for the tool, and one of its roles permits it.
  tools:
    - toolRef: search-handbook
  roles: [handbook-reader]
  limits:
    maxSteps: 4
`,
    'agents/prompts/classifier.md': `You read a customer's message and say whether it is about billing or about a technical matter.
`,
    'agents/prompts/billing.md': `You answer questions about invoices and payments, politely and in at most three sentences.
`,
    'agents/prompts/technical.md': `You answer technical questions. Search the handbook first, and say so where it has no answer.
`,
    'models/scripted.yaml': `# Answers from a script: the same each time, offline, without a key. Replace it by a provider when you have one.
apiVersion: pawl/v1
kind: ModelEndpoint
metadata:
  name: scripted
spec:
  provider: scripted
  model: scripted-1
  scriptFile: triage.script.yaml
`,
    'models/triage.script.yaml': `# The first reply whose agent and match fit the node's input is used.
replies:
  - agent: classifier
    match: invoice
    turns:
      - json: { category: billing }
        usage: { inputTokens: 60, outputTokens: 6 }
  - agent: classifier
    turns:
      - json: { category: technical }
        usage: { inputTokens: 60, outputTokens: 6 }
  - agent: billing
    turns:
      - text: Your invoice is sent again today. Please write back if it has not come by tomorrow.
        usage: { inputTokens: 80, outputTokens: 20 }
  - agent: technical
    turns:
      - toolCalls:
          - tool: search-handbook
            arguments: { key: password }
        usage: { inputTokens: 90, outputTokens: 12 }
      - text: Choose "Forgot password" on the sign-in page; the link in the mail is valid for an hour.
        usage: { inputTokens: 140, outputTokens: 24 }
`,
    'policies/house-rules.yaml': `# Policies only restrict: adding one can never allow anything.
apiVersion: pawl/v1
kind: AgentPolicy
metadata:
  name: house-rules
spec:
  description: What holds for every run.
  global: true
  operations:
    deny: [delete, admin]
  budgets:
    - { scope: run, unit: tokens, limit: 50000 }
`,
    'systems/triage.yaml': `apiVersion: pawl/v1
kind: AgentSystem
metadata:
  name: triage
spec:
  description: From a message to an answer by the agent whose subject it is.
  input:
    schema:
      type: object
      additionalProperties: false
      required: [message]
      properties:
        message: { type: string, minLength: 1, maxLength: 8000 }
  graph:
    classify:
      agentRef: classifier
      input: { message: "\${ input.message }" }
      # Every edge that is true is taken; the default only where none is.
      edges:
        - to: billing
          when: output.category == "billing"
        - to: technical
          default: true
    billing:
      agentRef: billing
      input: { message: "\${ input.message }" }
    technical:
      agentRef: technical
      input: { message: "\${ input.message }" }
  output:
    category: "\${ nodes.classify.output.category }"
    # One of the two did not run: what it would have said is asked for, and replaced.
    answer: "\${ nodes.?billing.output.orValue(nodes.?technical.output.orValue(\\"\\")) }"
`,
    'tools/handbook.yaml': `apiVersion: pawl/v1
kind: Tool
metadata:
  name: search-handbook
spec:
  description: Looks a subject up in the handbook.
  type: builtin
  operation: read
  inputSchema:
    type: object
    additionalProperties: false
    required: [key]
    properties:
      key: { type: string, enum: [password, export] }
  builtin:
    name: lookup
    entries:
      password: The sign-in page has "Forgot password", which sends a link that is valid for an hour.
      export: Settings, then "Your data", then "Export".
---
apiVersion: pawl/v1
kind: AgentRole
metadata:
  name: handbook-reader
spec:
  description: May read the handbook.
  permissions: ["tool:search-handbook:read"]
`,
  },
};
