import type { CodeDoc } from './problem.ts';

/** What a schema cannot say of policies, schedules and the other kinds around agents. */
export const workCodes = {
  'manifest.cron': {
    title: 'Not a schedule',
    cause: 'A schedule has five fields, each with values of its own, and one of them is wrong.',
    cure: 'Correct the field that is named.',
  },
  'manifest.cron_never': {
    title: 'Schedule that never comes',
    cause: 'The schedule names a day that none of its months has, such as the 31st of February.',
    cure: 'Correct the day of the month, or the month.',
  },
  'manifest.time_zone': {
    title: 'Unknown time zone',
    cause: 'The name is none of the IANA time zone database.',
    cure: 'Use a name such as `Europe/Berlin`, or `UTC`.',
  },
  'manifest.url': {
    title: 'Address not allowed',
    cause: 'The URL cannot be connected to, or would be spoken to without TLS.',
    cure: 'Use an `https://` URL without user, password and fragment.',
  },
  'manifest.pattern': {
    title: 'Pattern not allowed',
    cause: 'The pattern is none of RE2, or matches every text.',
    cure: 'Write it without look-around and back-references, and ask for at least one character.',
  },
  'pool.unmet': {
    title: 'No pool for the work',
    cause: 'No worker pool that the work may use has what its `requires` asks for, so that its runs are refused.',
    cure: 'Correct `requires`, or declare or share a WorkerPool that has it.',
  },
  'memory.move_unsupported': {
    title: 'A memory in a service cannot be renamed',
    cause:
      'The service keeps what agents remember under the name of the Memory, and an apply changes rows of pawl alone.',
    cure: 'Remove `renamedFrom`, and let the service know both names.',
  },
  'memory.embeddings_unsupported': {
    title: 'The endpoint of a memory makes no embeddings',
    cause:
      '`longTerm.embeddingRef` names a ModelEndpoint whose provider or model pawl asks for no embeddings: Anthropic has none, Vertex AI has others, and of Bedrock it is Titan, Nova and Cohere, by their ids.',
    cure: 'Name an endpoint that docs/memory.md lists, or let the memory be searched by words.',
  },
  'memory.dimensions_unsupported': {
    title: 'The model of a memory makes no embeddings of that length',
    cause: '`longTerm.dimensions` is none of the lengths that the model of `longTerm.embeddingRef` makes.',
    cure: 'Write one of the lengths that the message names, or name another model.',
  },
  'memory.no_long_term': {
    title: 'Nothing to allow in a memory',
    cause: 'The agent says what it may do with a long-term memory, and its Memory keeps sessions only.',
    cure: 'Add `longTerm` to the Memory, or leave `allow` out.',
  },
  'policy.shadowed': {
    title: 'Entry without effect',
    cause: 'The entry stands in another list of the policy too, and that list wins.',
    cure: 'Keep it in one of the lists.',
  },
  'policy.restricts_nothing': {
    title: 'Policy without a restriction',
    cause: 'The policy says whom it reaches, and not what they may not do.',
    cure: 'Say what it restricts, or remove it.',
  },
  'work.input': {
    title: 'Input that the system refuses',
    cause: 'What a task, a schedule, a webhook or an eval gives to a system does not fit the schema of its input.',
    cure: "Compare it with the system's `input.schema`.",
  },
  'settings.group': {
    title: 'Unknown group',
    cause: 'The name is none of the `groups` of pawl.yaml.',
    cure: 'Correct the name, or add the group.',
  },
} as const satisfies Record<string, CodeDoc>;
