import { describe, expect, test } from 'vitest';
import { modelChanges } from '../../src/plan/section-model.ts';
import { agent, model } from './fixture.ts';
import { replaced, sidesBetween } from './fixture-sides.ts';

const priced = { model: 'm-1', pricing: { inputPerMTok: 1_000_000, outputPerMTok: 2_000_000 } };
const base = [
  model('small', priced),
  model('big', { model: 'm-9' }),
  agent('a'),
  agent('b'),
  agent('c', { modelRef: 'big' }),
];

describe('models', () => {
  test('an endpoint that answers otherwise is told with the agents that keep it', () => {
    const small = model('small', {
      ...priced,
      model: 'm-2',
      parameters: { maxOutputTokens: 1024, temperature: 0.7 },
      pricing: { inputPerMTok: 1_000_000, outputPerMTok: 8_000_000 },
    });
    expect(modelChanges(sidesBetween(base, replaced(base, small)))).toEqual([
      {
        endpoint: 'ModelEndpoint/default/small',
        place: small.place,
        agents: ['Agent/default/a', 'Agent/default/b'],
        fields: [
          { field: 'model', before: 'm-1', after: 'm-2' },
          { field: 'parameters.temperature', before: undefined, after: '0.7' },
          { field: 'pricing.outputPerMTok', before: '2000000', after: '8000000' },
        ],
      },
    ]);
  });

  test('agents that come to another endpoint are told together, with what differs between the two', () => {
    const after = replaced(base, agent('a', { modelRef: 'big' }), agent('b', { modelRef: 'big' }));
    expect(modelChanges(sidesBetween(base, after))).toMatchObject([
      {
        endpoint: 'ModelEndpoint/default/big',
        was: 'ModelEndpoint/default/small',
        agents: ['Agent/default/a', 'Agent/default/b'],
        fields: [
          { field: 'model', before: 'm-1', after: 'm-9' },
          { field: 'pricing.inputPerMTok' },
          { field: 'pricing.outputPerMTok' },
        ],
      },
    ]);
  });

  test('an order of fallback is compared by place, and a summarizer by itself', () => {
    const before = [...base, agent('d', { modelRef: undefined as never, modelRefs: ['small', 'big'] })];
    const context = { compaction: { triggerTokens: 1, retainRecent: 1, summarizerRef: 'big' } };
    const after = replaced(before, agent('d', { modelRef: undefined as never, modelRefs: ['big', 'small'], context }));
    expect(modelChanges(sidesBetween(before, after)).map(({ was, endpoint }) => [was, endpoint])).toEqual([
      [undefined, 'ModelEndpoint/default/big'],
      ['ModelEndpoint/default/small', 'ModelEndpoint/default/big'],
      ['ModelEndpoint/default/big', 'ModelEndpoint/default/small'],
    ]);
  });

  test('the values of headers are never shown', () => {
    const before = [model('small', { headers: { 'X-Team': 'canary-1' } }), agent('a')];
    const after = [model('small', { headers: { 'X-Team': 'canary-2', 'X-New': 'canary-3' } }), agent('a')];
    const changes = modelChanges(sidesBetween(before, after));
    expect(changes[0]?.fields).toEqual([
      { field: 'headers.X-New', before: undefined, after: '(sensitive)' },
      { field: 'headers.X-Team', before: '(sensitive)', after: '(sensitive)' },
    ]);
    expect(JSON.stringify(changes)).not.toContain('canary');
  });

  test('a script is told by its digest', () => {
    const script = (text: string) => model('small', { provider: 'scripted', script: { replies: [{ text }] } });
    const [change] = modelChanges(sidesBetween([script('a'), agent('a')], [script('b'), agent('a')]));
    expect(change?.fields).toHaveLength(1);
    expect(change?.fields[0]?.after).toMatch(/^sha256 [0-9a-f]{12}$/);
  });

  test.each([
    ['a description', model('small', { ...priced, description: 'New.' })],
    ['a rate limit', model('small', { ...priced, rateLimit: { requestsPerMinute: 1 } })],
  ])('%s answers nobody otherwise', (_what, small) => {
    expect(modelChanges(sidesBetween(base, replaced(base, small)))).toEqual([]);
  });

  test('an endpoint that is the same under another name is silent, and so are agents that come and go', () => {
    const after = [
      model('tiny', priced),
      base[1],
      agent('a', { modelRef: 'tiny' }),
      agent('b', { modelRef: 'tiny' }),
      agent('new'),
    ];
    expect(
      modelChanges(
        sidesBetween(
          base,
          after.flatMap((one) => one ?? []),
        ),
      ),
    ).toEqual([]);
  });

  test('of a thousand agents fifty are named', () => {
    const many = Array.from({ length: 1_000 }, (_one, at) => agent(`a${at}`));
    const [change] = modelChanges(sidesBetween([model('small'), ...many], [model('small', { model: 'x' }), ...many]));
    expect([change?.agents.length, change?.moreAgents]).toEqual([50, 950]);
  });
});
