import type { Json, JsonObject } from '../../json.ts';
import type { ForeignNode } from '../foreign.ts';
import { given } from '../given.ts';
import { allowPrivate } from '../private-url.ts';

/** An MCP server that answers at a URL; the operator pins nothing, so it can be tried before it is pinned. */
export function serverSpec(
  node: ForeignNode,
  { url, ...more }: { readonly url: string; readonly [field: string]: Json | undefined },
): JsonObject {
  node.flag(
    'import.unpinned',
    'The operator pins no tools: with `pin: onDeclare` it can be planned, and no model is offered its tools until `pawl mcp pin` has put them into `pawl.lock.yaml`.',
  );
  return given({
    transport: 'http',
    url,
    allowPrivate: allowPrivate(node, url),
    pin: 'onDeclare',
    ...more,
  });
}
