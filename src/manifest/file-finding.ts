import type { FileNeed } from './file-need.ts';
import { namedFileBytesMax } from './limits.ts';
import { shownText } from './shown.ts';
import type { Finding } from './text.ts';

/** What is wrong with a file that a manifest names, before its text is looked at; `bytes` are those the commit has. */
export function fileFinding(need: FileNeed, bytes: Uint8Array | undefined): Finding | undefined {
  const shown = shownText(need.written);
  if (need.path === undefined) {
    const message = `The path \`${shown}\` leads out of the repository.`;
    const help = 'Keep the file in the repository; `/` in front starts at its root.';
    return { code: 'reference.file_escape', message, help };
  }
  if (bytes === undefined) {
    const message = `There is no file at \`${shownText(need.path)}\`.`;
    const help = 'Paths are relative to the manifest; `/` in front starts at the repository.';
    return { code: 'reference.file_missing', message, help };
  }
  const bytesMax = namedFileBytesMax(need.path);
  if (bytes.byteLength <= bytesMax) return undefined;
  const message = `The file \`${shown}\` has ${bytes.byteLength} bytes; at most ${bytesMax} are read.`;
  return { code: 'limits.text_file_bytes', message, help: 'Shorten it.' };
}
