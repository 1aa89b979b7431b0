import type { GuardProvider } from '../manifest/bundle-guard.ts';
import { isJsonList, isJsonObject, type Json, type JsonObject, own } from '../manifest/json.ts';
import { type Check, type GuardRequest, nothingFound, type TextFinding } from './guard.ts';
import { malformed, postJson, type Service } from './service.ts';

type Moderation = Extract<GuardProvider, { type: 'openaiModeration' }>;

/** The endpoint takes a list; one request for each of these many texts. */
const textsAtOnce = 32;

/** Asks OpenAI's moderation endpoint, which says of a text that it is harmful, and not where. */
export async function askModeration(
  provider: Moderation,
  { texts }: GuardRequest,
  check: Check,
): Promise<readonly TextFinding[]> {
  const { baseUrl, allowPrivate, model, secret } = provider;
  const url = `${baseUrl.replace(/\/+$/, '')}/moderations`;
  const service: Service = { url, allowPrivate, auth: { profile: 'bearer', secret } };
  const findings: TextFinding[] = [];
  for (let at = 0; at < texts.length; at += textsAtOnce) {
    const input = texts.slice(at, at + textsAtOnce);
    const answer = await postJson(service, { model, input }, check);
    const results = isJsonObject(answer) ? answer['results'] : undefined;
    if (!isJsonList(results) || results.length !== input.length) throw malformed('not one result for each text');
    findings.push(...results.map((result) => findingOf(result, provider)));
  }
  return findings;
}

function findingOf(result: Json, { categories, minScore }: Moderation): TextFinding {
  if (!isJsonObject(result) || typeof result['flagged'] !== 'boolean') throw malformed('a result without `flagged`');
  const flags = objectOf(result, 'categories');
  const scores = objectOf(result, 'category_scores');
  const names = categories ?? Object.keys(flags);
  const hits = names.filter((name) =>
    minScore === undefined ? isFlagged(flags, name) : scoreOf(scores, name) >= minScore,
  );
  if (hits.length > 0) return { found: Object.fromEntries(hits.map((name) => [name, 1])) };
  // A text that is flagged for a category that it does not list was not understood.
  const isUnsaid = categories === undefined && minScore === undefined && result['flagged'];
  return isUnsaid ? { found: { flagged: 1 } } : nothingFound;
}

function objectOf(result: JsonObject, name: string): JsonObject {
  const value = result[name];
  if (!isJsonObject(value)) throw malformed(`a result without \`${name}\``);
  return value;
}

/** A category that the Guard names and the endpoint does not know would never be found. */
function isFlagged(flags: JsonObject, name: string): boolean {
  const flag = own(flags, name);
  if (typeof flag !== 'boolean') throw malformed(`nothing about \`${name}\``);
  return flag;
}

function scoreOf(scores: JsonObject, name: string): number {
  const score = own(scores, name);
  if (typeof score !== 'number' || !(score >= 0 && score <= 1)) throw malformed(`no score for \`${name}\``);
  return score;
}
