import { describe } from 'vitest';
import { testSchema } from './schema-cases.ts';
import { task } from './task-template.ts';

const secretRef = { name: 'hooks', key: 'key' };
const github = { profile: 'github', secretRef };
const opened = { taskRef: 'triage', auth: github };

describe('a TaskWebhook', () => {
  testSchema({
    kind: 'TaskWebhook',
    accepted: {
      'of GitHub': {
        description: 'New issues',
        ...opened,
        suspend: true,
        dedupe: { header: 'X-Request-Id', window: '30d' },
        input: {
          issue: '${ payload.issue.number }',
          text: ['#${ payload.issue.number } by ${ headers["x-github-event"] }', '$${ as it is }'],
        },
        filter: 'payload.action == "opened" && re2(payload.issue.title, "^bug")',
      },
      'of GitLab, with a task of its own': { task, auth: { profile: 'gitlab', secretRef } },
      'signed in a way of its own': {
        taskRef: 'triage',
        auth: {
          profile: 'generic',
          secretRef,
          signatureHeader: 'X-Signature',
          signaturePrefix: 'sha512=',
          algorithm: 'sha512',
          encoding: 'base64',
          timestampHeader: 'X-Timestamp',
          tolerance: '5m',
        },
      },
      'with a token': {
        taskRef: 'triage',
        auth: { profile: 'sharedToken', secretRef, tokenHeader: 'X-Webhook-Token' },
      },
    },
    refused: {
      'no task': [{ auth: github }, 'manifest.exactly_one spec Add one of them.'],
      'no proof': [{ taskRef: 't' }, 'manifest.required spec Add `auth`.'],
      'a signature without its header': [
        { taskRef: 't', auth: { profile: 'generic', secretRef } },
        'manifest.required spec.auth Add `signatureHeader`.',
      ],
      'a token without its header': [
        { taskRef: 't', auth: { profile: 'sharedToken', secretRef } },
        'manifest.required spec.auth Add `tokenHeader`.',
      ],
      'a header that GitHub does not ask for': [
        { taskRef: 't', auth: { ...github, signatureHeader: 'X-S', tokenHeader: 'X-T' } },
        'manifest.contradiction spec.auth.signatureHeader',
        'manifest.contradiction spec.auth.tokenHeader',
      ],
      'a tolerance of no time': [
        { taskRef: 't', auth: { profile: 'generic', secretRef, signatureHeader: 'X-S', tolerance: '5m' } },
        'manifest.contradiction spec.auth.tolerance',
      ],
      'a hash that is broken': [
        { taskRef: 't', auth: { profile: 'generic', secretRef, signatureHeader: 'X-S', algorithm: 'sha1' } },
        'manifest.value spec.auth.algorithm',
      ],
      'deliveries remembered for a year': [
        { ...opened, dedupe: { window: '365d' } },
        'manifest.limit spec.dedupe.window Shorten it.',
      ],
      'an input that is not closed': [{ ...opened, input: '${ payload.a' }, 'expression.template spec.input Close it'],
      'an input that reads what it cannot': [
        { ...opened, input: { a: '${ paylod.a }' } },
        'expression.unknown_variable spec.input.a Did you mean `payload`?',
      ],
      'a filter that gives a number': [{ ...opened, filter: '1 + 1' }, 'expression.not_boolean spec.filter'],
      'two inputs': [
        { task: { systemRef: 's', input: 1 }, auth: github, input: 2 },
        'manifest.contradiction spec.task.input',
      ],
    },
  });
});
