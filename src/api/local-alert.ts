import type { Delivering } from '../controller/delivering.ts';
import { post } from '../controller/delivering.ts';
import { testMessage } from '../controller/alert-message.ts';
import type { ControlPlane } from '../controller/planning.ts';
import { exitCodes, TerminalError } from '../errors.ts';
import { qualify } from '../manifest/reference.ts';
import { shownText } from '../manifest/shown.ts';
import type { Person } from '../policy/person.ts';
import { listAlerts } from '../store/alert.ts';
import { readIssueTellings } from '../store/alert-issue.ts';
import { recordEvent } from '../store/event.ts';
import { readDeliveries } from '../store/outbox.ts';
import { readProbes } from '../store/probe.ts';
import { readServerLooks } from '../store/server-look.ts';
import { readReceivers } from '../store/receiver.ts';
import { inTransaction } from '../store/transaction.ts';
import type { EnvironmentStatus } from './operations-status.ts';
import type {
  AlertOperations,
  AlertRecord,
  PinRecord,
  ProbeRecord,
  ReceiverTest,
  TestReceiverRequest,
} from './operations-alert.ts';

const alertsMax = 200;

/** `known` refuses the name of an environment that is neither declared nor live. */
export function alertOperations(
  plane: ControlPlane,
  { delivering, person }: { readonly delivering?: Delivering; readonly person: Person },
  known: (name: string) => Promise<string>,
): AlertOperations {
  return {
    alerts: async (environment) => alertsOf(plane, await known(environment)),
    testReceiver: async (request) => {
      const environment = await known(request.environment);
      const detail = { receiver: qualify(request.receiver, 'default') };
      await inTransaction(plane.database, (trx) =>
        recordEvent(trx, { environment, actor: person.name, action: 'alert.test', detail }),
      );
      return testReceiver(plane, delivering, request);
    },
    probes: async (environment) => probesOf(plane, await known(environment)),
    pins: async (environment) => pinsOf(plane, await known(environment)),
  };
}

/** What fires and what fails, as `pawl status` names them. */
export async function troublesOf(
  plane: ControlPlane,
  environment: string,
): Promise<Pick<EnvironmentStatus, 'alerts' | 'probes'>> {
  const rows = await listAlerts(plane.database.db, { environment, limit: alertsMax });
  const alerts = rows
    .filter(({ state }) => state !== 'resolved')
    .map(({ key, severity, content: { title }, since }) => ({ key, severity, title, since: since.toISOString() }));
  const probes = (await probesOf(plane, environment))
    .filter(({ state }) => state === 'failing')
    .map(({ subject, name, reason, since }) => ({ subject, name, reason, since }));
  return { ...(alerts.length === 0 ? {} : { alerts }), ...(probes.length === 0 ? {} : { probes }) };
}

async function alertsOf({ database: { db } }: ControlPlane, environment: string): Promise<readonly AlertRecord[]> {
  const rows = await listAlerts(db, { environment, limit: alertsMax });
  const [posts, issues] = await Promise.all([readDeliveries(db, rows), readIssueTellings(db, environment)]);
  return rows.map(({ key, state, severity, content, since, resolvedAt }) => ({
    environment,
    key,
    state: state === 'resolved' ? 'resolved' : 'firing',
    severity,
    title: content.title,
    text: content.text,
    since: since.toISOString(),
    resolvedAt: resolvedAt?.toISOString(),
    told: [
      ...posts
        .filter((one) => one.key === key)
        .map(({ receiver, phase, state: told, attempts, lastError }) => {
          return { receiver, phase, state: told, attempts, error: lastError ?? undefined };
        }),
      ...issues
        .filter((one) => one.key === key)
        .map(({ receiver, published, attempts, lastError }) => ({
          receiver,
          phase: published?.startsWith('closed') === true ? 'resolved' : 'firing',
          state: published === null || lastError !== null ? ('waiting' as const) : ('delivered' as const),
          attempts,
          error: lastError ?? undefined,
        })),
    ],
  }));
}

async function testReceiver(
  { database }: ControlPlane,
  delivering: Delivering | undefined,
  { environment, receiver: asked }: TestReceiverRequest,
): Promise<ReceiverTest> {
  const name = qualify(asked, 'default');
  const [receiver] = await readReceivers(database.db, environment, [name]);
  if (receiver === undefined) {
    throw new TerminalError(`${environment} has no AlertReceiver ${shownText(name)}.`, {
      code: 'alert.receiver_unknown',
      help: `Look at \`pawl get alertreceivers --env ${environment}\`, and apply the commit that declares it.`,
      exit: exitCodes.usage,
    });
  }
  if (receiver.spec.type === 'githubIssue') {
    const answer = 'Issues are written by the controller, as pawl’s own login on GitHub: nothing was sent.';
    return { environment, receiver: name, isDelivered: false, answer };
  }
  if (delivering === undefined) {
    throw new TerminalError('Nothing can be sent from here.', {
      code: 'alert.not_sent',
      help: 'Ask the pawl that serves this environment.',
    });
  }
  const createdAt = new Date();
  const message = testMessage(environment, createdAt);
  const signal = new AbortController().signal;
  const answer = await post(delivering, { environment, receiver, message, createdAt, signal, isTest: true });
  const isDelivered = answer.kind === 'delivered';
  return { environment, receiver: name, isDelivered, answer: isDelivered ? `HTTP ${answer.status}` : answer.message };
}

async function probesOf({ database }: ControlPlane, environment: string): Promise<readonly ProbeRecord[]> {
  const rows = await readProbes(database.db, environment);
  return rows.map(({ subject, name, state, reason, detail, since, at, worker, isStale }) => ({
    subject,
    name,
    // What was well when somebody last looked is not known to be.
    state: isStale ? 'unknown' : state,
    reason: isStale ? 'stale' : reason,
    detail,
    since: since.toISOString(),
    at: at.toISOString(),
    worker,
  }));
}

async function pinsOf({ database }: ControlPlane, environment: string): Promise<readonly PinRecord[]> {
  const rows = await readServerLooks(database.db, environment);
  return rows.map(({ server, standing, tools, told, since, at }) => ({
    server,
    standing,
    tools,
    told,
    since: since.toISOString(),
    at: at.toISOString(),
  }));
}
