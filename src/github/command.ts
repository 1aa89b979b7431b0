import { hiddenCharacters } from '../plan/hidden-characters.ts';

/** What somebody asks of pawl in a comment on a pull request. */
export type Command =
  | { readonly kind: 'plan' }
  | { readonly kind: 'ack'; readonly ids: readonly AckId[]; readonly reason: string | undefined }
  | { readonly kind: 'explain'; readonly address: string }
  | { readonly kind: 'help'; readonly environment: string | undefined }
  /** It begins like a command, and is none: help is the answer. */
  | { readonly kind: 'unknown' };

/** A risk's id or a guard's, and the environment where the writer names one: `production:guard.deletes`. */
export interface AckId {
  readonly environment: string | undefined;
  readonly id: string;
}

/**
 * Reads a comment's first line; undefined: it holds no command. A command is the whole line, from its first character,
 * in exactly these letters: what people quote, show as code, indent or merely talk of is not one, and neither is what
 * only looks like one. What follows on other lines is the writer's own.
 */
export function parseCommand(comment: string): Command | undefined {
  const [line = ''] = comment.split(/\r\n|\n|\r/, 1);
  if (!/^\/pawl(?: |$)/.test(line)) return undefined;
  if (line.length > lineMax || !isPlain(line)) return unknown;
  const [, name = '', rest = ''] = /^\/pawl ?(\S*)(?: (.*))?$/.exec(line.trimEnd()) ?? [];
  switch (name) {
    case 'plan':
      return rest === '' ? { kind: 'plan' } : unknown;
    case 'ack':
      return ackOf(rest);
    case 'explain':
      return addressForm.test(rest) ? { kind: 'explain', address: rest } : unknown;
    case 'help':
      return rest === '' || environmentForm.test(rest)
        ? { kind: 'help', environment: rest === '' ? undefined : rest }
        : unknown;
    default:
      return unknown;
  }
}

const unknown: Command = { kind: 'unknown' };
const lineMax = 1_000;

/** What is not seen, or turns what stands around it, has no place in a command: what a reader saw is what was read. */
function isPlain(line: string): boolean {
  return !/\p{Cc}|[^\P{Z} ]/u.test(line) && hiddenCharacters(line).length === 0;
}

const environmentForm = /^[a-z0-9][a-z0-9-]{0,62}$/;
const addressForm = /^[A-Za-z]{1,40}\/[a-z0-9][a-z0-9.-]{0,62}\/[a-z0-9][a-z0-9.-]{0,252}$/;
const idForm =
  /^(?:([a-z0-9][a-z0-9-]{0,62}):)?(R(?:[1-9]|1[0-3])-[0-9a-f]{4,64}|bootstrap|(?:guard|review)\.[a-z_]{1,40})$/;
const idsMax = 20;

/** Ids stand before the reason; the first word that is none begins it. */
function ackOf(rest: string): Command {
  const words = rest.split(' ').filter((word) => word !== '');
  const ids: AckId[] = [];
  for (const word of words) {
    const [, environment, id] = idForm.exec(word) ?? [];
    if (id === undefined) break;
    ids.push({ environment, id });
  }
  if (ids.length === 0 || ids.length > idsMax) return unknown;
  const reason = words.slice(ids.length).join(' ');
  // An id with a slip in it would be read as the reason, and the rest acknowledged without it.
  if (words.slice(ids.length).some((word) => /^(?:\S+:)?(?:R\d|guard\.|review\.)/i.test(word))) return unknown;
  return { kind: 'ack', ids, reason: reason === '' ? undefined : reason };
}
