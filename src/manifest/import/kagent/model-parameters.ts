import type { JsonObject } from '../../json.ts';
import type { ForeignNode } from '../foreign.ts';
import { given } from '../given.ts';
import { numberIn } from './numeric-text.ts';

/** What a ModelConfig says of how the model is asked, each at its place. */
export interface AskedParameters {
  readonly temperature?: ForeignNode | undefined;
  readonly topP?: ForeignNode | undefined;
  readonly maxOutputTokens?: ForeignNode | undefined;
  readonly seed?: ForeignNode | undefined;
  readonly effort?: ForeignNode | undefined;
  readonly stop?: readonly string[] | undefined;
  /** The highest temperature that pawl lets through to the provider. */
  readonly temperatureMax?: number;
}

/**
 * Tokens of one answer where the manifest says nothing. kagent leaves it to the provider; pawl always bounds an answer,
 * and this is what every current model can give.
 */
const outputTokensDefault = 4_096;

/** `ModelEndpoint.spec.parameters`. */
export function parametersOf(asked: AskedParameters, model: ForeignNode): JsonObject {
  const { temperature, topP, maxOutputTokens, seed, effort, stop, temperatureMax = 2 } = asked;
  const tokens = maxOutputTokens && numberIn(maxOutputTokens, { min: 0, max: 1_000_000 });
  const isBounded = tokens !== undefined && tokens > 0;
  if (!isBounded)
    model.flag(
      'import.default_limit',
      `No bound of an answer is written: here it is ${outputTokensDefault} tokens, in \`parameters.maxOutputTokens\`.`,
    );
  return given({
    temperature: temperature && numberIn(temperature, { min: 0, max: temperatureMax }),
    topP: topP && numberIn(topP, { min: 0, max: 1 }),
    maxOutputTokens: isBounded ? tokens : outputTokensDefault,
    seed: seed && numberIn(seed, { min: 0, max: 2_147_483_647 }),
    reasoningEffort: effort && effortIn(effort),
    stop: stop === undefined || stop.length === 0 ? undefined : [...stop],
  });
}

function effortIn(node: ForeignNode): string | undefined {
  const effort = node.text();
  if (effort !== 'xhigh' && effort !== 'max') return effort;
  node.flag('import.parameter', `The effort \`${effort}\` becomes \`high\`: pawl knows no more.`);
  return 'high';
}

/** Says of a parameter that it is not sent; one that changes nothing is left out without a word of warning. */
export function leaveOut(node: ForeignNode, neutral?: number): void {
  const value = node.json();
  if (value === undefined || value === '') return;
  if (neutral !== undefined && Number(value) === neutral) return node.ignore('It changes nothing.');
  node.flag('import.parameter', `\`${node.field}\` is not sent: pawl has no such parameter.`);
}

/** Says of a time limit of one request that pawl's own hold. */
export function leaveTimeout(node: ForeignNode): void {
  if (node.number() === undefined) return;
  const limits = 'pawl waits five minutes for an answer, and no longer than the timeout of the agent’s step';
  node.flag('import.parameter', `\`${node.field}\` is not kept: ${limits}.`);
}
