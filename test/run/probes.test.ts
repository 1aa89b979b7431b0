import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { probeModel } from '../../src/models/probe.ts';
import { Prober } from '../../src/run/probes.ts';
import { readProbes } from '../../src/store/probe.ts';
import { rowsOf } from '../../src/store/statement.ts';
import { secretSource } from '../../src/tools/secret-source.ts';
import { createEstate, type Estate, type TestController } from '../controller/fixture.ts';
import { listen, type LoopbackServer } from '../support/loopback.ts';

const key = 'canary-4f1b0a6d2c9e8735';
const pawlYaml = 'apiVersion: pawl/v1\nenvironments:\n  - { name: prod, branch: main, paths: [prod], apply: auto }\n';

const endpoint = (name: string, model: string, baseUrl: string) => `---
apiVersion: pawl/v1
kind: ModelEndpoint
metadata: { name: ${name} }
spec:
  provider: openaiCompatible
  model: ${model}
  baseUrl: "${baseUrl}"
  allowPrivate: true
  auth: { secretRef: { name: provider, key: ${name} } }
`;
const secret = `---
apiVersion: pawl/v1
kind: Secret
metadata: { name: provider }
spec: { source: env, keys: { good: PAWL_SECRET_GOOD, typo: PAWL_SECRET_GOOD, away: PAWL_SECRET_AWAY } }
`;
const system = `apiVersion: pawl/v1
kind: Agent
metadata: { name: clerk }
spec: { modelRefs: [good, typo, away], prompt: Answer. }
---
apiVersion: pawl/v1
kind: AgentSystem
metadata: { name: desk }
spec: { graph: { clerk: { agentRef: clerk } } }
`;

describe('what workers find outside', () => {
  let estate: Estate;
  let one: TestController;
  let server: LoopbackServer;
  let asked: string[];

  beforeEach(async () => {
    asked = [];
    server = await listen((request, response) => {
      asked.push(`${request.method} ${request.url} ${request.headers.authorization}`);
      response.end(JSON.stringify({ object: 'list', data: [{ id: 'small' }] }));
    });
    estate = await createEstate();
    const base = `${server.url}/v1`;
    const models = endpoint('good', 'small', base) + endpoint('typo', 'smal', base) + endpoint('away', 'small', base);
    await estate.git.commit({ 'pawl.yaml': pawlYaml, 'prod/desk.yaml': system + models + secret });
    one = await estate.join();
    await one.tick();
  });
  afterEach(async () => {
    await server.close();
    await estate.close();
  });

  const prober = (worker: string) =>
    new Prober({
      database: one.plane.database,
      secrets: secretSource({ variables: new Map([['PAWL_SECRET_GOOD', key]]), folders: [], ageKeys: undefined }),
      probeModel,
      probeServer: () => Promise.reject(new Error('there is no server')),
      worker,
      log: { warn: () => undefined },
    });
  const run = (text: string) => rowsOf(one.plane.database.db, { name: `test_${text}`, text }, []);
  const makeDue = () => run('update probe_turn set due_at = now()');
  const endpoints = async () =>
    (await readProbes(one.plane.database.db, 'prod'))
      .filter(({ subject }) => subject === 'endpoint')
      .map(({ name, reason, detail }) => [name, reason, detail]);

  test.each([
    ['global', ''],
    ['environment', 'prod'],
    ['namespace', 'default'],
    ['system', 'default/desk'],
    ['agent', 'default/clerk'],
    ['model', 'default/good'],
    ['provider', 'openaiCompatible'],
  ])('is not looked for where a halt of %s lets nobody ask, until it is lifted', async (kind, name) => {
    await run(`insert into halt (environment, kind, name, reason, created_by, set_as)
      values (${kind === 'global' ? 'null' : "'prod'"}, '${kind}', '${name}', 'odd answers', 'ann', 'admin')`);
    await prober('first').tick();
    await makeDue();
    await prober('first').tick();
    const halted = ['halted', `ann halted ${name === '' ? kind : `${kind}/${name}`}.`];
    const isAlone = kind === 'model';
    expect(await endpoints()).toEqual([
      ['default/away', ...(isAlone ? ['not_asked', 'secret.unavailable'] : halted)],
      ['default/good', ...halted],
      ['default/typo', ...(isAlone ? ['answered', 'HTTP 200'] : halted)],
    ]);
    expect(asked).toEqual(isAlone ? [`GET /v1/models Bearer ${key}`] : []);
    await run('update halt set ended_at = now()');
    await makeDue();
    await prober('first').tick();
    expect((await endpoints()).map(([, reason]) => reason)).toEqual(['not_asked', 'answered', 'answered']);
  });

  test('is one row each, by one worker at a time, without a value', async () => {
    const { database } = one.plane;
    await prober('first').tick();
    await makeDue();
    const looked = await Promise.all([prober('first').tick(), prober('second').tick()]);
    expect(looked.flat()).toEqual(['prod']);
    const found = await readProbes(database.db, 'prod');
    expect(found.map(({ subject, name, state, reason }) => [subject, name, state, reason])).toEqual([
      ['model', 'default/typo', 'failing', 'model_unknown'],
      ['secret', 'default/provider#away', 'failing', 'env_missing'],
      ['endpoint', 'default/away', 'unknown', 'not_asked'],
      ['endpoint', 'default/good', 'ok', 'answered'],
      ['endpoint', 'default/typo', 'ok', 'answered'],
      ['model', 'default/good', 'ok', 'known'],
      ['secret', 'default/provider#good', 'ok', 'readable'],
      ['secret', 'default/provider#typo', 'ok', 'readable'],
    ]);
    expect(asked).toEqual(Array(2).fill(`GET /v1/models Bearer ${key}`));
    expect(JSON.stringify(found)).not.toContain(key);
  });
});
