import type { AlertContent } from './alert.ts';

type Given = Pick<AlertContent, 'text' | 'ways' | 'path'> & Partial<Pick<AlertContent, 'reason' | 'commit' | 'found'>>;

/** What is said of something, with nothing more found than is given. */
export function content(kind: string, title: string, { found = [], ...rest }: Given): AlertContent {
  return { kind, title, found, more: 0, ...rest };
}
