import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { gateChecks } from '../../src/plan/gate-steps.ts';
import type { Worker } from '../../src/run/worker.ts';
import { openTestDatabase, type OpenedDatabase } from '../support/databases.ts';
import { type EffectServer, startEffectServer } from '../support/effect-server.ts';
import { type ModelServer, startModelServer } from '../support/model-server.ts';
import { journalOf } from '../support/journal.ts';
import { install, submit, until, workerOn } from '../support/runs.ts';
import { refusals } from './gate-refusals.ts';
import { type Played, refusalAuthority, refusalBundle } from './refusal-parts.ts';

const played = Object.entries(refusals).flatMap(([code, one]) => ('file' in one ? [] : [[code, one] as const]));

describe('every code of the gate’s checks, in a whole run', () => {
  let opened: OpenedDatabase;
  let effects: EffectServer;
  let worker: Worker;
  const servers: ModelServer[] = [];
  let cases = 0;

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

  async function play(one: Played) {
    const server = await startModelServer(
      one.model ?? [{ toolCalls: [{ name: 'pay', arguments: '{"amount":1}' }] }, { text: 'went on' }],
    );
    servers.push(server);
    cases += 1;
    const path = `/case-${cases}`;
    const places = { effects: `${effects.url}${path}`, model: server.url };
    const made = refusalBundle(places);
    const bundle = one.bundle?.(made, places) ?? made;
    await install(opened.database, bundle, refusalAuthority(bundle, one));
    await setHalt(one);
    const { id } = await submit(opened.database);
    const run = await until(opened.database, id);
    await opened.database.db.updateTable('halt').set({ ended_at: new Date() }).where('ended_at', 'is', null).execute();
    const seen = (await effects.effects()).filter((effect) => effect.path.includes(path));
    return { run, server, seen, rows: await journalOf(opened.database, id), audited: await auditOf(id) };
  }

  /** One that refuses, so that runs go on and end. */
  async function setHalt({ halt: scope }: Played): Promise<void> {
    if (scope === undefined) return;
    const [name, environment] = scope.kind === 'global' ? ['', null] : [scope.name, 'production'];
    const said = { reason: 'a leak', created_by: 'ann', set_as: 'admin', denies: true } as const;
    await opened.database.db
      .insertInto('halt')
      .values({ kind: scope.kind, name, environment, ...said })
      .execute();
    await opened.database.db
      .updateTable('halt_epoch')
      .set((eb) => ({ epoch: eb('epoch', '+', 1) }))
      .execute();
  }

  async function auditOf(run: string): Promise<string> {
    const rows = await opened.database.db.selectFrom('audit').select('text').where('run', '=', run).execute();
    return rows.map(({ text }) => text).join('\n');
  }

  test.each(played)(
    '%s: the call reaches nobody, the record says why, and the model does not learn it',
    async (code, one) => {
      const { run, server, seen, rows, audited } = await play(one);
      expect(seen).toHaveLength(one.effects ?? 0);
      const found = rows.filter((row) => (one.at === 'result' ? row.code : row.reason) === code);
      expect([code, rows.length > 0 && found.length > 0 ? 'refused' : rows]).toEqual([code, 'refused']);
      expect(
        found.every(
          ({ outcome, phase }) => phase === 'result' && outcome === (one.at === 'result' ? 'failed' : 'denied'),
        ),
      ).toBe(true);
      if (one.at !== 'result') expect(audited).toContain(`"${code}"`);
      const { ends = one.at === 'model' ? 'failed' : 'went on' } = one;
      expect(run).toMatchObject(
        ends === 'failed' ? { state: 'Failed', error: { code } } : { state: 'Succeeded', output: { work: 'went on' } },
      );
      // Neither codes of refusals nor names of rules are in anything that the provider was sent.
      const sent = JSON.stringify(server.calls);
      for (const kept of ['AgentPolicy', 'ann halted', ...(one.at === 'result' ? [] : [code])])
        expect(sent).not.toContain(kept);
    },
  );

  test('is listed, and nothing else is: whoever adds a code shows it', () => {
    const listed = gateChecks.flatMap(({ reasons }) => reasons);
    expect(Object.keys(refusals).sort()).toEqual([...new Set(listed)].sort());
  });

  test.each(Object.entries(refusals).flatMap(([code, one]) => ('file' in one ? [[code, one] as const] : [])))(
    '%s is shown where the list says',
    (_code, { file, test: name }) => {
      expect(readFileSync(new URL(`../../${file}`, import.meta.url), 'utf8')).toContain(name);
    },
  );
});
