import { isPawlError } from '../errors.ts';
import type { BundleGuard } from '../manifest/bundle-guard.ts';
import {
  type Check,
  type GuardCallOptions,
  GuardFailure,
  type GuardOutcome,
  type GuardRequest,
  type TextFinding,
} from './guard.ts';
import { askHttp } from './http.ts';
import { askModeration } from './moderation.ts';
import { askPresidio } from './presidio.ts';
import { findPatterns } from './regex.ts';

/** More than any sensible call holds; a guard that would look at a part only would let the rest pass. */
export const textsMax = 2_000;
export const textBytesMax = 1024 * 1024;

/**
 * Has one guard look at the texts of a call, within its total deadline. What fails, times out or answers in another
 * form than its protocol's is `failed`; throws only on a bug.
 */
export async function callGuard(
  guard: BundleGuard,
  request: GuardRequest,
  options: GuardCallOptions,
): Promise<GuardOutcome> {
  const size = sizeFault(request.texts);
  if (size !== undefined) return { kind: 'failed', message: size };
  const endMs = performance.now() + guard.timeoutMs;
  const deadline = AbortSignal.timeout(guard.timeoutMs);
  const signal = AbortSignal.any([options.signal, deadline]);
  await options.secrets.load();
  const check: Check = { ...options, signal, deadlineMs: () => Math.max(1, Math.ceil(endMs - performance.now())) };
  try {
    const findings = await dispatch(guard, request, check);
    signal.throwIfAborted();
    return { kind: 'checked', findings };
  } catch (cause) {
    if (options.signal.aborted) return { kind: 'failed', message: 'The check was given up by its worker.' };
    if (deadline.aborted) return { kind: 'failed', message: `The check took longer than ${guard.timeoutMs} ms.` };
    if (!(cause instanceof GuardFailure) && !isPawlError(cause)) throw cause;
    return { kind: 'failed', message: options.secrets.scrubText(cause.message) };
  }
}

function dispatch(guard: BundleGuard, request: GuardRequest, check: Check): Promise<readonly TextFinding[]> {
  const { provider } = guard;
  switch (provider.type) {
    case 'regex':
      return findPatterns(provider, request, check);
    case 'http':
      return askHttp(provider, request, check);
    case 'presidio':
      return askPresidio(provider, request, check);
    case 'openaiModeration':
      return askModeration(provider, request, check);
  }
}

function sizeFault(texts: readonly string[]): string | undefined {
  if (texts.length > textsMax) return `The call holds ${texts.length} texts; a guard looks at ${textsMax} at most.`;
  const bytes = texts.reduce((sum, text) => sum + Buffer.byteLength(text), 0);
  if (bytes <= textBytesMax) return undefined;
  return `The call holds ${bytes} bytes of text; a guard looks at ${textBytesMax} at most.`;
}
