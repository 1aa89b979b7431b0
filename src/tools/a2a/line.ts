import type { BundleTool } from '../../manifest/bundle.ts';
import { parseStrictJson } from '../../policy/strict-json.ts';
import { authorised } from '../auth.ts';
import { type EgressOutcome, egress } from '../egress.ts';
import type { ToolCallOptions } from '../options.ts';

export type ExternalTool = BundleTool & { readonly impl: Extract<BundleTool['impl'], { readonly type: 'a2a' }> };

/** The only way by which the SDK reaches an agent elsewhere: under the egress guard, within the call's deadline. */
export class Line {
  readonly #tool: ExternalTool;
  readonly #options: ToolCallOptions;
  readonly #endMs: number;
  #outcome: EgressOutcome | undefined;
  #fault: Error | undefined;

  constructor(tool: ExternalTool, options: ToolCallOptions) {
    this.#tool = tool;
    this.#options = options;
    this.#endMs = performance.now() + Math.min(tool.timeoutMs, options.timeoutMs ?? Number.POSITIVE_INFINITY);
  }

  /** Whole milliseconds until the call is over; never less than none. */
  leftMs(): number {
    return Math.max(0, Math.ceil(this.#endMs - performance.now()));
  }

  /** `host:port` of the agent, for people. */
  get host(): string {
    return new URL(this.#tool.impl.url).host;
  }

  /** What came of the last exchange. Throws what kept a credential from it. */
  outcome(): EgressOutcome | undefined {
    if (this.#fault !== undefined) throw this.#fault;
    return this.#outcome;
  }

  /** A `fetch` for the SDK, which lets nothing through that is not strict JSON. `signal`: of this use of it. */
  fetcher(signal: AbortSignal, deadlineMs: () => number): typeof fetch {
    return async (input, init) => {
      this.#outcome = undefined;
      this.#fault = undefined;
      const url = input instanceof Request ? input.url : input.toString();
      try {
        this.#outcome = await this.#exchange(url, init ?? {}, { signal, deadlineMs: Math.max(1, deadlineMs()) });
      } catch (cause) {
        this.#fault = cause instanceof Error ? cause : new Error(String(cause), { cause });
        throw cause;
      }
      const outcome = this.#outcome;
      if (outcome.kind !== 'answered') throw new Error(outcome.message);
      return new Response(strictText(outcome.body), { status: outcome.status, headers: jsonHeaders });
    };
  }

  async #exchange(url: string, init: RequestInit, { signal, deadlineMs }: Bounds): Promise<EgressOutcome> {
    const { impl, maxResultBytes } = this.#tool;
    const { secrets, network, egress: within, mayStart } = this.#options;
    const { origin } = new URL(impl.url);
    const rules = { hosts: [origin], allowPrivate: impl.allowPrivate, within };
    const reach = { allowPrivate: impl.allowPrivate, within, network, secrets, signal, deadlineMs };
    const headers = Object.fromEntries(new Headers(init.headers).entries());
    return authorised(impl.auth, reach, (auth, leftMs) =>
      egress(
        {
          method: init.method ?? 'GET',
          url,
          headers: { ...headers, 'user-agent': 'pawl', ...(auth === undefined ? {} : { [auth.name]: auth.value }) },
          ...(typeof init.body === 'string' ? { body: init.body } : {}),
          credentials: auth === undefined ? [] : [auth.name],
          deadlineMs: leftMs,
          responseBytesMax: maxResultBytes,
          // What was reviewed is this address: an agent that moved is another agent.
          redirects: 0,
          signal,
          mayStart,
        },
        rules,
        network,
      ),
    );
  }
}

interface Bounds {
  readonly signal: AbortSignal;
  readonly deadlineMs: number;
}

/** The SDK waits for a stream where it is told of one: every answer here is a whole one. */
const jsonHeaders = { 'content-type': 'application/json' };

/** Nothing where it is no strict JSON: what the SDK then says of it is not read. */
function strictText(body: Uint8Array): string {
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: false }).decode(body);
  } catch {
    return ''; // The decoder is fatal on purpose: U+FFFD in place of bytes would be a silent change.
  }
  const parsed = parseStrictJson(text, { bytes: body.byteLength, depth: 64, values: 1_000_000 });
  return parsed.kind === 'parsed' ? JSON.stringify(parsed.value) : '';
}
