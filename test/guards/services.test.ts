import { describe, expect, test } from 'vitest';
import { callGuard } from '../../src/guards/call.ts';
import type { GuardProvider } from '../../src/manifest/bundle-guard.ts';
import { type ServiceAnswer, startModeration, startPresidio } from '../support/guard-servers.ts';
import { about, ending, guard, optionsWith, service } from './fixture.ts';

const auth = { profile: 'bearer', secret: { secret: 'default/crm', key: 'token' } } as const;

function http(url: string): GuardProvider {
  return { type: 'http', url: `${url}/check`, allowPrivate: true, auth };
}

describe('a service of the author’s own', () => {
  test('is asked about each text with its credentials, and its verdicts are taken', async () => {
    const double = await service(({ body }) => {
      const text = String(body['text']);
      if (text.includes('bad')) return { json: { verdict: 'block' } };
      return { json: text.includes('name') ? { verdict: 'mask', text: 'my [name]' } : { verdict: 'allow' } };
    });
    const outcome = await callGuard(guard(http(double.url)), about('hello', 'my name', 'bad'), optionsWith());
    expect(outcome).toEqual({
      kind: 'checked',
      findings: [{ found: {} }, { found: { mask: 1 }, masked: 'my [name]' }, { found: { block: 1 }, refused: true }],
    });
    expect(double.calls.map(({ path, body, authorization }) => ({ path, body, authorization }))).toContainEqual({
      path: '/check',
      body: { mode: 'preCall', call: 'tool', text: 'hello' },
      authorization: 'Bearer token-1234',
    });
  });

  const malformed: readonly (readonly [string, ServiceAnswer])[] = [
    ['no object', { json: ['allow'] }],
    ['another verdict', { json: { verdict: 'Allow' } }],
    ['no verdict', { json: {} }],
    ['another member', { json: { verdict: 'allow', score: 1 } }],
    ['a mask without a text', { json: { verdict: 'mask' } }],
    ['a text that is none', { json: { verdict: 'mask', text: 7 } }],
    ['allowed, and another text', { json: { verdict: 'allow', text: 'other' } }],
    ['half a surrogate pair', { raw: '{"verdict":"mask","text":"\\ud800"}' }],
    ['a NUL', { raw: '{"verdict":"mask","text":"\\u0000"}' }],
    ['the same key twice', { raw: '{"verdict":"block","verdict":"allow"}' }],
    ['truncated JSON', { raw: '{"verdict":"allow"' }],
    ['no UTF-8', { raw: Uint8Array.of(0x7b, 0xff, 0x7d) }],
    ['nothing', { raw: '' }],
    ['an error', { raw: '{"verdict":"allow"}', status: 500 }],
    ['another success', { raw: '{"verdict":"allow"}', status: 204 }],
    ['a redirect elsewhere', { raw: '', status: 307, location: 'http://127.0.0.1:9/check' }],
    ['too much', { raw: `{"verdict":"allow"}${' '.repeat(2_000_000)}` }],
  ];
  test.each(malformed)('that answers with %s has failed', async (_name, answer) => {
    const double = await service(() => answer);
    const outcome = await callGuard(guard(http(double.url)), about('canary-text'), optionsWith());
    expect(outcome.kind).toBe('failed');
    expect(JSON.stringify(outcome)).not.toContain('canary-text');
  });

  test.each<[string, ServiceAnswer]>([
    ['does not answer', { hang: true }],
    ['answers a byte at a time', { drip: true }],
  ])('that %s has failed when its time is over', async (_name, answer) => {
    const double = await service(() => answer);
    const outcome = await callGuard(guard(http(double.url), { timeoutMs: 200 }), about('x'), optionsWith());
    expect(outcome).toEqual({ kind: 'failed', message: 'The check took longer than 200 ms.' });
  });

  test('that nobody can reach, or whose secret is not there, has failed', async () => {
    const nobody = await callGuard(guard(http('http://127.0.0.1:1')), about('x'), optionsWith());
    expect(nobody).toMatchObject({ kind: 'failed' });
    const secret = { secret: 'default/other', key: 'token' };
    const provider: GuardProvider = {
      type: 'http',
      url: 'http://127.0.0.1:1/check',
      allowPrivate: true,
      auth: { profile: 'bearer', secret },
    };
    expect(await callGuard(guard(provider), about('x'), optionsWith())).toMatchObject({ kind: 'failed' });
  });

  test('in a private network is not connected to unless the guard says so', async () => {
    const double = await service(() => ({ json: { verdict: 'allow' } }));
    const provider: GuardProvider = { type: 'http', url: double.url, allowPrivate: false };
    expect(await callGuard(guard(provider), about('x'), optionsWith())).toMatchObject({ kind: 'failed' });
    expect(double.calls).toEqual([]);
  });

  test('is given up with the run', async () => {
    const double = await service(() => ({ hang: true }));
    const signal = AbortSignal.abort();
    const outcome = await callGuard(guard(http(double.url)), about('x'), optionsWith({ signal }));
    expect(outcome).toEqual({ kind: 'failed', message: 'The check was given up by its worker.' });
  });
});

describe('a Presidio analyzer', () => {
  const presidio = (url: string, change: object = {}): GuardProvider => ({
    type: 'presidio',
    url: `${url}/`,
    allowPrivate: true,
    language: 'en',
    minScore: 0.5,
    ...change,
  });

  test('gives spans in code points, and overlapping ones become the strongest', async () => {
    const double = ending(await startPresidio());
    const texts = ['\u{1F600}é Ada Lovelace, ada@mail.example', '', 'nothing'];
    expect(await callGuard(guard(presidio(double.url)), about(...texts), optionsWith())).toEqual({
      kind: 'checked',
      findings: [
        { found: { EMAIL_ADDRESS: 1, URL: 1, PERSON: 1 }, masked: '\u{1F600}é <PERSON>, <EMAIL_ADDRESS>' },
        { found: {} },
        { found: {} },
      ],
    });
    expect(double.calls.map(({ body }) => body['score_threshold'])).toEqual([0.5, 0.5]);
  });

  test('is asked for the entities of the guard, and others and weaker ones do not count', async () => {
    const double = await service(() => ({
      json: [
        { entity_type: 'PERSON', start: 0, end: 3, score: 0.4 },
        { entity_type: 'URL', start: 0, end: 3, score: 1 },
      ],
    }));
    const provider = presidio(double.url, { entities: ['PERSON'] });
    expect(await callGuard(guard(provider), about('Ada'), optionsWith())).toMatchObject({ findings: [{ found: {} }] });
    expect(double.calls[0]?.body).toMatchObject({ entities: ['PERSON'], language: 'en' });
  });

  const entry = { entity_type: 'PERSON', start: 0, end: 3, score: 1 };
  test.each<[string, unknown]>([
    ['no list', { results: [] }],
    ['a span that ends after the text', [{ ...entry, end: 4 }]],
    ['a span that begins before it', [{ ...entry, start: -1 }]],
    ['an empty span', [{ ...entry, start: 3 }]],
    ['a span in fractions', [{ ...entry, end: 1.5 }]],
    ['a score beyond one', [{ ...entry, score: 2 }]],
    ['no entity', [{ ...entry, entity_type: undefined }]],
    ['a text for an entity', [{ ...entry, entity_type: 'my card is 4111' }]],
  ])('that answers with %s has failed', async (_name, json) => {
    const double = await service(() => ({ json }));
    expect(await callGuard(guard(presidio(double.url)), about('Ada'), optionsWith())).toMatchObject({ kind: 'failed' });
  });
});

describe('OpenAI’s moderation endpoint', () => {
  const moderation = (url: string, change: object = {}): GuardProvider => ({
    type: 'openaiModeration',
    baseUrl: `${url}/v1`,
    allowPrivate: true,
    secret: auth.secret,
    model: 'omni-moderation-latest',
    ...change,
  });

  test('is asked about many texts at once, and says what it flags and not where', async () => {
    const double = ending(await startModeration());
    const texts = Array.from({ length: 40 }, (_, at) => (at === 35 ? 'violence/graphic' : `text ${at}`));
    const outcome = await callGuard(guard(moderation(double.url)), about(...texts), optionsWith());
    if (outcome.kind === 'failed') throw new Error(outcome.message);
    expect(outcome.findings).toHaveLength(40);
    expect(outcome.findings[35]).toEqual({ found: { violence: 1, 'violence/graphic': 1 } });
    expect(outcome.findings.filter(({ found }) => Object.keys(found).length > 0)).toHaveLength(1);
    expect(double.calls).toHaveLength(2);
    expect(double.calls[0]).toMatchObject({ path: '/v1/moderations', authorization: 'Bearer token-1234' });
  });

  test('counts the categories and the score of the guard', async () => {
    const double = ending(await startModeration());
    const only = moderation(double.url, { categories: ['hate'] });
    expect(await callGuard(guard(only), about('violence'), optionsWith())).toMatchObject({ findings: [{ found: {} }] });
    const least = moderation(double.url, { categories: ['hate'], minScore: 0.005 });
    expect(await callGuard(guard(least), about('x'), optionsWith())).toMatchObject({
      findings: [{ found: { hate: 1 } }],
    });
  });

  const result = { flagged: false, categories: { hate: false }, category_scores: { hate: 0 } };
  test.each<[string, unknown, object]>([
    ['a result too few', { results: [] }, {}],
    ['a result without flags', { results: [{ ...result, flagged: undefined }] }, {}],
    ['a result without categories', { results: [{ ...result, categories: [] }] }, {}],
    ['nothing about a category of the guard', { results: [result] }, { categories: ['violence'] }],
    ['no score of a category', { results: [result] }, { categories: ['violence'], minScore: 0.5 }],
  ])('that answers with %s has failed', async (_name, json, change) => {
    const double = await service(() => ({ json }));
    const outcome = await callGuard(guard(moderation(double.url, change)), about('x'), optionsWith());
    expect(outcome).toMatchObject({ kind: 'failed' });
  });

  test('that flags a text for a category that it does not list is believed', async () => {
    const double = await service(() => ({ json: { results: [{ ...result, flagged: true }] } }));
    expect(await callGuard(guard(moderation(double.url)), about('x'), optionsWith())).toMatchObject({
      findings: [{ found: { flagged: 1 } }],
    });
  });
});
