import type { GuardProvider } from '../manifest/bundle-guard.ts';
import { isJsonList, isJsonObject, type Json } from '../manifest/json.ts';
import { type Check, type GuardRequest, nothingFound, type TextFinding } from './guard.ts';
import { eachText, malformed, postJson, type Service } from './service.ts';
import { codePointOffsets, maskSpans, type Span } from './spans.ts';

type Presidio = Extract<GuardProvider, { type: 'presidio' }>;

/** Asks a Presidio analyzer, whose `/analyze` gives spans with an entity and a score. */
export function askPresidio(
  provider: Presidio,
  { texts }: GuardRequest,
  check: Check,
): Promise<readonly TextFinding[]> {
  const { url, language, entities, minScore } = provider;
  const service: Service = { ...provider, url: `${url.replace(/\/+$/, '')}/analyze` };
  return eachText(texts, async (text) => {
    // It refuses an empty text, in which there is nothing to find.
    if (text.trim() === '') return nothingFound;
    const asked = {
      text,
      language,
      score_threshold: minScore,
      ...(entities === undefined ? {} : { entities: [...entities] }),
    };
    return findingOf(await postJson(service, asked, check), text, provider);
  });
}

function findingOf(answer: Json, text: string, provider: Presidio): TextFinding {
  if (!isJsonList(answer)) throw malformed('no list of findings');
  // It is written in Python, whose positions count code points.
  const offsets = codePointOffsets(text);
  const found: Record<string, number> = {};
  const spans: Span[] = [];
  for (const entry of answer) {
    const { entity, start, end, score } = entryOf(entry, offsets.length - 1);
    if (score < provider.minScore || provider.entities?.includes(entity) === false) continue;
    found[entity] = (found[entity] ?? 0) + 1;
    spans.push({
      start: offsets[start] ?? 0,
      end: offsets[end] ?? text.length,
      replacement: `<${entity}>`,
      strength: score,
    });
  }
  return spans.length === 0 ? nothingFound : { found, masked: maskSpans(text, spans) };
}

interface Entry {
  readonly entity: string;
  readonly start: number;
  readonly end: number;
  readonly score: number;
}

function entryOf(entry: Json, length: number): Entry {
  if (!isJsonObject(entry)) throw malformed('a finding that is no object');
  const { entity_type: entity, start, end, score } = entry;
  if (typeof entity !== 'string' || !/^[A-Za-z][A-Za-z0-9_-]{0,63}$/.test(entity))
    throw malformed('an entity without a name');
  if (typeof score !== 'number' || !(score >= 0 && score <= 1)) throw malformed('a score that is none');
  if (!isPosition(start) || !isPosition(end) || start >= end || end > length)
    throw malformed('a span that is outside of the text');
  return { entity, start, end, score };
}

function isPosition(value: Json | undefined): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}
