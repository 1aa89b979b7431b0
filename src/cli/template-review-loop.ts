import type { Template } from './template.ts';

/** A writer and a reviewer, with one round of revision: the rounds are written out, because graphs have no cycles yet. */
export const reviewLoop: Template = {
  run: 'article -i "topic=Why plans are reviewed"',
  about:
    'A writer drafts, a reviewer judges, and the writer revises once; a draft that no review accepts fails the run.',
  folders: ['agents', 'models', 'policies', 'systems'],
  files: {
    'agents/writer.yaml': `apiVersion: pawl/v1
kind: Agent
metadata:
  name: writer
spec:
  description: Writes a paragraph, and revises it by a reviewer's remark.
  modelRef: scripted
  promptFile: prompts/writer.md
  limits:
    maxSteps: 3
`,
    'agents/reviewer.yaml': `apiVersion: pawl/v1
kind: Agent
metadata:
  name: reviewer
spec:
  description: Accepts a draft, or says what to change.
  modelRef: scripted
  promptFile: prompts/reviewer.md
  limits:
    maxSteps: 2
  # What the model answers is checked against this, and the graph's conditions read it.
  output:
    schema:
      type: object
      additionalProperties: false
      required: [accepted, remark]
      properties:
        accepted: { type: boolean }
        remark: { type: string, maxLength: 1000 }
`,
    'agents/prompts/writer.md': `You write one paragraph about the topic. Where there is a draft and a remark on it, you revise the draft.
`,
    'agents/prompts/reviewer.md': `You judge a draft: accept it when it is clear, short and true, else say in one sentence what to change.
`,
    'models/scripted.yaml': `# Answers from a script: the same each time, offline, without a key. Replace it by a provider when you have one.
apiVersion: pawl/v1
kind: ModelEndpoint
metadata:
  name: scripted
spec:
  provider: scripted
  model: scripted-1
  scriptFile: article.script.yaml
`,
    'models/article.script.yaml': `# The first reply whose agent and match fit the node's input is used.
replies:
  - agent: writer
    match: remark
    turns:
      - text: A plan shows what a change allows before anybody allows it. That is why plans are reviewed.
        usage: { inputTokens: 160, outputTokens: 22 }
  - agent: writer
    turns:
      - text: Plans are reviewed because plans should be reviewed.
        usage: { inputTokens: 60, outputTokens: 12 }
  - agent: reviewer
    match: before anybody allows it
    turns:
      - json: { accepted: true, remark: Clear. }
        usage: { inputTokens: 120, outputTokens: 8 }
  - agent: reviewer
    turns:
      - json: { accepted: false, remark: Say what a plan shows. }
        usage: { inputTokens: 110, outputTokens: 14 }
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
    - { scope: run, unit: tokens, limit: 50000 }
  limits:
    timeout: 5m
`,
    'systems/article.yaml': `apiVersion: pawl/v1
kind: AgentSystem
metadata:
  name: article
spec:
  description: A paragraph that a reviewer has accepted.
  input:
    schema:
      type: object
      additionalProperties: false
      required: [topic]
      properties:
        topic: { type: string, minLength: 1, maxLength: 500 }
  # The bound is the graph itself: one revision. For another, copy \`revise\` and \`check\` under other names.
  graph:
    write:
      agentRef: writer
      input: { topic: "\${ input.topic }" }
      edges:
        - to: review
    review:
      agentRef: reviewer
      input: { topic: "\${ input.topic }", draft: "\${ nodes.write.output }" }
      edges:
        - to: end
          when: output.accepted
        - to: revise
          default: true
    revise:
      agentRef: writer
      input:
        topic: "\${ input.topic }"
        draft: "\${ nodes.write.output }"
        remark: "\${ nodes.review.output.remark }"
      edges:
        - to: check
    check:
      agentRef: reviewer
      input: { topic: "\${ input.topic }", draft: "\${ nodes.revise.output }" }
      # No edge is true for a draft that is not accepted: the run fails, and nobody takes it for a success.
      edges:
        - to: end
          when: output.accepted
  output:
    text: "\${ nodes.?revise.output.orValue(nodes.write.output) }"
`,
  },
};
