import { execFile } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { gitEnvironment } from '../support/git.ts';
import { say, type Said } from '../cli/fixture.ts';
import { typist } from './example.ts';

/**
 * A page of the documentation as it would be if somebody had just done what it says in `folder`: blocks whose first
 * line is a comment with a path are written as files, lines of `console` blocks that start with `$` are typed, and what
 * was said comes in place of what the page says. A line `…` of the page stands for any lines.
 */
export async function followPage(page: string, folder: string): Promise<string> {
  const reader: Reader = { cwd: folder };
  const parts = page.split(/^(```[a-z]*\n[\s\S]*?^```$)/m);
  const followed: string[] = [];
  for (const part of parts) followed.push(part.startsWith('```') ? await followBlock(part, reader) : part);
  return followed.join('');
}

interface Reader {
  cwd: string;
}

async function followBlock(block: string, reader: Reader): Promise<string> {
  const [, language = '', content = ''] = /^```([a-z]*)\n([\s\S]*)^```$/m.exec(block) ?? [];
  const [, path] = /^# ([\w./-]+\.yaml)\n/.exec(content) ?? [];
  if (path !== undefined) {
    await mkdir(dirname(join(reader.cwd, path)), { recursive: true });
    await writeFile(join(reader.cwd, path), content);
  }
  if (language !== 'console') return block;
  const said: string[] = [];
  for (const [, line = '', shown = ''] of content.matchAll(/^\$ (.*)\n((?:(?!\$ ).*\n)*)/gm)) {
    const lines = (await type(line, reader)).join('\n');
    said.push(`$ ${line}`, ...(isExcerpt(shown.trimEnd(), lines) ? [shown.trimEnd()] : lines === '' ? [] : [lines]));
  }
  return `\`\`\`console\n${said.join('\n')}\n\`\`\``;
}

function isExcerpt(shown: string, lines: string): boolean {
  if (!/^…$/m.test(shown)) return false;
  let at = 0;
  for (const piece of withoutMoments(shown).split(/^…$/m)) {
    const found = withoutMoments(lines).indexOf(piece.trim(), at);
    if (found < 0) return false;
    at = found + piece.trim().length;
  }
  return true;
}

/** The lines that a command line says: first its data, then what it says beside. */
async function type(line: string, reader: Reader): Promise<readonly string[]> {
  const said: string[] = [];
  for (const command of line.split(' && ')) {
    const [program = '', ...words] = wordsOf(command);
    if (program === 'cd') reader.cwd = resolve(reader.cwd, words[0] ?? '');
    else if (program === 'git') await git(words, reader.cwd);
    else said.push(...linesOf(await pawl(words, reader.cwd)));
  }
  return said;
}

function pawl(words: readonly string[], cwd: string): Promise<Said> {
  // init needs no repository, which the wiring of the others looks for.
  return words[0] === 'init' ? say(words, { cwd }) : typist(cwd)(...words);
}

async function git(words: readonly string[], cwd: string): Promise<void> {
  await promisify(execFile)('git', [...words], { cwd, env: gitEnvironment(), timeout: 60_000 });
}

function linesOf({ stdout, stderr }: Said): readonly string[] {
  return `${stdout}${stderr}`
    .trimEnd()
    .split('\n')
    .filter((line, index, all) => line !== '' || all.length > index + 1);
}

/** Words as a shell splits them: double quotes hold one together. */
function wordsOf(command: string): readonly string[] {
  return [...command.matchAll(/"([^"]*)"|(\S+)/g)].map(([, quoted, plain]) => quoted ?? plain ?? '');
}

/** Without what differs from one reader to the next: ids, durations, names of people. */
export function withoutMoments(page: string): string {
  return page
    .replace(/\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b/g, 'ID')
    .replace(/\b[0-9a-f]{7,64}\b/g, 'HASH')
    .replace(/\b\d+(?:\.\d+)? m?s\b/g, 'TIME');
}
