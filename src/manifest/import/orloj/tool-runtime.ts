import type { JsonObject } from '../../json.ts';
import type { ForeignDocument, ForeignNode } from '../foreign.ts';
import { given } from '../given.ts';
import { durationText, goDurationMs } from '../go-duration.ts';
import { operationsOf } from './governance.ts';

const timeoutDefault = '30s';
const weekMs = 7 * 24 * 3_600_000;
const attemptsMax = 20;

/** How long a call may take, and whether it is made again. */
export function runtimeOf(document: ForeignDocument): JsonObject {
  const runtime = document.spec.get('runtime');
  runtime.get('isolation_mode').json();
  return given({
    timeout: durationOf(runtime.get('timeout')) ?? timeoutDefault,
    retry: retryOf(document, runtime.get('retry')),
  });
}

/** A duration of Orloj as pawl writes it; undefined where nothing or nothing at all is said. */
export function durationOf(node: ForeignNode): string | undefined {
  const text = node.text()?.trim() ?? '';
  if (text === '') return undefined;
  const ms = goDurationMs(text);
  if (ms === undefined) {
    node.refuse({ code: 'import.schema', message: `\`${node.field}\` is no duration, such as \`30s\` or \`1m30s\`.` });
    return undefined;
  }
  if (ms > weekMs) {
    node.refuse({ message: 'A time in pawl is at most seven days.', help: 'Shorten it.' });
    return undefined;
  }
  return ms === 0 ? undefined : durationText(ms);
}

function retryOf(document: ForeignDocument, node: ForeignNode): JsonObject | undefined {
  const attempts = node.get('max_attempts');
  const wanted = attempts.number() ?? 1;
  const initial = durationOf(node.get('backoff'));
  const max = durationOf(node.get('max_backoff')) ?? '30s';
  const jitter = node.get('jitter').text() ?? 'none';
  if (wanted <= 1) return undefined;
  if (operationsOf(document).some((operation) => operation !== 'read')) {
    const message =
      'Orloj makes a failed call again, whatever it may have done. pawl does so only of reads, and of tools that say `idempotent: true`: add `retry` with it.';
    attempts.flag('import.stricter', message);
    return undefined;
  }
  if (wanted > attemptsMax) attempts.flag('import.stricter', `pawl makes at most ${attemptsMax} attempts.`);
  return {
    maxAttempts: Math.min(wanted, attemptsMax),
    backoff: { initial: shorter(initial ?? '1ms', max), max, jitter },
  };
}

/** A first pause is at most the longest. */
function shorter(one: string, other: string): string {
  return (goDurationMs(one) ?? 0) <= (goDurationMs(other) ?? 0) ? one : other;
}
