import type { CodeDoc } from '../manifest/problem.ts';

/** Codes of what people are asked, of reviews, and of systems within systems. */
export const peopleCodes = {
  'human.expired': {
    title: 'Nobody answered in time',
    cause: 'The step asks people, and its `ttl` was over before one of them answered.',
    cure: 'Raise the `ttl` of the step, give it more `assignees`, or handle the failure with `onError`.',
  },
  'review.expired': {
    title: 'Nobody decided on the output in time',
    cause: 'The step has a review, and its `ttl` was over before enough approvers decided.',
    cure: 'Raise the `ttl` of the review, name more approvers, or handle the failure with `onError`.',
  },
  'review.denied': {
    title: 'The output was denied',
    cause: 'An approver denied the output of the step.',
    cure: 'Read the reason; mend the prompt or the input, and submit a new run.',
  },
  'review.cycles': {
    title: 'No further changes may be asked for',
    cause:
      'Changes were asked for as often as the review’s `maxCycles` allows, or the step is a tool, which reads no comments.',
    cure: 'Approve or deny the output as it is; raise `maxCycles` for runs to come.',
  },
  'system.input_invalid': {
    title: 'The input of a nested system does not fit its schema',
    cause: 'What the outer graph hands to the step is not what the inner system’s `input.schema` asks for.',
    cure: 'Correct the step’s `input`, or the schema of the inner system.',
  },
  'answer.not_asked': {
    title: 'Nobody is asked there',
    cause: 'The run asks no question at that place: it was answered, its time is over, or it was never asked.',
    cure: 'Look at `pawl waits`.',
  },
  'answer.ambiguous': {
    title: 'The run asks several questions',
    cause: 'The run waits for people at more than one place, and the answer does not say at which.',
    cure: 'Name the place: `pawl answer RUN PLACE`.',
  },
  'answer.not_assigned': {
    title: 'Somebody else is asked',
    cause: 'The question is for other people, or what makes you one of them cannot be proved here.',
    cure: 'Ask one of those whom `pawl waits` names. Groups are those of `pawl.yaml`.',
  },
  'answer.invalid': {
    title: 'The answer does not fit the form',
    cause: 'A field is missing, unknown or of the wrong type.',
    cure: 'Correct the field that the message points at; `pawl waits RUN` shows the form.',
  },
  'answer.wrong_kind': {
    title: 'The question wants another kind of answer',
    cause: 'A form is filled in, a review is approved, denied or sent back with changes: not the other way round.',
    cure: 'Look at `pawl waits RUN`, which says what is asked.',
  },
  'answer.voted': {
    title: 'You have decided already',
    cause: 'Each approver decides once on each output.',
    cure: 'Nothing: your first word counts. Another approver may decide otherwise.',
  },
  'answer.expired': {
    title: 'The time to answer is over',
    cause: 'The `ttl` of the question ran out.',
    cure: 'Submit a new run if the work is still wanted.',
  },
} as const satisfies Record<string, CodeDoc>;
