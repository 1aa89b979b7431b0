import { constants } from 'node:fs';
import { type FileHandle, open, realpath, stat } from 'node:fs/promises';
import { isAbsolute, normalize, sep } from 'node:path';
import { type SecretReading, secretBytesMax, textOf, unread } from './secret-reading.ts';

interface SecretFileLimits {
  readonly folders: readonly string[];
  /** Files that no manifest may name though they lie in a folder: the worker's own keys. */
  readonly reserved: readonly string[];
}

/**
 * The content of a file in one of the folders. Links are followed within the folder alone, as Kubernetes' `..data`
 * needs; what they lead to is compared with what was opened, so that a link that is changed meanwhile leads nowhere.
 */
export async function readSecretFile(path: string, limits: SecretFileLimits): Promise<SecretReading> {
  const folder = limits.folders.find((candidate) => isInside(path, candidate));
  if (folder === undefined || !isAbsolute(path) || normalize(path) !== path) {
    return unread('file_not_allowed', `${path} is in no folder of PAWL_SECRET_FILES`);
  }
  // Kubernetes swaps a link while it rotates: the second look sees the new files.
  const first = await readOnce(path, folder, limits.reserved);
  return first.kind === 'unread' && first.reason === 'file_changed' ? readOnce(path, folder, limits.reserved) : first;
}

async function readOnce(path: string, folder: string, reserved: readonly string[]): Promise<SecretReading> {
  let file: FileHandle | undefined;
  try {
    // Without O_NONBLOCK, opening a named pipe waits for somebody to write to it.
    file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
    const opened = await file.stat();
    const [real, root] = await Promise.all([realpath(path), realpath(folder)]);
    if (!isInside(real, root)) return unread('file_escape', `${path} is a link out of ${folder}`);
    const named = await stat(real);
    if (named.dev !== opened.dev || named.ino !== opened.ino) {
      return unread('file_changed', `${path} was replaced while it was read`);
    }
    if (await isReserved(opened, reserved)) return unread('file_reserved', `${path} is the worker’s own key`);
    if (!opened.isFile()) return unread('file_type', `${path} is not a regular file`);
    return await contentOf(file, path);
  } catch (cause) {
    return fileFailure(cause, path);
  } finally {
    await file?.close();
  }
}

/** By what the file is and not by its name, which a link could change. */
async function isReserved(
  opened: { readonly dev: number; readonly ino: number },
  reserved: readonly string[],
): Promise<boolean> {
  for (const path of reserved) {
    const known = await stat(path).catch(() => undefined); // A key that is not there is not what was opened.
    if (known !== undefined && known.dev === opened.dev && known.ino === opened.ino) return true;
  }
  return false;
}

async function contentOf(file: FileHandle, path: string): Promise<SecretReading> {
  const buffer = Buffer.alloc(secretBytesMax + 1);
  let length = 0;
  while (length < buffer.length) {
    const { bytesRead } = await file.read(buffer, length, buffer.length - length, length);
    if (bytesRead === 0) break;
    length += bytesRead;
  }
  if (length > secretBytesMax) return unread('file_too_large', `${path} has more than ${secretBytesMax} bytes`);
  const value = textOf(buffer.subarray(0, length));
  return value === undefined ? unread('file_encoding', `${path} is not UTF-8 text`) : { kind: 'read', value };
}

const failures: Readonly<Record<string, readonly [reason: string, what: string]>> = {
  ENOENT: ['file_missing', 'is not there'],
  ENOTDIR: ['file_missing', 'is not there'],
  EACCES: ['file_permission', 'may not be read by the worker’s user'],
  EPERM: ['file_permission', 'may not be read by the worker’s user'],
  ELOOP: ['file_escape', 'is a link to itself'],
  EISDIR: ['file_type', 'is not a regular file'],
  ENXIO: ['file_type', 'is not a regular file'],
};

function fileFailure(cause: unknown, path: string): SecretReading {
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : '';
  const [reason, what] = failures[code] ?? ['file_unreadable', `cannot be read${code === '' ? '' : ` (${code})`}`];
  return unread(reason, `${path} ${what}`);
}

function isInside(path: string, folder: string): boolean {
  return path.startsWith(folder.endsWith(sep) ? folder : `${folder}${sep}`);
}
