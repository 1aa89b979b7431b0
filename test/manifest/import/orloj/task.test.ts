import { expect, test } from 'vitest';
import { importTexts } from '../../../support/import.ts';
import { documents, localModel, orlojAgent, orlojHead } from './orloj-fixture.ts';

const team = documents(
  localModel,
  orlojAgent('a'),
  `${orlojHead('AgentSystem', 'team')}spec: { agents: [a] }\n`,
  `${orlojHead('Task', 'base')}spec: { mode: template, system: team, input: { topic: tides } }\n`,
);

const work = (kind: string, spec: string) =>
  importTexts({ 'team.yaml': team, 'work.yaml': `${orlojHead(kind, 'work')}spec:\n${spec}` });
const saidOf = ({ said }: ReturnType<typeof importTexts>) => said.filter((one) => one.includes(' work.yaml:'));

test('a task that is run once becomes a template, and the command that starts it is said', () => {
  const imported = work(
    'Task',
    `  system: team
  input: { topic: tides }
  priority: high
  retry: { max_attempts: 3, backoff: 5s }
  requirements: { region: eu, gpu: true, model: big }
`,
  );
  expect(imported.spec('Task/desk/work')).toEqual({
    systemRef: 'team',
    input: { topic: 'tides' },
    priority: 7,
    retry: { maxAttempts: 3, backoff: { initial: '5s', max: '5s', multiplier: 1, jitter: 'none' } },
    requires: { region: 'eu', gpu: true, model: 'big' },
  });
  expect(saidOf(imported)).toContain(
    'flagged import.one_time work.yaml:5 Orloj started it once, when it was applied; here it is started with `pawl run --task desk/work`.',
  );
});

test('what is said of single messages is written at the steps of the system', () => {
  const files = `${orlojHead('Task', 'work')}spec: { mode: template, system: team, message_retry: { max_attempts: 2, backoff: 250ms, max_backoff: 2s, jitter: equal, non_retryable: [denied] } }\n`;
  const system = documents(localModel, orlojAgent('a'), `${orlojHead('AgentSystem', 'team')}spec: { agents: [a] }\n`);
  const { spec, said } = importTexts(documents(system, files));
  expect(spec('AgentSystem/desk/team')).toMatchObject({
    graph: { a: { retry: { maxAttempts: 2, backoff: { initial: '250ms', max: '2s', jitter: 'equal' } } } },
  });
  expect(said.some((one) => one.startsWith('flagged import.retry'))).toBe(true);
});

test('a bound that ends a task early in a system without a cycle is refused', () => {
  const long = documents(
    localModel,
    orlojAgent('a'),
    orlojAgent('b'),
    `${orlojHead('AgentSystem', 'team')}spec: { agents: [a, b], graph: { a: { next: b } } }\n`,
    `${orlojHead('Task', 'work')}spec: { mode: template, system: team, max_turns: 1 }\n`,
  );
  const { spec, said } = importTexts(long);
  expect(spec('Task/desk/work')).toBeUndefined();
  expect(said.join('\n')).toContain('Orloj ends the task after 1 steps, and the longest way through the system has 2.');
});

test('a schedule keeps its times and what Orloj assumes', () => {
  const imported = work('TaskSchedule', '  task_ref: base\n  schedule: "0 9 * * 1"\n  time_zone: Europe/Berlin\n');
  expect(imported.spec('TaskSchedule/desk/work')).toEqual({
    taskRef: 'base',
    cron: '0 9 * * 1',
    timeZone: 'Europe/Berlin',
    startingDeadline: '5m',
    concurrency: 'forbid',
    historyLimits: { succeeded: 10, failed: 3 },
  });
});

test('a task inside of a schedule is written inside, and both forms at once are refused', () => {
  const inner = '  task_template: { system: team, input: { topic: tides } }\n  schedule: "*/5 * * * *"\n';
  expect(work('TaskSchedule', inner).spec('TaskSchedule/desk/work')).toMatchObject({
    task: { systemRef: 'team', input: { topic: 'tides' } },
  });
  expect(saidOf(work('TaskSchedule', `${inner}  task_ref: base\n`))[0]).toContain('exclude each other');
});

test('a text that would read as an expression is refused at its place', () => {
  // biome-ignore lint/suspicious/noTemplateCurlyInString: what a task of Orloj may hold
  const imported = work('Task', '  mode: template\n  system: team\n  input: { topic: "costs ${5}" }\n');
  expect(saidOf(imported)[0]).toContain('refused import.unmappable work.yaml:7');
});

test('a task of a system that is in none of the files is left out', () => {
  const { said } = importTexts(`${orlojHead('Task', 'work')}spec: { mode: template, system: gone }\n`);
  expect(said).toEqual([expect.stringContaining('refused import.depends manifests.yaml:4')]);
});
