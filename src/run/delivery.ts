import { isPawlError, RetryableError, TerminalError } from '../errors.ts';
import { evaluateFilter, evaluateInput } from '../manifest/delivery-expression.ts';
import { longDurationMs } from '../manifest/duration.ts';
import type { Json } from '../manifest/json.ts';
import { qualify } from '../manifest/reference.ts';
import type { Secret, TaskWebhook } from '../manifest/types.gen.ts';
import { parseStrictJson } from '../policy/strict-json.ts';
import { addressAt } from '../policy/typed.ts';
import { databaseClock } from '../store/clock.ts';
import type { Database } from '../store/database-port.ts';
import { claimDelivery, type DeliveryKey, recordDelivery, startedBy } from '../store/delivery.ts';
import { holdRevision, readContents } from '../store/live-content.ts';
import { inTransaction, type StoreTransaction } from '../store/transaction.ts';
import type { SecretSource } from '../tools/secret-reading.ts';
import { bundleSecrets } from '../tools/secrets.ts';
import { newRunId } from './run-id.ts';
import { specIn, startTask, taskOf } from './task.ts';
import type { taskCodes } from './task-codes.ts';
import { deliveryId, isAuthentic, pretendToCheck, type SignedRequest } from './webhook-auth.ts';

type WebhookSpec = TaskWebhook['spec'];

export interface WebhookRequest {
  readonly environment: string;
  /** `namespace/name`. */
  readonly webhook: string;
  readonly body: Uint8Array;
  readonly headers: Readonly<Record<string, string>>;
}

/** What a request came to. `duplicate`: the run that the same delivery started before. */
export type WebhookAnswer =
  | { readonly status: 'started' | 'duplicate'; readonly run: string; readonly pool?: string }
  | { readonly status: 'filtered' | 'suspended' };

export interface WebhookDoor {
  readonly database: Database;
  readonly secrets: SecretSource;
}

/**
 * Takes one request to a webhook. Who sent it is settled first, over the bytes as they came; then it is read, filtered,
 * and made a run, whose row and the delivery's are written together.
 */
export async function deliver(door: WebhookDoor, request: WebhookRequest): Promise<WebhookAnswer> {
  const { database } = door;
  const spec = await webhookSpec(database, request);
  const signed: SignedRequest = { ...request, now: await databaseClock(database.db) };
  if (spec === undefined) {
    pretendToCheck(signed);
    throw unknownWebhook();
  }
  if (!isAuthentic(spec.auth, await secretOf(door, spec, request), signed)) throw unauthenticated();
  const id = deliveryId({ profile: spec.auth.profile, header: spec.dedupe.header }, signed);
  const { environment, webhook } = request;
  const taken: Taken = {
    key: { environment, webhook, delivery: id },
    windowMs: longDurationMs(spec.dedupe.window),
    headers: request.headers,
  };
  return (await inPlace(database, taken, spec)) ?? (await take(database, taken, { spec, body: request.body }));
}

interface Taken {
  readonly key: DeliveryKey;
  readonly windowMs: number;
  readonly headers: Readonly<Record<string, string>>;
}

/** What needs no look at the body. */
async function inPlace(database: Database, taken: Taken, spec: WebhookSpec): Promise<WebhookAnswer | undefined> {
  const earlier = await startedBy(database.db, taken.key);
  if (earlier !== undefined) return { status: 'duplicate', run: earlier };
  if (!spec.suspend) return undefined;
  await recordDelivery(database.db, { ...taken.key, windowMs: taken.windowMs, outcome: 'suspended' });
  return { status: 'suspended' };
}

/** A refusal is recorded, so that its owner sees what came and why nothing began. */
async function take(
  database: Database,
  taken: Taken,
  { spec, body }: { readonly spec: WebhookSpec; readonly body: Uint8Array },
): Promise<WebhookAnswer> {
  const record = { ...taken.key, windowMs: taken.windowMs };
  try {
    const delivery = { payload: payloadOf(body), headers: taken.headers };
    if (!isWanted(spec, delivery)) {
      await recordDelivery(database.db, { ...record, outcome: 'filtered' });
      return { status: 'filtered' };
    }
    const input = spec.input === undefined ? undefined : inputOf(spec.input, delivery);
    return await inTransaction(database, (trx) => start(trx, taken, { spec, input }));
  } catch (cause) {
    // What may pass is for the sender to try again; everything else is the owner's to mend.
    if (!(cause instanceof TerminalError) || cause.code.startsWith('store.')) throw cause;
    const error = { code: cause.code, message: cause.message };
    await recordDelivery(database.db, { ...record, outcome: 'refused', error });
    throw cause;
  }
}

/** The delivery's row comes first: a second request with it waits there for the end of this one. */
async function start(
  trx: StoreTransaction,
  { key, windowMs }: Taken,
  { spec, input }: { readonly spec: WebhookSpec; readonly input: Json | undefined },
): Promise<WebhookAnswer> {
  const { environment, webhook, delivery } = key;
  await holdRevision(trx, environment);
  const id = newRunId();
  const earlier = await claimDelivery(trx, { ...key, windowMs, run: id });
  if (earlier !== undefined) return { status: 'duplicate', run: earlier };
  const [namespace = ''] = webhook.split('/');
  const task = await taskOf(trx, spec, { environment, namespace });
  const run = await startTask(trx, {
    id,
    environment,
    task,
    input: input ?? task.template.input ?? {},
    cause: { kind: 'webhook', webhook, delivery },
    submittedBy: addressAt('TaskWebhook', webhook),
  });
  return { status: 'started', run: run.id, pool: run.pool };
}

function payloadOf(body: Uint8Array): Json {
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(body);
  } catch {
    throw malformed('It is not UTF-8.');
  }
  const parsed = parseStrictJson(text, { bytes: 1024 * 1024, depth: 64, values: 100_000 });
  if (parsed.kind === 'parsed') return parsed.value;
  throw malformed(parsed.message);
}

function isWanted({ filter }: WebhookSpec, delivery: Parameters<typeof evaluateFilter>[1]): boolean {
  if (filter === undefined) return true;
  try {
    return evaluateFilter(filter, delivery);
  } catch (cause) {
    throw refused('webhook.filter_failed', cause);
  }
}

function inputOf(input: Json, delivery: Parameters<typeof evaluateInput>[1]): Json {
  try {
    return evaluateInput(input, delivery);
  } catch (cause) {
    throw refused('webhook.input_failed', cause);
  }
}

function refused(code: 'webhook.filter_failed' | 'webhook.input_failed', cause: unknown): TerminalError {
  const message = isPawlError(cause) ? cause.message : 'The expression failed.';
  return new TerminalError(message, { code, help: 'Guard what may be missing with `has(…)`.', cause });
}

function malformed(why: string): TerminalError {
  const code = 'webhook.malformed' satisfies keyof typeof taskCodes;
  return new TerminalError(`The body is not strict JSON. ${why}`, { code, help: 'Send `application/json`.' });
}

async function webhookSpec(
  { db }: Database,
  { environment, webhook }: WebhookRequest,
): Promise<WebhookSpec | undefined> {
  const address = addressAt('TaskWebhook', webhook);
  return specIn<WebhookSpec>((await readContents(db, environment, [address])).get(address));
}

/** The value, read anew for each request: what an operator rotates holds from the next one on. */
async function secretOf(
  { database, secrets }: WebhookDoor,
  { auth }: WebhookSpec,
  { environment, webhook }: WebhookRequest,
): Promise<string> {
  const [namespace = ''] = webhook.split('/');
  const name = qualify(auth.secretRef.name, namespace);
  const address = addressAt('Secret', name);
  const spec = specIn<Secret['spec']>((await readContents(database.db, environment, [address])).get(address));
  const use = { secret: name, key: auth.secretRef.key };
  const known = spec === undefined ? {} : { [name]: { source: spec.source, keys: spec.keys } };
  try {
    return await bundleSecrets(known, secrets, environment).resolve(use);
  } catch (cause) {
    const code = 'webhook.secret_unavailable' satisfies keyof typeof taskCodes;
    const message = `The secret of TaskWebhook/${webhook} cannot be read.`;
    throw new RetryableError(message, { code, help: 'Make it readable to `pawl up`.', cause });
  }
}

function unknownWebhook(): TerminalError {
  const code = 'webhook.unknown' satisfies keyof typeof taskCodes;
  return new TerminalError('There is no such webhook.', { code, help: 'Compare the address.' });
}

/** One answer, whatever is wrong: which it was would help whoever guesses. */
function unauthenticated(): TerminalError {
  const code = 'webhook.unauthenticated' satisfies keyof typeof taskCodes;
  return new TerminalError('The request does not prove where it comes from.', {
    code,
    help: 'Sign it with the secret of the webhook.',
  });
}
