import { describe } from 'vitest';
import { testSchema } from './schema-cases.ts';

const secretRef = { name: 'alerts', key: 'key' };
const mail = { to: ['oncall@example.com'], from: 'pawl@example.com', host: 'smtp.example.com' };

describe('an AlertReceiver', () => {
  testSchema({
    kind: 'AlertReceiver',
    accepted: {
      'in Slack': {
        description: 'Who is on call',
        owner: 'platform',
        type: 'slack',
        secretRef,
        minSeverity: 'critical',
        slack: { channel: '#agents' },
      },
      'by webhook': {
        type: 'webhook',
        secretRef,
        webhook: { url: 'http://alerts.internal/hook', allowPrivate: true },
      },
      'as issues': { type: 'githubIssue', githubIssue: { repository: 'acme/agents', labels: ['alert'] } },
      'by mail': { type: 'email', secretRef, email: { ...mail, port: 465, user: 'pawl' } },
    },
    refused: {
      'Slack without its URL': [{ type: 'slack' }, 'manifest.required spec Add `secretRef`.'],
      'a webhook that nobody signs': [
        { type: 'webhook', webhook: { url: 'https://a.example' } },
        'manifest.required spec Add `secretRef`.',
      ],
      'mail to nobody': [{ type: 'email', email: { ...mail, to: [] } }, 'manifest.limit spec.email.to'],
      'mail to what is no address': [
        { type: 'email', email: { ...mail, to: ['ada'] } },
        'manifest.format spec.email.to.0',
      ],
      'the block of another type': [
        { type: 'slack', secretRef, email: mail },
        'manifest.contradiction spec.email Remove it',
      ],
      'a token of an issue': [
        { type: 'githubIssue', secretRef, githubIssue: { repository: 'acme/agents' } },
        'manifest.contradiction spec.secretRef Remove `secretRef`.',
      ],
      'a webhook without TLS': [
        { type: 'webhook', secretRef, webhook: { url: 'http://a.example' } },
        'manifest.url spec.webhook.url Use `https://`.',
      ],
      'a repository without its owner': [
        { type: 'githubIssue', githubIssue: { repository: 'agents' } },
        'manifest.format spec.githubIssue.repository',
      ],
    },
  });
});
