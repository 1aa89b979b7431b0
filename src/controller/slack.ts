import { neutral } from '../manifest/neutral.ts';
import type { AlertMessage } from './alert-message.ts';
import { linkOf } from './alert-message.ts';
import type { Finding, Severity } from './alert.ts';

/** What an incoming webhook takes: https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks */
export interface SlackMessage {
  /** Shown in notifications, and where blocks cannot be. */
  readonly text: string;
  readonly channel?: string;
  readonly blocks: readonly SlackBlock[];
}

type SlackText = { readonly type: 'plain_text'; readonly text: string; readonly emoji: false };
type SlackMarked = { readonly type: 'mrkdwn'; readonly text: string; readonly verbatim: true };

type SlackBlock =
  | { readonly type: 'header'; readonly text: SlackText }
  | { readonly type: 'section'; readonly text: SlackText | SlackMarked }
  | { readonly type: 'context'; readonly elements: readonly SlackText[] };

/** Limits of https://docs.slack.dev/reference/block-kit/blocks, with room for what is put around a text. */
const headerMax = 150;
const sectionMax = 2_900;
const contextMax = 1_900;

const marks: Readonly<Record<Severity, string>> = { info: 'Notice', warning: 'Warning', critical: 'Critical' };

/**
 * An alert for a channel. All that somebody else wrote goes into `plain_text`, of which Slack acts on nothing: no link,
 * mention or channel. `mrkdwn` is used for pawl's own link alone.
 */
export function renderSlack(
  message: AlertMessage,
  { channel, publicUrl }: { readonly channel?: string | undefined; readonly publicUrl?: string | undefined } = {},
): SlackMessage {
  const { content, phase } = message;
  const over = phase === 'resolved';
  const title = `${over ? 'Resolved' : marks[message.severity]}: ${neutral(content.title)}`;
  const link = linkOf(message, publicUrl);
  const body = over ? [] : [section(bodyOf(message)), ...waysOf(message)];
  return {
    // Mentions are parsed here, unlike in plain_text.
    text: escaped(cut(title, headerMax)),
    ...(channel === undefined ? {} : { channel }),
    blocks: [
      { type: 'header', text: plain(title, headerMax) },
      ...body,
      ...(link === undefined ? [] : [linked(link)]),
      { type: 'context', elements: [plain(footOf(message), contextMax)] },
    ],
  };
}

function bodyOf({ content }: AlertMessage): string {
  const more = content.more === 0 ? [] : [`… and ${content.more} more`];
  return [neutral(content.text), ...content.found.map(findingLine), ...more].filter((line) => line !== '').join('\n');
}

/** e.g. `• Agent/support/triage: changed by something other than apply; psql, 2026-05-01T08:00:00.000Z`. */
export function findingLine({ what, how, by, at }: Finding): string {
  const who = [by, at].filter((one) => one !== undefined).map(neutral);
  return `• ${neutral(what)}: ${neutral(how)}${who.length === 0 ? '' : `; ${who.join(', ')}`}`;
}

function waysOf({ content }: AlertMessage): readonly SlackBlock[] {
  if (content.ways.length === 0) return [];
  const lines = content.ways.map(
    ({ text, command }) => `→ ${neutral(text)}${command === undefined ? '' : `: ${neutral(command)}`}`,
  );
  return [section(lines.join('\n'))];
}

function footOf({ environment, content, since, resolvedAt, key }: AlertMessage): string {
  const commit = content.commit === undefined ? '' : ` · commit ${content.commit.slice(0, 12)}`;
  const until = resolvedAt === undefined ? `since ${since}` : `from ${since} to ${resolvedAt}`;
  return `pawl · environment ${environment} · ${key}${commit} · ${until}`;
}

function section(text: string): SlackBlock {
  return { type: 'section', text: plain(text, sectionMax) };
}

/** `verbatim`: Slack looks for no further links, names or channels in it. */
function linked(link: string): SlackBlock {
  return { type: 'section', text: { type: 'mrkdwn', text: `<${escaped(link)}|Open in pawl>`, verbatim: true } };
}

function plain(text: string, lengthMax: number): SlackText {
  return { type: 'plain_text', text: cut(text, lengthMax), emoji: false };
}

/** The three characters that Slack gives a meaning: https://docs.slack.dev/messaging/formatting-message-text#escaping */
export function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

/** By whole characters, so that no half of one is sent. */
function cut(text: string, lengthMax: number): string {
  if (text.length <= lengthMax) return text;
  const kept = text.slice(0, lengthMax - 1);
  return `${kept.replace(/[\ud800-\udbff]$/u, '')}…`;
}
