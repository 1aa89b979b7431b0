import { ignored, mapped, type FieldTable } from '../field-table.ts';

/** What may stand in a task: `spec` of a Task, `spec.task_template` of what starts one. */
export function taskFields(path: string, becomes: string): FieldTable {
  return {
    [`${path}.system`]: mapped('string', `\`${becomes}.systemRef\``),
    [`${path}.mode`]:
      path === 'spec'
        ? mapped({ type: 'string', enum: ['run', 'template'] }, 'a Task of pawl is a template always')
        : ignored({ type: 'string', enum: ['run', 'template'] }, 'What starts it needs no mode.'),
    [`${path}.input.*`]: mapped('string', `\`${becomes}.input\``),
    [`${path}.priority`]: mapped('string', `\`${becomes}.priority\`, by its word`),
    [`${path}.max_turns`]: mapped({ type: 'integer', min: 0 }, '`AgentSystem.spec.limits.maxTurns`, in rounds'),
    [`${path}.retry.max_attempts`]: mapped('integer', `\`${becomes}.retry.maxAttempts\``),
    [`${path}.retry.backoff`]: mapped('string', `\`${becomes}.retry.backoff\``),
    [`${path}.message_retry.max_attempts`]: mapped('integer', '`AgentSystem.spec.graph.*.retry.maxAttempts`'),
    [`${path}.message_retry.backoff`]: mapped('string', '`AgentSystem.spec.graph.*.retry.backoff.initial`'),
    [`${path}.message_retry.max_backoff`]: mapped('string', '`AgentSystem.spec.graph.*.retry.backoff.max`'),
    [`${path}.message_retry.jitter`]: mapped(
      { type: 'string', enum: ['full', 'equal', 'none'] },
      '`AgentSystem.spec.graph.*.retry.backoff.jitter`',
    ),
    [`${path}.message_retry.non_retryable[]`]: ignored(
      'string',
      'pawl tells by the kind of a failure, and not by words in it, whether another attempt is made.',
    ),
    [`${path}.requirements.region`]: mapped('string', `\`${becomes}.requires.region\``),
    [`${path}.requirements.gpu`]: mapped('boolean', `\`${becomes}.requires.gpu\``),
    [`${path}.requirements.model`]: mapped('string', `\`${becomes}.requires.model\``),
  };
}
