import { isJsonObject } from '../manifest/json.ts';
import type { PinnedTool } from '../manifest/lock.ts';
import { objectAt } from '../manifest/manifest-reference.ts';
import type { Resource } from '../manifest/resource.ts';
import { kept } from './kept.ts';

/** What people looked at of one MCP server, as resolution joined it to the McpServer. */
export interface ServerPin {
  /** By the name at the server. */
  readonly tools: ReadonlyMap<string, PinnedTool>;
  /** What runs of a `container` server. */
  readonly imageDigest: string | undefined;
  /** The field that is another than when the tools were pinned: nothing of the pin counts. */
  readonly stale: string | undefined;
}

export const serverPin = kept((server: Resource): ServerPin => {
  const pinned = objectAt(objectAt(server.manifest, 'spec'), 'pinned');
  const { imageDigest, stale } = pinned;
  const tools = Object.entries(objectAt(pinned, 'tools')).flatMap(([name, tool]) =>
    // The lock file was checked against its schema before anything of it was joined.
    isJsonObject(tool) ? [[name, tool as unknown as PinnedTool] as const] : [],
  );
  return {
    tools: new Map(tools),
    imageDigest: typeof imageDigest === 'string' ? imageDigest : undefined,
    stale: typeof stale === 'string' ? stale : undefined,
  };
});
