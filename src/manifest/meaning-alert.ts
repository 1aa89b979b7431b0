import type { JsonObject } from './json.ts';
import { objectAt } from './manifest-reference.ts';
import { checkUrl } from './meaning-field.ts';
import { below, type Check, contradiction, refuseFields, type Report } from './meaning-report.ts';
import { listOf } from './shape-finding.ts';

const blocks = ['slack', 'webhook', 'githubIssue', 'email'];

/** What is wrong with an AlertReceiver beyond its shape. */
export const checkAlertReceiver: Check = (spec, report) => {
  const { type } = spec;
  if (typeof type !== 'string') return;
  refuseFields(spec, { fields: blocks.filter((block) => block !== type), what: `a receiver of type ${type}` }, report);
  if (type === 'githubIssue' && spec['secretRef'] !== undefined)
    report(
      ['secretRef'],
      contradiction(
        'Issues are written as pawl itself is logged in on GitHub: a receiver has no token of its own.',
        'Remove `secretRef`.',
      ),
    );
  checkUrl(objectAt(spec, 'webhook'), 'url', below(report, ['webhook']));
};

/** What is wrong with an AlertRule beyond its shape. */
export const checkAlertRule: Check = (spec, report) => {
  const { metric, threshold } = spec;
  if (typeof metric !== 'string') return;
  checkWhere(metric, objectAt(spec, 'where'), below(report, ['where']));
  if (isOfMoment(metric) && spec['window'] !== undefined)
    report(['window'], contradiction(`\`${metric}\` is what it is at the moment: it has no \`window\`.`));
  if (typeof threshold !== 'number') return;
  if (threshold < 0) {
    const message = `\`${metric}\` is never less than 0.`;
    return report(['threshold'], { code: 'manifest.limit', message, help: 'Use a threshold that it can cross.' });
  }
  if (!metric.endsWith('Rate') || threshold <= 1) return;
  const message = `\`${metric}\` is a share, from 0 to 1.`;
  report(['threshold'], { code: 'manifest.limit', message, help: 'Write 0.05 for 5 percent.' });
};

const ofRuns = ['systems', 'namespaces'];
const ofAgents = ['agents', 'systems', 'namespaces'];
const ofPools = ['pools'];

/** Of what a metric can be taken; of the whole environment where it is not listed. */
const dimensions: Readonly<Record<string, readonly string[]>> = {
  runsPerMinute: ofRuns,
  runErrorRate: ofRuns,
  runP50Seconds: ofRuns,
  runP99Seconds: ofRuns,
  deadLetterRuns: ofRuns,
  stepErrorRate: ofRuns,
  agentErrorRate: ofAgents,
  agentP99Seconds: ofAgents,
  callsPerMinute: ofAgents,
  callErrorRate: ofAgents,
  callDenyRate: ofAgents,
  tokens: ofAgents,
  costUsd: ofAgents,
  queueDepth: [...ofPools, ...ofRuns],
  oldestQueuedAgeSeconds: [...ofPools, ...ofRuns],
  activeRuns: [...ofPools, ...ofRuns],
  leaseTakeovers: ofPools,
  pendingApprovals: ofRuns,
  oldestApprovalAgeSeconds: ofRuns,
  driftedResources: ['namespaces'],
  liveWorkers: ofPools,
  liveWorkersRatio: ofPools,
};

function checkWhere(metric: string, where: JsonObject, report: Report): void {
  const known = dimensions[metric] ?? [];
  for (const field of Object.keys(where)) {
    if (known.includes(field)) continue;
    const help = known.length === 0 ? 'Remove `where`.' : `It can be taken of ${listOf(known)}.`;
    report([field], contradiction(`\`${metric}\` cannot be taken of single ${field}.`, help));
  }
}

const ofMoment = new Set([
  'driftedResources',
  'sourceAgeSeconds',
  'queueDepth',
  'oldestQueuedAgeSeconds',
  'activeRuns',
  'pendingApprovals',
  'oldestApprovalAgeSeconds',
  'liveWorkers',
  'liveWorkersRatio',
]);

function isOfMoment(metric: string): boolean {
  return ofMoment.has(metric);
}
