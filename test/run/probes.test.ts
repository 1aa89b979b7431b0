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

  test('is one row each, by one worker at a time, without a value', async () => {
    const { database } = one.plane;
    const secrets = secretSource({
      variables: new Map([['PAWL_SECRET_GOOD', key]]),
      folders: [],
      ageKeys: undefined,
    });
    const probeServer = () => Promise.reject(new Error('there is no server'));
    const log = { warn: () => undefined };
    const prober = (worker: string) => new Prober({ database, secrets, probeModel, probeServer, worker, log });
    await prober('first').tick();
    await rowsOf(database.db, { name: 'test_due', text: 'update probe_turn set due_at = now()' }, []);
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
