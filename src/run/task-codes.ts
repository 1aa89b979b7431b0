import type { CodeDoc } from '../manifest/problem.ts';

/** What can go wrong where a task is started: by a person, a schedule or a request. */
export const taskCodes = {
  'task.unknown': {
    title: 'No such task is live',
    cause: 'The environment has no Task of that name in its current revision.',
    cure: 'Look at `pawl get tasks`, and apply the commit that declares it.',
  },
  'task.ambiguous': {
    title: 'Several namespaces have one of that name',
    cause: 'A task or a schedule was named without its namespace, and more than one namespace has it.',
    cure: 'Write `namespace/name`.',
  },
  'schedule.unknown': {
    title: 'No such schedule is live',
    cause: 'The environment has no TaskSchedule of that name in its current revision.',
    cure: 'Look at `pawl get schedules`, and apply the commit that declares it.',
  },
  'webhook.unknown': {
    title: 'There is no such webhook',
    cause: 'No live TaskWebhook of that environment, namespace and name takes requests here.',
    cure: 'Compare the address with `/hooks/<environment>/<namespace>/<name>` and `pawl get webhooks`.',
  },
  'webhook.unauthenticated': {
    title: 'The request does not prove where it comes from',
    cause: 'Its signature or token is missing, of another form, of another key or too old.',
    cure: 'Give the sender the secret that `auth.secretRef` names, and the profile its way of signing.',
  },
  'webhook.secret_unavailable': {
    title: 'The secret of a webhook cannot be read',
    cause: 'The process that takes requests does not have the value that `auth.secretRef` names.',
    cure: 'Make it readable there as docs/secrets.md says; `pawl doctor` shows what it may read.',
  },
  'webhook.malformed': {
    title: 'The body of the request is not strict JSON',
    cause: 'It is no JSON, holds a key twice, nests too deep, or was sent as a form.',
    cure: 'Send `application/json`; at GitHub, set the content type of the webhook to that.',
  },
  'webhook.too_large': {
    title: 'The body of the request is too large',
    cause: 'A request may hold one mebibyte.',
    cure: 'Let the sender send less, or let it name what a tool of the run then fetches.',
  },
  'webhook.too_slow': {
    title: 'The body of the request came too slowly',
    cause: 'A request has ten seconds to arrive.',
    cure: 'Send it again.',
  },
  'webhook.flood': {
    title: 'Too many requests from one source',
    cause: 'One address sent more requests than are taken from one.',
    cure: 'Send it again after the time in `Retry-After`.',
  },
  'webhook.filter_failed': {
    title: 'The filter of a webhook gave neither true nor false',
    cause: '`filter` failed on the request, or its value is no boolean; a request is not taken on a guess.',
    cure: 'Guard what may be missing with `has(…)`, and compare it with something. Then send the request again.',
  },
  'webhook.input_failed': {
    title: 'The input of a webhook could not be made from the request',
    cause: 'An expression of `input` failed on the request, or what came out is no map.',
    cure: 'Guard what may be missing with `has(…)` or `?`. Then send the request again.',
  },
} as const satisfies Record<string, CodeDoc>;
