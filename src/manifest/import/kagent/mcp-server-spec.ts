import type { JsonObject } from '../../json.ts';
import type { Conversion } from '../conversion.ts';
import type { ForeignDocument, ForeignNode } from '../foreign.ts';
import type { ForeignEstate } from '../foreign-estate.ts';
import { given } from '../given.ts';
import { durationText, goDurationMs } from '../go-duration.ts';
import { allowedPrivate, isPrivateUrl, refuseUser } from '../private-url.ts';
import { valueRefs } from './value-refs.ts';

/** What every server of transport `http` is written with. */
export function httpServer(conversion: Conversion, node: ForeignNode, url: string | undefined): JsonObject {
  refuseUser(node, url);
  const isPrivate = url !== undefined && (isPrivateUrl(url) || isInCluster(conversion, url));
  return given({
    transport: 'http',
    url,
    allowPrivate: isPrivate ? allowedPrivate(node) : undefined,
    pin: 'onDeclare',
  });
}

/** Whether the host is a Service as a cluster names it, `name.namespace`, of a namespace that the files know. */
function isInCluster({ estate }: Conversion, url: string): boolean {
  const [name, namespace, more] = (URL.canParse(url) ? new URL(url).hostname : '').split('.');
  if (name === undefined || namespace === undefined || more !== undefined) return false;
  const known =
    namespaces.get(estate) ?? new Set([...estate.documents.keys()].map((one) => one.namespace.toLowerCase()));
  namespaces.set(estate, known);
  return known.has(namespace);
}

/** Every server asks for them. */
const namespaces = new WeakMap<ForeignEstate, ReadonlySet<string>>();

/** kagent calls whatever tools a server has at the moment. */
export function flagUnpinned(document: ForeignDocument): void {
  document.spec.flag(
    'import.unpinned',
    'kagent pins no tools: with `pin: onDeclare` it can be planned, and no model is offered its tools until `pawl mcp pin` has put them into `pawl.lock.yaml`.',
  );
}

export function refuseSse(node: ForeignNode): void {
  node.refuse({
    message: 'pawl speaks Streamable HTTP; the older transport over SSE was taken out of the protocol.',
    help: 'Name the server’s Streamable HTTP endpoint, often `/mcp` in place of `/sse`.',
  });
}

/** A timeout of kagent as pawl writes it; kagent's own is 30 seconds, as is pawl's. */
export function timeoutOf(node: ForeignNode): string | undefined {
  const text = node.text();
  if (text === undefined || text === '') return undefined;
  const ms = goDurationMs(text);
  const written = ms === undefined ? undefined : durationText(ms);
  if (written === undefined)
    node.refuse({
      code: 'import.schema',
      message: `\`${node.field}\` is no duration up to seven days, such as \`30s\`.`,
    });
  return written;
}

export function headersOf(conversion: Conversion, list: ForeignNode): readonly JsonObject[] | undefined {
  const headers = valueRefs(conversion, list);
  return headers.length === 0 ? undefined : headers;
}
