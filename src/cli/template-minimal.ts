import type { Template } from './template.ts';

/** One agent in a system of one node, with a policy over it. */
export const minimal: Template = {
  run: 'hello -i name=Ada',
  about: 'One agent that greets whoever is named.',
  folders: ['agents', 'models', 'policies', 'systems'],
  files: {
    'agents/greeter.yaml': `apiVersion: pawl/v1
kind: Agent
metadata:
  name: greeter
spec:
  description: Greets whoever writes.
  modelRef: scripted
  promptFile: prompts/greeter.md
  limits:
    maxSteps: 3
`,
    'agents/prompts/greeter.md': `You greet people by their name, in one friendly sentence.
`,
    'models/scripted.yaml': `# Answers from a script: the same each time, offline, without a key. Replace it by a provider when you have one:
#   provider: openaiCompatible
#   baseUrl: https://api.openai.com/v1
apiVersion: pawl/v1
kind: ModelEndpoint
metadata:
  name: scripted
spec:
  provider: scripted
  model: scripted-1
  scriptFile: greetings.script.yaml
`,
    'models/greetings.script.yaml': `replies:
  - agent: greeter
    turns:
      - text: Hello, and welcome to pawl!
        usage: { inputTokens: 20, outputTokens: 8 }
`,
    'policies/house-rules.yaml': `# Policies only restrict: adding one can never allow anything.
apiVersion: pawl/v1
kind: AgentPolicy
metadata:
  name: house-rules
spec:
  description: What holds for every run.
  global: true
  budgets:
    - { scope: run, unit: tokens, limit: 20000 }
  limits:
    maxSteps: 8
    timeout: 2m
`,
    'systems/hello.yaml': `apiVersion: pawl/v1
kind: AgentSystem
metadata:
  name: hello
spec:
  description: One agent that greets.
  input:
    schema:
      type: object
      additionalProperties: false
      required: [name]
      properties:
        name: { type: string, minLength: 1, maxLength: 100 }
  graph:
    greet:
      agentRef: greeter
      input: { name: "\${ input.name }" }
`,
  },
};
