import { exitCodes, TerminalError } from '../errors.ts';

/** A reference taken apart: a name or commit id, and how many parents up. */
export interface Ref {
  readonly base: string;
  /** Each number is one step: `^N` is [N], `~3` is [1, 1, 1]. */
  readonly parents: readonly number[];
}

const idPattern = /^[0-9a-f]{40}$/;
const stepPattern = /(?:~\d{0,4}|\^\d?)/g;
const refPattern = /^([A-Za-z0-9_][A-Za-z0-9_./+@=-]*)((?:~\d{0,4}|\^\d?){0,8})$/;
const parentsMax = 10_000;

/** Takes a reference apart by grammar, so that what reaches git can be neither an option nor an expression. */
export function parseRef(text: string): Ref {
  const match = refPattern.exec(text);
  const base = match?.[1];
  if (base === undefined || text.length > 250 || !isRefName(base)) throw refused(text);
  const parents: number[] = [];
  for (const step of match?.[2]?.match(stepPattern) ?? []) {
    const count = step.length === 1 ? 1 : Number(step.slice(1));
    if (step.startsWith('^')) parents.push(count);
    else for (let index = 0; index < count; index += 1) parents.push(1);
  }
  if (parents.length > parentsMax || parents.includes(0)) throw refused(text);
  return { base, parents };
}

export function isObjectId(text: string): boolean {
  return idPattern.test(text);
}

export function assertObjectId(text: string): void {
  if (!isObjectId(text)) throw refused(text);
}

/** A mirror's own HEAD says nothing; this is where it keeps the remote's. */
export const remoteHead = 'refs/remotes/origin/HEAD';

/** The full names that a short one may stand for; `head` is where HEAD is kept. */
export function candidatesOf(base: string, head: string): readonly string[] {
  if (base === 'HEAD') return [head];
  if (base.startsWith('refs/')) return [base];
  return [`refs/heads/${base}`, `refs/tags/${base}`, `refs/remotes/${base}`, `refs/remotes/origin/${base}`];
}

/** The rules of git-check-ref-format that the character set leaves open. */
function isRefName(name: string): boolean {
  if (name.includes('..') || name.includes('@{') || name.includes('//') || name === '@') return false;
  if (name.endsWith('/') || name.endsWith('.')) return false;
  return name.split('/').every((part) => !part.startsWith('.') && !part.startsWith('-') && !part.endsWith('.lock'));
}

function refused(text: string): TerminalError {
  return new TerminalError(`${JSON.stringify(text.slice(0, 80))} is not the name of a branch, tag or commit.`, {
    code: 'git.ref_refused',
    help: 'Give a branch, a tag, a commit id, or one of these followed by ~N or ^N.',
    exit: exitCodes.usage,
  });
}

export function refNotFound(ref: string, place: string): TerminalError {
  return new TerminalError(`There is no branch, tag or commit ${JSON.stringify(ref)} in ${place}.`, {
    code: 'git.ref_not_found',
    help: 'Push it, or correct its name; what is live stays as it is.',
  });
}
