import type { BundleServer } from '../manifest/bundle-world.ts';
import { limit } from './mcp/limit.ts';
import { type Listing, pageBytesMax } from './mcp/listing.ts';
import { openSession, type SessionPlace } from './mcp/open-session.ts';
import type { Secrets } from './secrets.ts';

/** What a server offers, and what it says that it is. */
export interface ServerListing extends Listing {
  readonly told: { readonly name?: string; readonly version?: string };
}

export interface ListOptions extends SessionPlace {
  readonly secrets: Secrets;
  readonly signal: AbortSignal;
  /** Lists of hosts of policies: a server elsewhere than each of them says is not asked. */
  readonly egress?: readonly (readonly string[])[] | undefined;
}

/**
 * Asks a server for its tools, in a session of its own that is closed afterwards: for pinning, and to see what drifted.
 * Nothing is called. Throws what a call would fail with; a message may repeat the server, and is to be scrubbed.
 */
export async function listTools(name: string, server: BundleServer, options: ListOptions): Promise<ServerListing> {
  const { secrets, signal: asked, egress, ...place } = options;
  await secrets.load();
  const request = { name, server, terms: { secrets, egress }, signal: asked, died: () => undefined };
  const session = await openSession(request, place);
  const { signal, end } = limit(asked, server.callTimeoutMs, `McpServer/${name} did not list its tools in time.`);
  try {
    const listing = await session.list({ signal, secrets, egress, answerBytesMax: pageBytesMax });
    return { ...listing, told: session.server };
  } finally {
    end();
    // What was got with a secret may stand in what it says: whoever scrubs that has to know it.
    for (const value of session.told) secrets.remember(value);
    await session.close();
  }
}
