import { verify } from '@octokit/webhooks-methods';
import { channels } from '../bus/bus.ts';
import { TerminalError } from '../errors.ts';
import type { Log } from '../log.ts';
import { isJsonObject, type Json, type JsonObject, own } from '../manifest/json.ts';
import { parseStrictJson } from '../policy/strict-json.ts';
import type { Database } from '../store/database.ts';
import { noEnvironment, recordEvent } from '../store/event.ts';
import { storeMessage } from '../store/inbox.ts';
import { inTransaction } from '../store/transaction.ts';
import type { githubCodes } from './codes.ts';
import { hintOf } from './hint.ts';
import { fullName, type RepositoryName, repositoryName } from './repository-name.ts';

export interface WebhookDoorOptions {
  readonly database: Database;
  /** Those of the settings. */
  readonly repositories: readonly RepositoryName[];
  /** Whether another process looks after it; what nobody does is audited and dropped. */
  readonly isLookedAfter?: (repository: RepositoryName) => Promise<boolean>;
  /** Read with every request, so that a new one counts at once; undefined: none is set, and nothing is taken. */
  readonly secret: () => Promise<string | undefined>;
  readonly log: Log;
  /** Monotonic milliseconds. */
  readonly now?: () => number;
}

export interface WebhookRequest {
  /** As it came: a body that was written anew, even with the same meaning, is another. */
  readonly body: Uint8Array;
  /** In lower case. */
  readonly headers: Readonly<Record<string, string>>;
}

export type WebhookAnswer = { readonly status: 'stored' | 'duplicate' | 'ignored' };

/**
 * Takes GitHub's webhooks: proves the sender, keeps where to look, wakes the loop and answers. Nothing else of a webhook
 * is believed; what it says is asked of GitHub, so that one that was replayed or forged costs a look.
 */
export function webhookDoor(options: WebhookDoorOptions): (request: WebhookRequest) => Promise<WebhookAnswer> {
  const audited = new Map<string, number>();
  return async ({ body, headers }) => {
    await assertSigned(options, { body, headers });
    const [delivery, event] = [headers['x-github-delivery'] ?? '', headers['x-github-event'] ?? ''];
    if (!/^[\w-]{1,100}$/.test(delivery) || !/^[a-z_]{1,50}$/.test(event)) {
      throw malformed('Its headers name no delivery and event of GitHub.');
    }
    const payload = payloadOf(body);
    const repository = repositoryIn(payload);
    const known = await knownAs(options, repository);
    if (known === undefined) {
      if (repository !== undefined) await auditUnknown(options, { audited, event, delivery, repository });
      return { status: 'ignored' };
    }
    const { database } = options;
    const message = { delivery, event, repository: fullName(known), hint: hintOf(event, payload) };
    const isNew = await storeMessage(database.db, message);
    // Losing it is harmless: the loop also looks by itself.
    if (isNew) await database.notify(channels.hint, fullName(known)).catch(() => undefined);
    return { status: isNew ? 'stored' : 'duplicate' };
  };
}

async function knownAs(
  { repositories, isLookedAfter }: WebhookDoorOptions,
  repository: RepositoryName | undefined,
): Promise<RepositoryName | undefined> {
  const known = repositories.find((one) => isSame(one, repository));
  if (known !== undefined || repository === undefined || isLookedAfter === undefined) return known;
  return (await isLookedAfter(repository)) ? repository : undefined;
}

async function assertSigned({ secret, log }: WebhookDoorOptions, { body, headers }: WebhookRequest): Promise<void> {
  const key = await secret();
  if (key === undefined || key === '') {
    log.warn(
      { code: 'github.webhook_disabled' },
      'a webhook of GitHub was refused: PAWL_GITHUB_WEBHOOK_SECRET is not set',
    );
    const code = 'github.webhook_disabled' satisfies keyof typeof githubCodes;
    throw new TerminalError('Webhooks of GitHub are not taken here.', { code });
  }
  const signature = headers['x-hub-signature-256'] ?? '';
  const text = textOf(body);
  // The library compares in constant time; it throws for what is empty, which is signed by nobody.
  const isSigned = text !== undefined && text !== '' && signature !== '' && (await verify(key, text, signature));
  if (isSigned) return;
  const code = 'github.webhook_unauthenticated' satisfies keyof typeof githubCodes;
  throw new TerminalError('The request is not signed with the secret of the webhook.', {
    code,
    help: 'Set the same secret at GitHub and in PAWL_GITHUB_WEBHOOK_SECRET_FILE.',
  });
}

/** Undefined: it is not UTF-8, which GitHub never sends, and two bodies would look the same to who compares text. */
function textOf(body: Uint8Array): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(body);
  } catch {
    return undefined;
  }
}

const bounds = { bytes: 1024 * 1024, depth: 32, values: 100_000 };

function payloadOf(body: Uint8Array): JsonObject {
  const parsed = parseStrictJson(textOf(body) ?? '', bounds);
  if (parsed.kind !== 'parsed') throw malformed(parsed.message);
  if (!isJsonObject(parsed.value)) throw malformed('It is no object.');
  return parsed.value;
}

function repositoryIn(payload: JsonObject): RepositoryName | undefined {
  const repository: Json | undefined = own(payload, 'repository');
  if (repository === undefined || !isJsonObject(repository)) return undefined;
  const name = own(repository, 'full_name');
  return typeof name === 'string' ? repositoryName(name) : undefined;
}

function isSame(one: RepositoryName, other: RepositoryName | undefined): boolean {
  return other !== undefined && fullName(one).toLowerCase() === fullName(other).toLowerCase();
}

const auditEveryMs = 3_600_000;
const auditedMax = 1_000;

/** One event an hour for each: an App is often installed on more repositories than pawl looks after. */
async function auditUnknown(
  { database, now = performance.now.bind(performance) }: WebhookDoorOptions,
  said: {
    readonly audited: Map<string, number>;
    readonly event: string;
    readonly delivery: string;
    readonly repository: RepositoryName;
  },
): Promise<void> {
  const { audited, event, delivery } = said;
  const repository = fullName(said.repository);
  const last = audited.get(repository.toLowerCase());
  if (last !== undefined && now() - last < auditEveryMs) return;
  if (audited.size >= auditedMax) audited.clear();
  audited.set(repository.toLowerCase(), now());
  await inTransaction(database, (trx) =>
    recordEvent(trx, {
      environment: noEnvironment,
      actor: 'unknown',
      action: 'webhook.ignored',
      detail: { repository, event, delivery },
    }),
  );
}

function malformed(why: string): TerminalError {
  const code = 'github.webhook_malformed' satisfies keyof typeof githubCodes;
  return new TerminalError(`The webhook cannot be read. ${why}`, {
    code,
    help: 'Set the content type of the webhook to application/json.',
  });
}
