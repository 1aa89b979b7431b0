import { isPawlError } from '../errors.ts';
import type { BundleServer } from '../manifest/bundle-world.ts';
import { neutral } from '../manifest/neutral.ts';
import { definitionsToPin, type PinLook, pinLook } from '../policy/pin-look.ts';
import type { ServerAlone } from '../policy/server-alone.ts';
import type { ServerPin } from '../policy/server-pin.ts';
import { McpFault, refusal } from './mcp/fault.ts';
import type { SessionPlace } from './mcp/open-session.ts';
import { type ServerListing, listTools } from './mcp-list.ts';
import type { Secrets } from './secrets.ts';

/** Whether a server answers, as a worker found it. */
export interface ServerReach {
  readonly state: 'ok' | 'failing' | 'unknown';
  /** `answered`, or the code that a call would fail with. */
  readonly reason: string;
  readonly detail: string;
}

/** What it offers, against its pin; without what must not leave the worker. */
export interface ServerOffer extends PinLook {
  readonly told: ServerListing['told'];
  readonly definitions: ReturnType<typeof definitionsToPin> | undefined;
}

export interface ServerProbeOptions extends SessionPlace {
  readonly secrets: Secrets;
  readonly signal: AbortSignal;
}

/** Each of starting and of listing: a look is one of many, and no call waits for it. */
const stepMsMax = 30_000;
const detailMax = 300;
const toldMax = 200;
const definitionBytesMax = 1024 * 1024;

/** Asks a server for its tools as a call would reach it, in a session of its own, and calls none of them. */
export async function probeServer(
  { name, server, pin, egress }: ServerAlone,
  options: ServerProbeOptions,
): Promise<{ readonly reach: ServerReach; readonly offer?: ServerOffer }> {
  const { secrets } = options;
  try {
    const listing = await listTools(name, hurried(server), {
      ...options,
      egress: egress.length === 0 ? undefined : egress,
    });
    refuseSecretNames(listing, secrets);
    const offer = offerOf(pin, listing, secrets);
    const count = listing.tools.size;
    const reach = { state: 'ok', reason: 'answered', detail: `${count} tool${count === 1 ? '' : 's'}` } as const;
    return { reach, offer };
  } catch (cause) {
    return { reach: reachOf(cause, secrets) };
  }
}

function hurried(server: BundleServer): BundleServer {
  const startTimeoutMs = Math.min(server.startTimeoutMs, stepMsMax);
  return { ...server, startTimeoutMs, callTimeoutMs: Math.min(server.callTimeoutMs, stepMsMax) };
}

/** Names of tools are told to everybody who may look: a server that was told a secret could give it back as one. */
function refuseSecretNames({ tools }: ServerListing, secrets: Secrets): void {
  for (const tool of tools.keys()) {
    if (secrets.scrubText(tool) !== tool)
      throw refusal('tool.server_refused', 'The MCP server is refused: the name of one of its tools holds a secret.');
  }
}

function offerOf(pin: ServerPin, listing: ServerListing, secrets: Secrets): ServerOffer {
  const look = pinLook(pin, listing);
  const definitions = definitionsToPin(look, listing.tools);
  const text = JSON.stringify(definitions);
  // A definition that repeats a secret is told to nobody: it is pinned by hand, or better not at all.
  const isFit = Buffer.byteLength(text) <= definitionBytesMax && secrets.scrubText(text) === text;
  return { ...look, told: cut(listing.told, secrets), definitions: isFit ? definitions : undefined };
}

function cut({ name, version }: ServerListing['told'], secrets: Secrets): ServerListing['told'] {
  const short = (text: string) => safeText(text, { secrets, charactersMax: toldMax });
  return {
    ...(name === undefined ? {} : { name: short(name) }),
    ...(version === undefined ? {} : { version: short(version) }),
  };
}

function reachOf(cause: unknown, secrets: Secrets): ServerReach {
  const isKnown = cause instanceof McpFault || isPawlError(cause);
  if (!isKnown) throw cause;
  const { code, message } = cause;
  // Another worker may have the tier; the Secret's own row says what it lacks.
  const isOurs = code === 'isolation.unavailable' || code.startsWith('secret.');
  const detail = safeText(message, { secrets, charactersMax: detailMax });
  return { state: isOurs ? 'unknown' : 'failing', reason: code, detail };
}

/** Scrubbed before it is cut: the first half of a secret is not the secret, and would pass. */
function safeText(
  text: string,
  { secrets, charactersMax }: { readonly secrets: Secrets; readonly charactersMax: number },
): string {
  // A cut may leave half of a surrogate pair, which PostgreSQL refuses together with everything beside it.
  return neutral(secrets.scrubText(text))
    .slice(0, charactersMax)
    .replace(/\p{Surrogate}/gu, '');
}
