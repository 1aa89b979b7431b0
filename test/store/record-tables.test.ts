import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { recordTables } from '../../src/store/roles.ts';

/**
 * What each table is, as somebody decided who looked at it. A record is evidence: nobody may change it, a trigger says
 * so, and the role that runs pawl has no right to. The journal is written once and goes with its run. A log tells people
 * what happened, and is no evidence. Everything else is changed while pawl runs.
 */
const classes = {
  record: ['audit', 'audit_chain', 'bundle', 'event', 'revision', 'spec'],
  journal: ['step'],
  log: ['attempt', 'pull_command'],
  content: ['blob'],
  history: ['bundle_history', 'resource_history'],
  state: [
    'account',
    'acknowledgement',
    'actions_token',
    'alert',
    'alert_issue',
    'allotment',
    'api_token',
    'approval',
    'audit_fold',
    'concurrency',
    'condition',
    'delivery',
    'deployment',
    'environment',
    'forge_cursor',
    'halt',
    'halt_epoch',
    'memory',
    'memory_call',
    'memory_entry',
    'memory_message',
    'memory_session',
    'migration',
    'override',
    'probe',
    'probe_turn',
    'proposal',
    'pull_commit',
    'pull_note',
    'pull_plan',
    'pull_request',
    'quarantine',
    'rate',
    'resource',
    'resource_bucket',
    'revision_health',
    'rollout',
    'run',
    'run_event_feed',
    'schedule',
    'server_look',
    'slot',
    'stored_secret',
    'sync',
    'tick',
    'wait',
    'worker',
  ],
  queue: ['inbox', 'outbox', 'pass', 'run_event'],
} as const;

const migrations = 'src/store/migrations';
const textsOf = async (folder: string, ending: string) => {
  const names = (await readdir(folder)).filter((name) => name.endsWith(ending) && !name.endsWith('.gen.ts'));
  return Promise.all(names.map((name) => readFile(join(folder, name), 'utf8')));
};
const schema = (await textsOf(migrations, '.sql')).join('\n');
const writing = (await textsOf('src/store', '.ts')).join('\n');

test('every table of the schema is of a class that somebody decided on', () => {
  const tables = [...schema.matchAll(/^create table (\w+)/gm)].map(([, name]) => name);
  expect(new Set<unknown>(Object.values(classes).flat())).toEqual(new Set(tables));
});

test('the tables whose rights the role that runs pawl does not get are those that are evidence', () => {
  expect(recordTables.toSorted()).toEqual(classes.record.toSorted());
});

test.each([...classes.record, ...classes.journal])('%s refuses changes by a trigger', (table) => {
  expect(schema).toMatch(
    new RegExp(
      `create trigger \\w+ before update (or delete )?or truncate on ${table}\\n.*execute function refuse_change`,
    ),
  );
});

test.each([...classes.record, ...classes.journal, ...classes.log, ...classes.content])(
  'no statement of pawl changes or takes away a row of %s',
  (table) => {
    const change = `(?:update|delete from|truncate) ${table}\\b|(?:updateTable|deleteFrom)\\('${table}'\\)`;
    expect(writing.match(new RegExp(change, 'g')) ?? []).toEqual([]);
  },
);
