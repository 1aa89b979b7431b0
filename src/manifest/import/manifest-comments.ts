import { shownPath } from '../file-name.ts';
import { shownText } from '../shown.ts';
import type { Emitted } from './conversion.ts';
import { fieldOf, type ForeignDocument, type Note } from './foreign.ts';

/** Of one field, so many notes are written above the manifest; the report has all of them. */
const notesMax = 60;

/** What stands above a manifest: where it is from, and what was done otherwise than it was written there. */
export function manifestComments(resource: Emitted, isOwn: (document: ForeignDocument) => boolean): string[] {
  const { from, remarks } = resource;
  const [first] = from;
  if (first === undefined) return [...remarks];
  const { file, line } = first.place;
  const others = from.length === 1 ? '' : ` and ${from.length - 1} more`;
  const head = `From ${shownPath(file)}:${line}, ${shownText(first.title)}${others}`;
  const notes = isOwn(first) ? [...new Set(first.notes.map(noteText))] : [];
  const more = notes.length > notesMax ? [`And ${notes.length - notesMax} more: see \`pawl import --report\`.`] : [];
  return [head, ...remarks, ...notes.slice(0, notesMax), ...more];
}

function noteText({ fate, path, message }: Note): string {
  const field = shownText(fieldOf(path));
  const lead = fate === 'dropped' ? 'Left out' : fate === 'ignored' ? 'Not needed' : 'Note';
  return field === '' || message.includes(`\`${field}`) ? `${lead}: ${message}` : `${lead}, \`${field}\`: ${message}`;
}
