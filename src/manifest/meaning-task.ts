import { parseDuration } from './duration.ts';
import { cronFinding, shortestGapMinutes } from './cron.ts';
import { isJsonObject, type JsonObject } from './json.ts';
import { listAt, objectAt } from './manifest-reference.ts';
import { checkCondition, checkCron, checkTemplates, refuseTemplates } from './meaning-field.ts';
import { checkRetry } from './meaning-process.ts';
import { below, type Check, refuseFields, type Report } from './meaning-report.ts';
import { checkOffered } from './meaning-tier.ts';

/** What is wrong with a Task beyond its shape. */
export const checkTask: Check = (spec, report) => {
  refuseTemplates(spec['input'], ['input'], report);
  checkRetry(objectAt(spec, 'retry'), below(report, ['retry']));
  checkOffered(listAt(objectAt(spec, 'requires'), 'isolation'), below(report, ['requires', 'isolation']));
};

/** What is wrong with a TaskSchedule beyond its shape. */
export const checkTaskSchedule: Check = (spec, report) => {
  checkTask(objectAt(spec, 'task'), below(report, ['task']));
  checkCron(spec, report);
  const { cron, jitter } = spec;
  if (typeof cron !== 'string' || typeof jitter !== 'string' || cronFinding(cron) !== undefined) return;
  const minutes = shortestGapMinutes(cron);
  if (minutes === undefined || (parseDuration(jitter) ?? 0) < minutes * 60_000) return;
  const message = `Two starts can be ${minutes === 1 ? 'a minute' : `${minutes} minutes`} apart, and each would be put off by up to ${jitter}.`;
  report(['jitter'], { code: 'manifest.limit', message, help: 'Shorten it, so that starts stay in their order.' });
};

/** What is wrong with a TaskWebhook beyond its shape. */
export const checkTaskWebhook: Check = (spec, report) => {
  checkTask(objectAt(spec, 'task'), below(report, ['task']));
  checkWebhookAuth(objectAt(spec, 'auth'), below(report, ['auth']));
  checkWindow(spec, report);
  checkTemplates(spec['input'], { scope: 'delivery', path: ['input'] }, report);
  checkCondition(spec['filter'], { scope: 'delivery', path: ['filter'] }, report);
  const inline = objectAt(spec, 'task')['input'];
  if (spec['input'] === undefined || inline === undefined) return;
  refuseFields(
    objectAt(spec, 'task'),
    { fields: ['input'], what: 'a webhook with an `input` of its own' },
    below(report, ['task']),
  );
};

const generic = ['signatureHeader', 'signaturePrefix', 'algorithm', 'encoding', 'timestampHeader', 'tolerance'];

function checkWebhookAuth(auth: JsonObject, report: Report): void {
  const { profile } = auth;
  if (typeof profile !== 'string') return;
  const what = `the profile ${profile}`;
  if (profile !== 'generic') refuseFields(auth, { fields: generic, what }, report);
  if (profile !== 'sharedToken') refuseFields(auth, { fields: ['tokenHeader'], what }, report);
  if (profile === 'generic' && auth['timestampHeader'] === undefined)
    refuseFields(auth, { fields: ['tolerance'], what: 'a request without `timestampHeader`' }, report);
}

const windowDaysMax = 30;

/** Every delivery is kept for as long. */
function checkWindow(spec: JsonObject, report: Report): void {
  const dedupe = spec['dedupe'];
  const window = isJsonObject(dedupe) ? dedupe['window'] : undefined;
  if (typeof window !== 'string' || secondsOf(window) <= windowDaysMax * 86_400) return;
  const message = `Deliveries are remembered for at most ${windowDaysMax} days.`;
  report(['dedupe', 'window'], { code: 'manifest.limit', message, help: 'Shorten it.' });
}

const seconds: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3_600, d: 86_400 };

function secondsOf(window: string): number {
  return Number(window.slice(0, -1)) * (seconds[window.slice(-1)] ?? 0);
}
