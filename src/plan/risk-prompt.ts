import { sha256 } from '../manifest/digest.ts';
import { isJsonObject, type Json, type JsonObject, own } from '../manifest/json.ts';
import type { Address, Kind, Resource } from '../manifest/resource.ts';
import { shownText } from '../manifest/shown.ts';
import { kept } from '../policy/kept.ts';
import { type HiddenCharacter, hiddenBrought, hiddenCharacters } from './hidden-characters.ts';
import { oldAddress } from './risk-access.ts';
import { causeAt, type FoundRisk } from './risk-found.ts';
import type { FoundItem } from './risk-items.ts';
import { pointerKey, sensitiveFields, sensitivePointers } from './sensitive.ts';
import type { Sides } from './sides.ts';

/**
 * R11: what a change brings into texts that models read, or hides anywhere. A pattern proves nothing about a text; it
 * says where to look, so that this is a notice and only what is new is named.
 */
export function promptRisks(sides: Sides): readonly FoundRisk[] {
  return sides.changed.flatMap((address) => {
    const after = sides.after.get(address);
    if (after === undefined) return [];
    const before = sides.before.get(oldAddress(sides, address));
    const items = suspicious(before, after);
    return items.length === 0 ? [] : [promptRisk(sides, address, items)];
  });
}

function promptRisk(sides: Sides, address: Address, items: readonly FoundItem[]): FoundRisk {
  const [first] = items;
  const more = items.length > 1 ? `, and ${items.length - 1} more` : '';
  return {
    class: 'R11',
    subject: address,
    title: `${address} brings what deserves a look: ${first?.detail ?? ''}${more}.`,
    items,
    causes: [causeAt(sides, address)],
    owned: [],
  };
}

function suspicious(before: Resource | undefined, after: Resource): readonly FoundItem[] {
  const brought = (of: 'phrases' | 'urls' | 'blobs') => broughtTo(after, before, of);
  return [
    ...hiddenTo(after, before).map(({ character, name, count }) => ({
      detail: `${count} hidden ${count === 1 ? 'character' : 'characters'} ${character} ${name}`,
      key: ['hidden', character, count],
    })),
    ...brought('phrases').map((phrase) => item('the phrase', phrase)),
    ...brought('urls').map((url) => item('the URL', url)),
    ...brought('blobs').map((blob) => ({
      detail: `${blob.length} characters that look like base64`,
      key: ['base64', sha256(blob)],
    })),
  ];
}

/** What of a resource deserves a look. Of nearly every one there is nothing, and nothing to compare with. */
const looksOf = kept((resource: Resource) => {
  const text = modelText(resource);
  const hides = hiddenCharacters(everyText(resource)).length > 0;
  return { hides, phrases: phrasesIn(text), urls: urlsIn(text), blobs: blobsIn(text) };
});

function hiddenTo(after: Resource, before: Resource | undefined): readonly HiddenCharacter[] {
  if (!looksOf(after).hides) return [];
  return hiddenBrought(before === undefined ? '' : everyText(before), everyText(after));
}

function item(what: string, text: string): FoundItem {
  return { detail: `${what} "${shownText(text)}"`, key: [what, sha256(text)] };
}

function broughtTo(after: Resource, before: Resource | undefined, of: 'phrases' | 'urls' | 'blobs'): readonly string[] {
  const has = looksOf(after)[of];
  if (has.size === 0) return [];
  const had = before === undefined ? undefined : looksOf(before)[of];
  return [...has]
    .filter((one) => had?.has(one) !== true)
    .sort()
    .slice(0, findingsMax);
}

const findingsMax = 20;

/** Written to a model, these ask it to leave what it was told. */
const overrides =
  /\b(?:(?:ignore|disregard|forget|bypass|override)\s(?:\w+\s){0,3}(?:instructions?|rules?|prompts?|polic(?:y|ies)|guidelines?|restrictions?)|you\sare\snow\s(?:\w+\s){0,2}(?:unrestricted|free|root|admin|developer|dan)\b|(?:do\snot|don't|never)\s(?:tell|inform|mention|reveal|show)\s(?:\w+\s){0,3}(?:users?|operators?|reviewers?|humans?)|without\s(?:asking|telling|approval|confirmation|permission)|developer\smode|jailbreak|(?:reveal|print|repeat|output)\s(?:\w+\s){0,3}system\sprompt)/g;
const ordinaryLength = 200_000;

function phrasesIn(text: string): ReadonlySet<string> {
  // Letters of other widths, hidden characters and line breaks in between are how such words are hidden.
  const plain = text
    .slice(0, ordinaryLength)
    .normalize('NFKC')
    .replace(/\p{Default_Ignorable_Code_Point}/gu, '')
    .replace(/\s+/g, ' ')
    .toLowerCase();
  return new Set(Array.from(plain.matchAll(overrides), ([found]) => found));
}

function urlsIn(text: string): ReadonlySet<string> {
  return new Set(
    Array.from(text.matchAll(/\b(?:https?|ftp|wss?|data|javascript):[^\s"'<>()[\]{}`\\]{3,2000}/gi), ([url]) => url),
  );
}

function blobsIn(text: string): ReadonlySet<string> {
  const blobs = Array.from(text.matchAll(/[A-Za-z0-9+/_-]{80,}={0,2}/g), ([blob]) => blob);
  // Long words, paths and rulers are of fewer kinds of characters.
  return new Set(blobs.filter((blob) => /[a-z]/.test(blob) && /[A-Z]/.test(blob) && /[0-9]/.test(blob)));
}

/** What of each kind comes before a model. */
const modelFields: Readonly<Partial<Record<Kind, readonly string[]>>> = {
  Agent: ['prompt', 'description', 'inputs', 'output', 'agents', 'expose'],
  AgentSystem: ['graph', 'input', 'description'],
  PromptLibrary: ['prompts'],
  Task: ['input'],
  TaskSchedule: ['task'],
  TaskWebhook: ['input', 'task'],
  Tool: ['description', 'inputSchema', 'outputSchema', 'human'],
};

function modelText({ kind, manifest }: Resource): string {
  const spec = own(manifest, 'spec');
  if (!isJsonObject(spec)) return '';
  return (modelFields[kind] ?? []).map((field) => textsOf(own(spec, field))).join('\n');
}

/** Every text but those that must never be shown. */
function everyText({ kind, manifest }: Resource): string {
  return textsOf(manifest, new Set(sensitivePointers(manifest, sensitiveFields(kind))));
}

function textsOf(value: Json | undefined, left: ReadonlySet<string> = new Set(), pointer = ''): string {
  if (left.has(pointer)) return '';
  if (typeof value === 'string') return value;
  if (typeof value !== 'object' || value === null) return '';
  const entries = Object.entries(value as JsonObject);
  // Names of properties and of placeholders are read too.
  return entries
    .map(
      ([key, child]) => `${Array.isArray(value) ? '' : key}\n${textsOf(child, left, `${pointer}/${pointerKey(key)}`)}`,
    )
    .join('\n');
}
