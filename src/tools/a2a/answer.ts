import type { Message, Part, Task } from '@a2a-js/sdk';
import type { Json } from '../../manifest/json.ts';

interface File {
  readonly name?: string;
  readonly mediaType?: string;
  /** Base64. */
  readonly bytes?: string;
  /** Nothing fetches it. */
  readonly url?: string;
}

/**
 * What an agent answered, as JSON: text alone is a string, one piece of data alone is that data, nothing is `null`, and
 * anything else says which is which. Files are data like any other: nothing opens or fetches one.
 */
export function outputOf(answer: Message | Task): Json {
  if (!isTask(answer)) return joined([answer.parts]);
  const given = answer.artifacts.map(({ parts }) => parts).filter((parts) => parts.length > 0);
  return joined(given.length > 0 ? given : [answer.status?.message?.parts ?? []]);
}

export function isTask(answer: Message | Task): answer is Task {
  return 'status' in answer;
}

/** What an agent says of how its task stands. */
export function wordsOf({ status }: Task): string {
  return textOf(status?.message?.parts ?? []);
}

/** Parts of one artifact are pieces of one text: agents that write as they think send them as they come. */
function textOf(parts: readonly Part[]): string {
  return parts.map(({ content }) => (content?.$case === 'text' ? content.value : '')).join('');
}

function joined(groups: readonly (readonly Part[])[]): Json {
  const parts = groups.flat();
  const text = groups
    .map(textOf)
    .filter((one) => one !== '')
    .join('\n\n');
  const data = parts.flatMap(({ content }) => (content?.$case === 'data' ? [(content.value ?? null) as Json] : []));
  const files = parts.flatMap(fileOf);
  if (files.length === 0 && data.length === 0) return parts.length === 0 ? null : text;
  const [only] = data;
  if (files.length === 0 && text === '' && data.length === 1 && only !== undefined) return only;
  return {
    ...(text === '' ? {} : { text }),
    ...(data.length === 0 ? {} : { data }),
    ...(files.length === 0 ? {} : { files: files as unknown as Json }),
  };
}

function fileOf({ content, filename, mediaType }: Part): readonly File[] {
  if (content?.$case !== 'raw' && content?.$case !== 'url') return [];
  const about = { ...(filename === '' ? {} : { name: filename }), ...(mediaType === '' ? {} : { mediaType }) };
  return [
    content.$case === 'url'
      ? { ...about, url: content.value }
      : { ...about, bytes: Buffer.from(content.value).toString('base64') },
  ];
}
