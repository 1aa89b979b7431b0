import { randomUUID } from 'node:crypto';
import { constants, existsSync } from 'node:fs';
import { copyFile, link, lstat, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, join, sep } from 'node:path';
import { exitCodes, isPawlError, TerminalError } from '../errors.ts';
import { shownPath } from '../manifest/file-name.ts';
import { unusable } from './files.ts';
import type { ImportFile, ImportSite } from './import-site.ts';
import { assertNoLink, linked } from './no-link.ts';

const wayOut = 'give another folder with --out';

/**
 * Writes the files below the folder, or none. Everything is written beside its place first: a folder that is new takes
 * its name in one step, and files of one that is there are linked into place whole, never over another. Whoever is
 * killed between two of them runs the command again: what is there already with the same content is not in the way.
 */
export async function writeImport({ out }: ImportSite, files: readonly ImportFile[]): Promise<void> {
  try {
    await assertFree(out, files);
    const isNew = !existsSync(out);
    const beside = isNew ? dirname(out) : out;
    await mkdir(beside, { recursive: true });
    const stage = join(beside, `.${basename(out)}-import-${randomUUID()}`);
    await mkdir(stage);
    try {
      await writeAll(stage, files);
      if (isNew) await takeName(stage, out);
      else await linkAll(stage, out, files);
    } finally {
      await rm(stage, { recursive: true, force: true });
    }
  } catch (error) {
    throw isPawlError(error) ? error : unusable('write', shownPath(out), error);
  }
}

async function writeAll(folder: string, files: readonly ImportFile[]): Promise<void> {
  for (const { path, text } of files) {
    const file = join(folder, path);
    assertBelow(folder, file);
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, text, { flag: 'wx' });
  }
}

/** An empty folder that came meanwhile is replaced; one that holds something is not. */
async function takeName(stage: string, out: string): Promise<void> {
  try {
    await rename(stage, out);
  } catch (error) {
    if (!isCode(error, 'ENOTEMPTY', 'EEXIST', 'ENOTDIR')) throw error;
    throw inTheWay([basename(out)]);
  }
}

async function linkAll(stage: string, out: string, files: readonly ImportFile[]): Promise<void> {
  for (const { path, text } of files) {
    const file = join(out, path);
    await assertNoLink(out, path, wayOut);
    await mkdir(dirname(file), { recursive: true });
    try {
      await place(join(stage, path), file);
    } catch (error) {
      if (!isCode(error, 'EEXIST')) throw error;
      if (!(await isSame(file, text))) throw inTheWay([path]);
    }
  }
}

/** Some filesystems have no links: there a file is copied, still over none. */
async function place(staged: string, file: string): Promise<void> {
  try {
    await link(staged, file);
  } catch (error) {
    if (!isCode(error, 'EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'EMLINK')) throw error;
    await copyFile(staged, file, constants.COPYFILE_EXCL);
  }
}

async function assertFree(out: string, files: readonly ImportFile[]): Promise<void> {
  const found = await lstat(out).catch(() => undefined);
  if (found?.isSymbolicLink() === true) throw linked(basename(out), wayOut);
  if (found !== undefined && !found.isDirectory()) throw inTheWay([basename(out)]);
  const taken: string[] = [];
  for (const { path, text } of files) {
    await assertNoLink(out, path, wayOut);
    const file = join(out, path);
    if (existsSync(file) && !(await isSame(file, text))) taken.push(path);
  }
  if (taken.length > 0) throw inTheWay(taken);
}

async function isSame(file: string, text: string): Promise<boolean> {
  const found = await lstat(file);
  return found.isFile() && found.size === Buffer.byteLength(text) && (await readFile(file, 'utf8')) === text;
}

/** Names are DNS labels by now; should one ever not be, nothing is written outside. */
function assertBelow(folder: string, file: string): void {
  if (!file.startsWith(folder + sep)) throw new TypeError(`${file} is not below ${folder}`);
}

const shownMax = 10;

function inTheWay(paths: readonly string[]): TerminalError {
  const shown = paths.slice(0, shownMax).map(shownPath).join(', ');
  const more = paths.length > shownMax ? ` and ${paths.length - shownMax} more` : '';
  return new TerminalError(`Nothing was written: ${shown}${more} would be overwritten.`, {
    code: 'import.exists',
    help: 'Give another folder with --out, or move these away.',
    exit: exitCodes.usage,
  });
}

function isCode(error: unknown, ...codes: readonly string[]): boolean {
  return error instanceof Error && 'code' in error && codes.includes(String(error.code));
}
