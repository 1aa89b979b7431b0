import type { GuardProvider } from '../manifest/bundle-guard.ts';
import { isJsonObject, type Json } from '../manifest/json.ts';
import { type Check, type GuardRequest, nothingFound, type TextFinding } from './guard.ts';
import { eachText, malformed, postJson } from './service.ts';

type Http = Extract<GuardProvider, { type: 'http' }>;

/** Asks a service of the author's own: `{mode, call, text}` gives `{verdict: allow | block | mask, text}`. */
export function askHttp(
  provider: Http,
  { mode, call, texts }: GuardRequest,
  check: Check,
): Promise<readonly TextFinding[]> {
  return eachText(texts, async (text) => findingOf(await postJson(provider, { mode, call, text }, check), text));
}

const members: ReadonlySet<string> = new Set(['verdict', 'text']);

function findingOf(answer: Json, asked: string): TextFinding {
  if (!isJsonObject(answer)) throw malformed('no JSON object');
  if (Object.keys(answer).some((name) => !members.has(name))) throw malformed('a member besides `verdict` and `text`');
  const { verdict, text } = answer;
  if (text !== undefined && typeof text !== 'string') throw malformed('a `text` that is no string');
  switch (verdict) {
    case 'allow':
      // One that changes a text and calls it allowed is not understood, and not trusted.
      if (text !== undefined && text !== asked) throw malformed('`allow` with another text');
      return nothingFound;
    case 'block':
      return { found: { block: 1 }, refused: true };
    case 'mask':
      if (text === undefined) throw malformed('`mask` without a text');
      return { found: { mask: 1 }, masked: storable(text) };
    default:
      throw malformed('no verdict that is known');
  }
}

function storable(text: string): string {
  if (/\p{Surrogate}|\0/u.test(text)) throw malformed('a text that cannot be stored');
  return text;
}
