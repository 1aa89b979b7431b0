import { readFile } from 'node:fs/promises';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, expect, test } from 'vitest';
import type { AlertMessage } from '../../src/controller/alert-message.ts';
import { messageId, payloadOf, signed } from '../../src/controller/signed-webhook.ts';
import { renderSlack } from '../../src/controller/slack.ts';
import { issueBody, issueTitle } from '../../src/github/issue-text.ts';

const hostile = '<!channel> @everyone <https://evil.example|click> *bold* & ```x``` #12 \u202e\n::error::x [a](b)';

const message = (text: string): AlertMessage => ({
  phase: 'firing',
  environment: 'prod',
  key: 'drift',
  fingerprint: 'f1',
  episode: 1,
  severity: 'warning',
  content: {
    kind: 'drift',
    title: `prod has drifted ${text}`,
    text: `What runs is what revision says. ${text}`,
    found: [{ what: 'AgentRole/default/clerk', how: `changed: ${text}`, by: text, at: '2026-05-01T08:00:00.000Z' }],
    more: 3,
    ways: [{ text: 'Revert to what Git says', command: 'pawl drift heal --env prod' }],
    path: '/v1/environments/prod/drift',
  },
  since: '2026-05-01T08:00:00.000Z',
});

describe('what is told', () => {
  test('can make Slack neither mention, link nor format', () => {
    const slack = renderSlack(message(hostile.repeat(100)), { publicUrl: 'https://pawl.example/' });
    expect(slack.text).not.toMatch(/[<>]/);
    expect(slack.text.length).toBeLessThan(1_000);
    const marked = slack.blocks.flatMap((block) =>
      block.type === 'section' && block.text.type === 'mrkdwn' ? [block.text.text] : [],
    );
    expect(marked).toEqual(['<https://pawl.example/v1/environments/prod/drift|Open in pawl>']);
    for (const block of slack.blocks) {
      const texts = block.type === 'context' ? block.elements : [block.text];
      for (const { text } of texts) expect(text.length).toBeLessThanOrEqual(block.type === 'header' ? 150 : 3_000);
    }
  });

  test('is all there: what, who, since when, and the ways out', () => {
    const said = JSON.stringify(renderSlack(message('psql')));
    for (const part of [
      'AgentRole/default/clerk',
      'psql',
      '2026-05-01',
      'pawl drift heal --env prod',
      'and 3 more',
      'prod',
    ])
      expect(said).toContain(part);
  });

  test('is JSON of the published schema, under an id that stays and a signature that ages', async () => {
    const schema: unknown = JSON.parse(await readFile('schemas/output/alert.schema.json', 'utf8'));
    const validate = new Ajv2020({ strict: false, validateFormats: false }).compile(schema as object);
    const now = new Date('2026-05-01T08:00:01Z');
    const payload = payloadOf(message(hostile), { now, publicUrl: 'https://pawl.example' });
    expect(validate(payload), JSON.stringify(validate.errors)).toBe(true);
    expect(JSON.stringify(payload)).not.toContain('\u202e');
    const of = { environment: 'prod', receiver: 'a/b', createdAt: now };
    expect(messageId({ ...of, message: message('') })).toBe(messageId({ ...of, message: message('x') }));
    // The example of the specification's own libraries.
    const secret = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';
    const one = signed(payload, { id: 'msg_1', secret, now });
    const other = signed(payload, { id: 'msg_1', secret, now: new Date('2026-05-01T08:00:02Z') });
    expect(one.headers['webhook-signature']).toMatch(/^v1,[A-Za-z0-9+/]{43}=$/);
    expect(one.headers['webhook-signature']).not.toBe(other.headers['webhook-signature']);
  });

  test('can make GitHub act on nothing', () => {
    const { content } = message(hostile);
    const issue = {
      ...message(hostile),
      receiver: 'a/b',
      repository: 'acme/agents',
      number: 1,
      published: null,
      attempts: 0,
      state: 'firing' as const,
      since: new Date('2026-05-01T08:00:00Z'),
      resolvedAt: null,
      content,
    };
    const bare = issueBody(issue, 'https://pawl.example').replaceAll(/(`+)[^`](?:.*?[^`])?\1/g, '');
    expect(bare).not.toMatch(/@everyone|<!channel>|evil\.example|\*bold\*|\[a\]|#12|\u202e/);
    expect(bare).toContain('[Open in pawl](https://pawl.example/v1/environments/prod/drift)');
    expect(issueTitle(issue).length).toBeLessThanOrEqual(250);
  });
});
