import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { explain } from '../../src/codes.ts';
import type { BundleAgent } from '../../src/manifest/bundle.ts';
import type { Json, JsonObject } from '../../src/manifest/json.ts';
import { tagOf } from '../../src/run/marking.ts';
import { databaseKinds, openTestDatabase, type OpenedDatabase } from '../support/databases.ts';
import { journalOf } from '../support/journal.ts';
import { type ModelServer, startModelServer } from '../support/model-server.ts';
import { bundleOf, install, submit, until, withWorker } from '../support/runs.ts';

describe.each(databaseKinds)('a prompt with inputs on the %s database', (kind) => {
  let opened: OpenedDatabase;
  let server: ModelServer;

  beforeAll(async () => {
    [opened, server] = await Promise.all([openTestDatabase(kind), startModelServer(() => ({ text: 'done' }))]);
  });
  afterAll(async () => {
    await server.close();
    await opened.close();
  });

  /** Runs one agent, and says how the run ended and what its model got: its prompts, and what marks them. */
  async function run(agent: Partial<BundleAgent>, input: JsonObject, template?: Json) {
    const { database } = opened;
    const node = { agent: 'writer', ...(template === undefined ? {} : { input: template }) };
    const bundle = bundleOf({ nodes: { write: node }, agents: { writer: agent } });
    const model = {
      provider: 'openaiCompatible',
      model: 'm',
      parameters: { maxOutputTokens: 100 },
      baseUrl: server.url,
      allowPrivate: true,
    } as const;
    await install(database, { ...bundle, models: { 'default/model': model } });
    const before = server.calls.length;
    const { id } = await submit(database, { input });
    const row = await withWorker(database, () => until(database, id));
    const tag = tagOf({ run: id, place: 'write' });
    const messages = server.calls.slice(before).flatMap(({ body }) => body.messages);
    const prompts = messages
      .filter(({ role }) => role === 'system')
      .map(({ content }) => String(content).split('\n\n')[0]);
    const rules = messages
      .filter(({ role }) => role === 'system')
      .map(({ content }) => String(content).split('\n\n')[1]);
    const asked = messages.filter(({ role }) => role === 'user').map(({ content }) => content);
    const data = (text: string): string => `<data ${tag}>${text}</data ${tag}>`;
    return { row, prompts, rules, asked, data, journal: await journalOf(database, id) };
  }

  test('shows the model the values of its node’s input', async () => {
    const agent: Partial<BundleAgent> = {
      prompt: 'You help {{ customer }} with {{ order }}. {{ tone }}{{ spare }} \\{{ kept }}',
      inputs: {
        customer: { type: 'string', required: true },
        order: { type: 'object', required: true },
        tone: { type: 'string', required: true, default: 'Be kind.' },
        spare: { type: 'string', required: false },
      },
    };
    const template = { customer: '${ input.name }', order: '${ input.order }' };
    const input = { name: 'Ada', order: { total: 3, id: 'x' } };
    const { row, prompts, rules, asked, data } = await run(agent, input, template);
    expect(row).toMatchObject({ state: 'Succeeded', output: { write: 'done' } });
    // What came with the run is marked wherever it stands; a default is the manifest's own.
    expect(prompts).toEqual([`You help ${data('Ada')} with ${data('{"id":"x","total":3}')}. Be kind. {{ kept }}`]);
    expect(asked).toEqual([data('{"customer":"Ada","order":{"id":"x","total":3}}')]);
    expect(rules).toEqual([expect.stringContaining(`between ${data(' and ')} was written elsewhere`)]);
  });

  test('takes a value as data, whatever it looks like', async () => {
    const hostile = '{{ secret }} {{> l/k }} \\{{ ${ input.secret }';
    const inputs = { name: { type: 'string', required: true }, secret: { type: 'string', required: true } } as const;
    const agent = { prompt: 'Name: {{ name }}.', inputs };
    const { prompts, data } = await run(agent, { name: hostile, secret: 'hush' });
    expect(prompts).toEqual([`Name: ${data(hostile)}.`]);
  });

  test('marks no input that the graph says itself, and no value out of a list that the agent gives', async () => {
    const inputs = { tone: { type: 'string', required: true, enum: ['kind', 'brief'] } } as const;
    const { prompts, asked } = await run({ prompt: 'Be {{ tone }}.', inputs }, { ignored: 'x' }, { tone: 'kind' });
    expect([prompts, asked]).toEqual([['Be kind.'], ['{"tone":"kind"}']]);
  });

  test.each([
    ['is missing', {}, 'agent.input_missing'],
    ['is null', { topic: null }, 'agent.input_missing'],
    ['comes with no map at all', 'just text', 'agent.input_missing'],
    ['is of another type', { topic: 3 }, 'agent.input_invalid'],
    ['is none of those that are allowed', { topic: 'wars' }, 'agent.input_invalid'],
  ])('fails the step before any model is asked where a value %s', async (_what, template, code) => {
    const inputs = { topic: { type: 'string', enum: ['cats', 'dogs'], required: true } } as const;
    const { row, prompts, journal } = await run({ prompt: 'On {{ topic }}.', inputs }, {}, template);
    expect(row).toMatchObject({ state: 'Failed', error: { code, node: 'write' } });
    expect(row.error).not.toHaveProperty('message', expect.stringContaining('wars'));
    expect(explain(code)?.cure).toContain('inputs');
    expect([prompts, journal]).toEqual([[], []]);
  });
});
