import { afterAll, beforeAll, expect, test } from 'vitest';
import type { JsonObject } from '../../src/manifest/json.ts';
import { tagOf } from '../../src/run/marking.ts';
import type { Worker } from '../../src/run/worker.ts';
import { openTestDatabase, type OpenedDatabase } from '../support/databases.ts';
import { type EffectServer, startEffectServer } from '../support/effect-server.ts';
import { journalOf } from '../support/journal.ts';
import { type ModelServer, startModelServer } from '../support/model-server.ts';
import { bundleOf, install, submit, until, workerOn } from '../support/runs.ts';
import { type HostileCall, hostileCalls } from './hostile-calls.ts';

// Runs of what `model-misbehaviour.test.ts` has one by one. PAWL_TEST_SEED plays one seed again.
const runs = 25;
const turns = 4;
const callsATurn = 12;
const given = Number(process.env['PAWL_TEST_SEED']);
const first = Number.isSafeInteger(given) && given > 0 ? given : 1 + Math.floor(Math.random() * 1_000_000);

let opened: OpenedDatabase;
let effects: EffectServer;
let worker: Worker;
const servers: ModelServer[] = [];

beforeAll(async () => {
  [opened, effects] = await Promise.all([openTestDatabase('postgres'), startEffectServer()]);
  worker = workerOn(opened.database, { graceMs: 100 });
  await worker.start();
});
afterAll(async () => {
  await worker.stop();
  await Promise.all([...servers.map((server) => server.close()), effects.close()]);
  await opened.close();
});

const inputSchema: JsonObject = {
  type: 'object',
  properties: {
    amount: { type: 'integer' },
    note: { type: 'string' },
    more: { type: 'object' },
    list: { type: 'array' },
  },
  required: ['amount'],
  additionalProperties: false,
};

async function play(path: string, calls: readonly HostileCall[]) {
  const server = await startModelServer((_request, turn) => {
    const toolCalls = calls.slice(turn * callsATurn, (turn + 1) * callsATurn);
    return toolCalls.length === 0 ? { text: 'went on' } : { toolCalls };
  });
  servers.push(server);
  const impl = {
    type: 'http',
    method: 'POST',
    url: `${effects.url}${path}`,
    headers: {},
    query: {},
    body: { amount: '{amount}' },
    egress: { hosts: [effects.url], allowPrivate: true },
  } as const;
  const bundle = bundleOf({
    nodes: { work: { agent: 'clerk' } },
    agents: {
      clerk: {
        tools: { pay: 'default/pay' },
        limits: { maxSteps: 30, maxToolCalls: 500, timeoutMs: 60_000 },
        execution: { onDeny: 'inform', maxDenials: 500 },
      },
      janitor: { tools: { wipe: 'default/wipe' } },
    },
    tools: { pay: { operations: ['write'], inputSchema, impl }, wipe: { impl: { ...impl, url: `${impl.url}/wipe` } } },
  });
  const endpoint = { provider: 'openaiCompatible', model: 'm', baseUrl: server.url, allowPrivate: true } as const;
  const models = { 'default/model': { ...endpoint, parameters: { maxOutputTokens: 1_000 } } };
  await install(opened.database, { ...bundle, models });
  const { id } = await submit(opened.database);
  const run = await until(opened.database, id);
  const seen = (await effects.effects()).filter((effect) => effect.path.startsWith(path));
  return { run, server, seen };
}

test.each(Array.from({ length: runs }, (_, index) => first + index))(
  'whatever a model writes, its good calls are made, each once, and nothing else is: seed %i',
  async (seed) => {
    const calls = hostileCalls(seed % 1_000_000, turns * callsATurn);
    const { run, server, seen } = await play(`/seed-${seed}`, calls);
    expect([run.state, run.error, run.output]).toEqual(['Succeeded', null, { work: 'went on' }]);
    const amounts = calls.flatMap(({ expect: came }) => (came.kind === 'made' ? [came.amount] : []));
    expect(seen.map(({ body }) => (body as { readonly amount: number }).amount)).toEqual(amounts);
    expect(new Set(seen.map(({ key }) => key)).size).toBe(amounts.length);
    const rows = (await journalOf(opened.database, run.id)).filter(
      ({ path, phase }) => path.includes('.') && phase === 'result',
    );
    const tag = tagOf({ run: run.id, place: 'work' });
    const told = (server.calls.at(-1)?.body.messages ?? []).filter(({ role }) => role === 'tool');
    expect([rows.length, told.length]).toEqual([calls.length, calls.length]);
    for (const [index, call] of calls.entries()) {
      const path = `work/${Math.floor(index / callsATurn) + 1}.${(index % callsATurn) + 1}`;
      const row = rows.find((one) => one.path === path);
      judge(call, { reason: row?.reason, outcome: row?.outcome, told: String(told[index]?.content), tag });
    }
  },
  60_000,
);

interface Came {
  readonly reason: string | null | undefined;
  readonly outcome: string | null | undefined;
  readonly told: string;
  readonly tag: string;
}

function judge(call: HostileCall, { reason, outcome, told, tag }: Came): void {
  const wrote = [call.name.slice(0, 60), call.arguments.slice(0, 200)];
  if (call.expect.kind === 'made') {
    expect([wrote, outcome, told.startsWith(`<data ${tag}>`)]).toEqual([wrote, 'done', true]);
    return;
  }
  const { codes, told: error } = call.expect;
  expect([wrote, outcome, JSON.parse(told)]).toEqual([
    wrote,
    'denied',
    { error, retryable: error === 'invalid_arguments' },
  ]);
  expect([wrote, reason, codes.includes(reason ?? '')]).toEqual([wrote, reason, true]);
}
