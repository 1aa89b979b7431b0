import type { BundleTool } from '../manifest/bundle.ts';
import type { Json, JsonObject } from '../manifest/json.ts';
import { parseStrictJson } from '../policy/strict-json.ts';
import { type AuthHeader, authorised } from './auth.ts';
import { type EgressOutcome, type EgressRequest, egress } from './egress.ts';
import type { ToolCallOptions } from './options.ts';
import { expandBody, expandHeader, expandText, expandUrl, TemplateRefusal } from './template.ts';
import type { ToolOutcome } from './tool.ts';

export type HttpTool = BundleTool & { readonly impl: Extract<BundleTool['impl'], { type: 'http' }> };

/** Makes the request that the tool's template describes, and says what became of it. */
export async function callHttp(tool: HttpTool, args: JsonObject, options: ToolCallOptions): Promise<ToolOutcome> {
  let request: EgressRequest;
  try {
    request = requestOf(tool, args, options);
  } catch (cause) {
    if (cause instanceof TemplateRefusal)
      return { kind: 'failed', code: cause.code, message: cause.message, retryable: false };
    throw cause;
  }
  const rules = { ...tool.impl.egress, within: options.egress };
  const { signal, deadlineMs } = request;
  const reach = { ...rules, network: options.network, secrets: options.secrets, signal, deadlineMs };
  const outcome = await authorised(tool.impl.auth, reach, (auth, leftMs) =>
    egress({ ...withAuth(request, auth), deadlineMs: leftMs }, rules, options.network),
  );
  return outcome.kind === 'answered' ? resultOf(tool, outcome, options) : interrupted(tool, outcome);
}

/** May the call be made a second time without doing something a second time? */
function isRepeatable(tool: BundleTool): boolean {
  return tool.idempotent || tool.operations.every((operation) => operation === 'read');
}

function requestOf(tool: HttpTool, args: JsonObject, options: ToolCallOptions): EgressRequest {
  const { impl } = tool;
  const headers: Record<string, string> = {};
  for (const [name, template] of Object.entries(impl.headers)) {
    const text = expandHeader(name, template, args);
    if (text !== undefined) headers[ownable(name)] = text;
  }
  headers['idempotency-key'] = options.idempotencyKey;
  headers['user-agent'] ??= 'pawl';
  const body = impl.body === undefined ? undefined : expandBody(impl.body, args);
  if (body !== undefined) headers['content-type'] ??= 'application/json';
  if (impl.auth?.profile === 'apiKeyHeader' && impl.auth.headerName !== undefined) ownable(impl.auth.headerName);
  return {
    method: impl.method,
    url: withQuery(expandUrl(impl.url, args), impl.query, args),
    headers,
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    credentials: [],
    deadlineMs: Math.min(tool.timeoutMs, options.timeoutMs ?? Number.POSITIVE_INFINITY),
    responseBytesMax: tool.maxResultBytes,
    signal: options.signal,
    mayStart: options.mayStart,
  };
}

/** Headers that frame the message or that pawl answers for; a template's own would lie about one of them. */
const reserved: ReadonlySet<string> = new Set([
  'host',
  'content-length',
  'transfer-encoding',
  'connection',
  'keep-alive',
  'upgrade',
  'expect',
  'te',
  'trailer',
  'accept-encoding',
  'proxy-authorization',
  'idempotency-key',
]);

function ownable(name: string): string {
  const lower = name.toLowerCase();
  if (!reserved.has(lower)) return lower;
  throw new TemplateRefusal('tool.template_invalid', `The header ${name} is pawl’s own; take it out of the tool.`);
}

function withQuery(url: string, query: Readonly<Record<string, string>>, args: JsonObject): string {
  const parameters = new URLSearchParams();
  for (const [name, template] of Object.entries(query)) {
    const text = expandText(template, args);
    if (text !== undefined) parameters.append(name, text);
  }
  if (parameters.size === 0) return url;
  const hashAt = url.indexOf('#');
  const bare = hashAt === -1 ? url : url.slice(0, hashAt);
  return `${bare}${bare.includes('?') ? '&' : '?'}${parameters.toString()}`;
}

function withAuth(request: EgressRequest, auth: AuthHeader | undefined): EgressRequest {
  if (auth === undefined) return request;
  return { ...request, headers: { ...request.headers, [auth.name]: auth.value }, credentials: [auth.name] };
}

/** Nobody answered, or not to the end. What may have had its effect is unknown unless it may simply be made again. */
function interrupted(tool: BundleTool, outcome: Exclude<EgressOutcome, { kind: 'answered' }>): ToolOutcome {
  const { message } = outcome;
  switch (outcome.kind) {
    case 'tooLarge':
      return { kind: 'failed', code: 'result.too_large', message, retryable: false };
    case 'denied':
      return broken(tool, { code: 'egress.denied', message, sent: outcome.sent, retryable: false });
    case 'timeout':
      return broken(tool, { code: 'tool.timeout', message, sent: outcome.sent, retryable: true });
    case 'aborted':
      return broken(tool, { code: 'tool.aborted', message, sent: outcome.sent, retryable: true });
    case 'network':
      return broken(tool, { code: 'tool.network', message, sent: outcome.sent, retryable: true });
  }
}

interface Break {
  readonly code: string;
  readonly message: string;
  readonly sent: boolean;
  readonly retryable: boolean;
}

function broken(tool: BundleTool, { code, message, sent, retryable }: Break): ToolOutcome {
  if (sent && !isRepeatable(tool)) return { kind: 'unknown', code, message };
  return { kind: 'failed', code, message, retryable };
}

/** How much of an error's answer is told: enough to see what was wrong with the request. */
const errorTextMax = 300;

function resultOf(
  tool: BundleTool,
  answer: Extract<EgressOutcome, { kind: 'answered' }>,
  { secrets }: ToolCallOptions,
): ToolOutcome {
  const { status, headers, body } = answer;
  const encoding = headers.get('content-encoding') ?? 'identity';
  if (encoding !== 'identity') return invalid(`The answer is compressed with ${encoding}, which was not asked for.`);
  const text = textOf(body);
  if (status >= 300) {
    const retryable = (status === 429 || status >= 500) && isRepeatable(tool);
    // Scrubbed before it is cut: the first half of a secret is not the secret, and would pass.
    const told = text === undefined || text === '' ? '' : `: ${secrets.scrubBody(text).slice(0, errorTextMax)}`;
    return {
      kind: 'failed',
      code: codeOf(status),
      message: `The tool answered with status ${status}${told}`,
      retryable,
    };
  }
  if (text === undefined) return invalid('The answer is not UTF-8 text without NUL.');
  if (text === '') return { kind: 'done', output: null };
  if (!/^application\/(?:[^;]+\+)?json\s*(?:;|$)/i.test(headers.get('content-type') ?? ''))
    return { kind: 'done', output: text };
  return jsonResult(text, tool);
}

/** Types that a retry policy tells apart. */
function codeOf(status: number): string {
  if (status === 429) return 'tool.rate_limited';
  return status >= 500 ? 'tool.unavailable' : 'tool.failed';
}

function jsonResult(text: string, tool: BundleTool): ToolOutcome {
  const parsed = parseStrictJson(text, { bytes: tool.maxResultBytes, depth: 64, values: 1_000_000 });
  if (parsed.kind !== 'parsed')
    return invalid(`The answer says that it is JSON and is not usable as such. ${parsed.message}`);
  return { kind: 'done', output: parsed.value satisfies Json };
}

function invalid(message: string): ToolOutcome {
  return { kind: 'failed', code: 'result.invalid', message, retryable: false };
}

function textOf(bytes: Uint8Array): string | undefined {
  try {
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: false }).decode(bytes);
    return text.includes('\0') ? undefined : text;
  } catch {
    return undefined; // The decoder is fatal on purpose: U+FFFD in place of bytes would be a silent change.
  }
}
