import { constants } from 'node:os';
import { type Json, own } from '../manifest/json.ts';
import type { BundleTool } from '../manifest/bundle.ts';
import { parseStrictJson } from '../policy/strict-json.ts';
import type { IsolatedExit } from './isolation/isolated.ts';
import type { Cut, ProgramEnd } from './program-run.ts';
import type { ToolOutcome } from './tool.ts';

/** How much of the error output is told. */
const errorTextMax = 500;

/**
 * A program that ended by itself says what became of the call. One that was ended may have had its effect: that is
 * unknown, unless the call may simply be made again. `scrub` takes secrets out of what the program said.
 */
export function programOutcome(tool: BundleTool, end: ProgramEnd, scrub: (text: string) => string): ToolOutcome {
  const { exit, cut, output, errors } = end;
  // Scrubbed before it is cut: the second half of a secret is not the secret, and would pass.
  const words = scrub(errors).trim().slice(-errorTextMax);
  const said = words === '' ? '.' : `: ${words}`;
  if (cut === undefined && exit.cause === 'start')
    return failed('isolation.unavailable', `The program could not be started${said}`);
  const how = cut === undefined ? endedBy(exit) : cuts[cut];
  if (how !== undefined) return broken(tool, { code: cut ?? 'tool.failed', message: `The program ${how}${said}` });
  if (exit.code !== 0) return failed('tool.failed', `The program ended with ${exit.code}${said}`);
  return resultOf(tool, output);
}

const cuts: Readonly<Record<Cut, string>> = {
  'tool.timeout': 'took longer than it may',
  'tool.aborted': 'was ended because its run was given up',
  'result.too_large': 'wrote more than `maxResultBytes`',
};

function endedBy({ code, signal, cause }: IsolatedExit): string | undefined {
  if (cause === 'memory') return 'was ended because it took more memory than it may';
  if (cause === 'cpu') return 'was ended because it took more processor time than it may';
  const killer = signal ?? signalOf(code);
  return killer === undefined ? undefined : `was ended by ${killer}`;
}

/** Who watches a program tells of a signal as shells do, by 128 and its number. */
function signalOf(code: number | null): string | undefined {
  if (code === null || code <= 128) return undefined;
  return Object.entries(constants.signals).find(([, number]) => number === code - 128)?.[0];
}

/** May the call be made a second time without doing something a second time? */
function isRepeatable({ idempotent, operations }: BundleTool): boolean {
  return idempotent || operations.every((operation) => operation === 'read');
}

function broken(tool: BundleTool, { code, message }: { readonly code: string; readonly message: string }): ToolOutcome {
  if (!isRepeatable(tool)) return { kind: 'unknown', code, message };
  return { kind: 'failed', code, message, retryable: code === 'tool.timeout' || code === 'tool.aborted' };
}

function failed(code: string, message: string): ToolOutcome {
  return { kind: 'failed', code, message, retryable: false };
}

/** JSON where the tool says what its results are like, or where it is an object or a list; else text. */
function resultOf(tool: BundleTool, output: Uint8Array): ToolOutcome {
  const text = textOf(output);
  if (text === undefined) return failed('result.invalid', 'The program wrote no UTF-8 text, or NUL.');
  const isText = own(tool.outputSchema ?? {}, 'type') === 'string';
  const isPromised = tool.outputSchema !== undefined && !isText;
  if (!isPromised && (isText || !/^\s*[[{]/.test(text))) return { kind: 'done', output: withoutLineBreak(text) };
  const parsed = parseStrictJson(text, { bytes: tool.maxResultBytes, depth: 64, values: 1_000_000 });
  if (parsed.kind === 'parsed') return { kind: 'done', output: parsed.value satisfies Json };
  if (!isPromised) return { kind: 'done', output: withoutLineBreak(text) };
  return failed('result.invalid', `The program wrote no JSON that can be used. ${parsed.message}`);
}

function textOf(bytes: Uint8Array): string | undefined {
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    return text.includes('\0') ? undefined : text;
  } catch {
    // It is not UTF-8.
    return undefined;
  }
}

function withoutLineBreak(text: string): string {
  return text.replace(/\r?\n$/, '');
}
