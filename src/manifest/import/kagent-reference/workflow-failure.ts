import { isJsonObject, type JsonObject } from '../../json.ts';
import type { ForeignNode } from '../foreign.ts';
import { given } from '../given.ts';
import { durationIn } from './memory-block.ts';
import type { NodeNames } from './workflow-expression.ts';
import { nodeOf } from './workflow-order.ts';

/** `retry` of a node: the step's own, or that of the whole workflow. */
export function retryOf(step: ForeignNode, all: ForeignNode): JsonObject | undefined {
  const own = readRetry(step.get('retry'));
  const common = readRetry(all.get('retry'));
  return own ?? common;
}

function readRetry(retry: ForeignNode): JsonObject | undefined {
  if (!retry.exists) return undefined;
  const backoff = retry.get('backoff');
  const jitter = backoff.get('jitter').boolean();
  const pause = given({
    initial: durationIn(backoff.get('initial')),
    max: durationIn(backoff.get('max')),
    multiplier: backoff.get('multiplier').number(),
    jitter: jitter === undefined ? undefined : jitter ? 'full' : 'none',
  });
  const on = retry.get('retryOn').texts();
  return given({
    maxAttempts: retry.get('maxAttempts').number(),
    backoff: Object.keys(pause).length === 0 ? undefined : pause,
    on: on.length === 0 ? undefined : [...new Set(on)],
  });
}

/** `onError` of a node; undefined: the run fails, as it does in both. */
export function onErrorOf(written: ForeignNode, names: NodeNames): string | undefined {
  if (!written.exists) return undefined;
  const { value } = written;
  written.json();
  if (typeof value === 'string' && /^(fail|continue)$/i.test(value))
    return value.toLowerCase() === 'fail' ? undefined : 'continue';
  const fallback = fallbackOf(written);
  const node = fallback === undefined ? undefined : nodeOf(fallback, names);
  if (node !== undefined) return `goto ${node}`;
  if (fallback === undefined)
    written.refuse({
      code: 'import.schema',
      message: `\`${written.field}\` must be \`Fail\`, \`Continue\` or \`{fallback: {step: NAME}}\`.`,
    });
  return undefined;
}

/** The step that a failure leads to, where one is named. */
export function fallbackOf(written: ForeignNode): ForeignNode | undefined {
  const fallback = written.get('fallback');
  if (typeof fallback.value === 'string') return fallback;
  const step = isJsonObject(fallback.value) ? fallback.get('step') : undefined;
  return step !== undefined && typeof step.value === 'string' ? step : undefined;
}

/** `onFailure` of the system: the node that runs when the run fails. */
export function onFailureOf(written: ForeignNode, names: NodeNames): string | undefined {
  if (!written.exists) return undefined;
  const { value } = written;
  written.json();
  if (typeof value === 'string' && value.toLowerCase() === 'fail') return undefined;
  const step = written.get('step');
  if (typeof step.value === 'string') return nodeOf(step, names);
  const isCompensation = typeof value === 'string' && value.toLowerCase() === 'compensate';
  written.refuse(
    isCompensation
      ? { message: 'pawl undoes no steps by itself.', help: 'Name the step that does it: `onFailure: {step: NAME}`.' }
      : { code: 'import.schema', message: `\`${written.field}\` must be \`Fail\` or \`{step: NAME}\`.` },
  );
  return undefined;
}
