import { linkOf } from '../controller/alert-message.ts';
import type { Finding } from '../controller/alert.ts';
import { digest } from '../manifest/digest.ts';
import { code, inert } from '../plan/render/inert.ts';
import type { OwedIssue } from '../store/alert-issue.ts';

const bodyMax = 60_000;
const titleMax = 250;

/** What an issue of an alert is found again by, when its number was lost. */
export function issueMarker({
  environment,
  receiver,
  key,
}: Pick<OwedIssue, 'environment' | 'receiver' | 'key'>): string {
  return `<!-- pawl:alert ${digest([environment, receiver, key]).slice(0, 32)} -->`;
}

/** GitHub shows titles as text, and turns nothing but mentions and references in them into links. */
export function issueTitle({ content, environment }: OwedIssue): string {
  return `pawl: ${inert(content.title)} (${environment})`.slice(0, titleMax);
}

/** Of which GitHub acts on nothing that somebody else wrote: no mention, link, reference or markup. */
export function issueBody(issue: OwedIssue, publicUrl: string | undefined): string {
  const { content, severity, environment, since, resolvedAt, state } = issue;
  const link = linkOf(issue, publicUrl);
  const over = state === 'resolved';
  const lines = [
    issueMarker(issue),
    over
      ? `**Resolved** at ${resolvedAt?.toISOString() ?? 'an unknown time'}. It began at ${since.toISOString()}.`
      : `**${severity}** in environment ${code(environment)} since ${since.toISOString()}.`,
    '',
    inert(content.text),
    ...(content.commit === undefined ? [] : ['', `Commit: ${code(content.commit)}`]),
    ...(content.reason === undefined ? [] : ['', `Reason: ${code(content.reason)}`]),
    ...foundLines(content.found, content.more),
    ...(over || content.ways.length === 0 ? [] : ['', '**What you can do**', '', ...content.ways.map(wayLine)]),
    ...(link === undefined ? [] : ['', `[Open in pawl](${link})`]),
    '',
    '<sub>pawl edits this issue in place, closes it when it is over, and opens it again if it comes back.</sub>',
  ];
  const body = lines.join('\n');
  return body.length <= bodyMax ? body : lines.slice(0, 3).join('\n');
}

function foundLines(found: readonly Finding[], more: number): readonly string[] {
  if (found.length === 0) return [];
  const rows = found.map(({ what, how, by = '', at = '' }) => {
    const cells = [
      code(what, { cell: true }),
      inert(how, { cell: true }),
      inert(by, { cell: true }),
      code(at, { cell: true }),
    ];
    return `| ${cells.join(' | ')} |`;
  });
  const rest = more === 0 ? [] : ['', `… and ${more} more.`];
  return ['', '| what | how | who | when |', '|---|---|---|---|', ...rows, ...rest];
}

function wayLine({ text, command }: OwedIssue['content']['ways'][number]): string {
  return `- ${inert(text)}${command === undefined ? '' : `: ${code(command)}`}`;
}
