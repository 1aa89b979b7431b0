import type { Resource } from '../manifest/resource.ts';
import { serverHalt } from '../policy/halt.ts';
import { type ServerAlone, serverAlone } from '../policy/server-alone.ts';
import type { PinLook } from '../policy/pin-look.ts';
import type { Database } from '../store/database-port.ts';
import { readHaltsOf } from '../store/halt-state.ts';
import type { Finding, ProbeTurn } from '../store/probe.ts';
import { readServerResources, type ServerLook, writeServerLook } from '../store/server-look.ts';
import type { SecretSource } from '../tools/secret-reading.ts';
import { bundleSecrets, type Secrets } from '../tools/secrets.ts';

/** Asks a server for its tools; wired by the app, as nothing here reaches the world. */
export type ServerProbe = (
  alone: ServerAlone,
  options: { readonly secrets: Secrets; readonly signal: AbortSignal },
) => Promise<{
  readonly reach: Omit<Finding, 'subject' | 'name'>;
  readonly offer?: PinLook & Pick<ServerLook, 'told' | 'definitions'>;
}>;

export interface ServerProbing {
  readonly database: Database;
  readonly secrets: SecretSource;
  readonly probeServer: ServerProbe;
}

/**
 * Looks at one server as its environment's revision declares it. What it offers is kept until it offers another thing.
 * What nobody may call, because of a switch or a policy that holds for everybody, is not asked either.
 */
export async function probeOneServer(
  { database, secrets: source, probeServer }: ServerProbing,
  { environment, server }: ProbeTurn,
  signal: AbortSignal,
): Promise<readonly Finding[]> {
  const halted = serverHalt(server, await readHaltsOf(database, environment));
  if (halted !== undefined) return [finding(server, { state: 'unknown', reason: 'halted', detail: halted })];
  const resources = await readServerResources(database.db, { environment, server });
  const resource = resources.get(`McpServer/${server}`);
  if (resource === undefined) return [];
  const alone = aloneOf(resource, resources);
  if (alone === undefined) return [finding(server, unmade)];
  if (alone.refused !== undefined)
    return [finding(server, { state: 'unknown', reason: 'not_asked', detail: alone.refused })];
  const secrets = bundleSecrets(alone.secrets, source, environment);
  await secrets.load();
  const { reach, offer } = await probeServer(alone, { secrets, signal });
  if (signal.aborted) return [];
  if (offer !== undefined)
    await writeServerLook(database.db, { ...offer, environment, server, asked: resource.digest });
  return [finding(server, reach)];
}

/** What it names was taken away by hand, past the checks of a plan: drift of rows says so. */
const unmade = { state: 'unknown', reason: 'not_asked', detail: 'it names what is not there' } as const;

function aloneOf(resource: Resource, resources: ReadonlyMap<string, Resource>): ServerAlone | undefined {
  try {
    return serverAlone(resource, resources);
  } catch (error) {
    if (error instanceof TypeError) return undefined;
    throw error;
  }
}

function finding(name: string, { state, reason, detail }: Omit<Finding, 'subject' | 'name'>): Finding {
  return { subject: 'server', name, state, reason, detail };
}
