import type { BundleTool } from '../../manifest/bundle.ts';
import { parseStrictJson } from '../../policy/strict-json.ts';
import type { ToolCallOptions } from '../options.ts';
import type { ToolOutcome } from '../tool.ts';
import { ThreadPool, type ThreadOutcome, type ThreadRequest } from './pool.ts';

/**
 * Makes a call in a thread, and says what became of it. What runs there reaches nothing, so that a call that was broken
 * off did nothing, and is never of unknown outcome.
 */
export async function callThread(
  tool: BundleTool & { readonly impl: { readonly isolation: { readonly cpuTimeMs?: number } } },
  options: ToolCallOptions,
  request: Pick<ThreadRequest, 'module' | 'call'>,
): Promise<ToolOutcome> {
  // A thread does nothing but compute: by the clock it never has more processor time than has passed.
  const deadlineMs = Math.min(
    tool.timeoutMs,
    options.timeoutMs ?? Number.POSITIVE_INFINITY,
    tool.impl.isolation.cpuTimeMs ?? Number.POSITIVE_INFINITY,
  );
  const outcome = await threads.run({ ...request, deadlineMs, signal: options.signal });
  return toldOf(outcome, { tool, options, deadlineMs });
}

/** Of this process: what bounds them is its processors, whoever calls. */
const threads = new ThreadPool();

interface Telling {
  readonly tool: BundleTool;
  readonly options: ToolCallOptions;
  readonly deadlineMs: number;
}

function toldOf(outcome: ThreadOutcome, { tool, options, deadlineMs }: Telling): ToolOutcome {
  switch (outcome.kind) {
    case 'done':
      return result(outcome.output, tool);
    case 'exited':
      return failure('tool.failed', `The module ended with exit code ${outcome.code}${said(outcome.errors, options)}`);
    case 'failed':
      return failure('tool.failed', `${told(outcome.message, options)}${said(outcome.errors, options)}`);
    case 'uncompiled':
      return failure('tool.failed', outcome.message);
    case 'outOfFuel':
      return failure('tool.fuel', 'The module used up its fuel.');
    case 'tooLarge':
      return failure('result.too_large', `The result is longer than ${tool.maxResultBytes} bytes.`);
    case 'died':
      return failure('tool.failed', `The thread of the call ended: ${outcome.message}`);
    case 'timeout': {
      const message = outcome.waited
        ? `No thread was free within ${deadlineMs} ms.`
        : `The call was ended after ${deadlineMs} ms.`;
      return { kind: 'failed', code: 'tool.timeout', message, retryable: true };
    }
    case 'aborted':
      return { kind: 'failed', code: 'tool.aborted', message: 'The call was given up.', retryable: true };
    case 'refused': {
      const message = 'Too many calls wait for a thread.';
      return { kind: 'failed', code: 'tool.unavailable', message, retryable: true };
    }
  }
}

/** Of a failure's message, which holds what a function threw. */
const toldMax = 1000;

/** Without secrets first: a cut through one would hide it from the search for it. */
function told(message: string, { secrets }: ToolCallOptions): string {
  return secrets.scrubBody(message).slice(0, toldMax);
}

/** How much of what a module says of its failure is told. */
const saidMax = 300;

function said(errors: string | undefined, { secrets }: ToolCallOptions): string {
  const text = (errors ?? '').trim();
  return text === '' ? '.' : `: ${secrets.scrubBody(text).slice(0, saidMax)}`;
}

function result(output: Uint8Array, tool: BundleTool): ToolOutcome {
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(output);
  } catch {
    return failure('result.invalid', 'The result is not UTF-8.'); // Fatal on purpose: U+FFFD would be a silent change.
  }
  if (text.trim() === '') return failure('result.invalid', 'The module wrote no result.');
  const parsed = parseStrictJson(text, { bytes: tool.maxResultBytes, depth: 64, values: 1_000_000 });
  if (parsed.kind === 'parsed') return { kind: 'done', output: parsed.value };
  return failure('result.invalid', `The result is no JSON that can be used. ${parsed.message}`);
}

/** A failure that another attempt would not mend. */
export function failure(code: string, message: string): ToolOutcome {
  return { kind: 'failed', code, message, retryable: false };
}
