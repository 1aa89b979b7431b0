import type { Tier } from '../../manifest/bundle-world.ts';
import { isPawlError } from '../../errors.ts';
import type { IsolatedCommand, IsolatedExit, IsolationHost } from './isolated.ts';
import { pidsMax, scratchBytesMax } from './limits.ts';
import { startIsolated } from './start-isolated.ts';

/** What a worker found out about one tier. */
export interface TierProof {
  readonly tier: Tier;
  /** Why it is not offered; absent: it is. */
  readonly why?: string;
}

/** Tries what a program must not be able to do. A tier in which one attempt succeeds is not offered. */
export async function proveSandbox(host: IsolationHost, { attemptMs = attemptMsDefault } = {}): Promise<TierProof> {
  try {
    const found = await Promise.all(attempts.map((attempt) => faultOf(attempt, { host, attemptMs })));
    const why = found.find((fault) => fault !== undefined);
    return why === undefined ? { tier: 'sandbox' } : { tier: 'sandbox', why };
  } catch (cause) {
    if (!isPawlError(cause)) throw cause;
    return { tier: 'sandbox', why: cause.message };
  }
}

interface Attempt {
  /** What a program could do: "read /etc/shadow". */
  readonly what: string;
  readonly script: string;
  readonly isolation: IsolatedCommand['isolation'];
  /** Whether the end shows that it could not. */
  readonly isHeld: (end: Ended) => boolean;
}

interface Ended {
  readonly exit: IsolatedExit;
  readonly output: string;
  readonly errors: string;
}

/** Of the folders of the worker's users nothing is to be seen but what was named, and the way to it. */
const lookAt = `
hides() {
  [ -e "$1" ] || return 0
  one=$1; shift
  kind=foreign
  for named do
    case "$one/" in "$named/"*) return 0;; esac
    case "$named/" in "$one/"*) kind=above;; esac
  done
  [ "$kind" = above ] || return 1
  for child in "$one"/* "$one"/.[!.]* "$one"/..?*; do
    hides "$child" "$@" || return 1
  done
}`;

const lookScript = `
set -u
say() { echo "$1"; }
${lookAt}
[ -e /etc/shadow ] && say 'read /etc/shadow'
hides /root "$@" && hides /home "$@" || say 'see home folders'
[ -e /var/run/docker.sock ] || [ -e /run/docker.sock ] && say 'see the socket of a container engine'
[ "$(tr '\\0' '\\n' </proc/1/environ | cut -d= -f1 | sort | tr '\\n' ' ')" = 'PATH PWD ' ] || say 'read the environment of the worker'
[ "$(id -u)" = 0 ] && say 'be root'
grep -q '^CapEff:[[:space:]]*0*$' /proc/self/status || say 'hold capabilities'
grep -q '^NoNewPrivs:[[:space:]]*1$' /proc/self/status || say 'gain privileges'
[ "$(grep -c : /proc/net/dev)" = 1 ] || say 'see a network'
(: >/usr/pawl-self-test) 2>/dev/null && say 'write to the system'
(: >/pawl-self-test) 2>/dev/null && say 'write to the root'
(: >/dev/shm/../pawl-self-test) 2>/dev/null && say 'write to /dev'
head -c ${scratchBytesMax + 1024 * 1024} /dev/zero 2>/dev/null >/tmp/fill && say 'fill the scratch folder'
echo done`;

const memoryBytes = 32 * 1024 * 1024;

const attempts: readonly Attempt[] = [
  {
    what: 'look around',
    script: lookScript,
    isolation: { min: 'sandbox', filesystem: 'scratch' },
    isHeld: ({ output }) => output.trim() === 'done',
  },
  {
    what: 'take more memory than its limit',
    script: `head -c ${memoryBytes * 2} /dev/zero | tail -c ${memoryBytes * 2} >/dev/null && echo taken`,
    isolation: { min: 'sandbox', filesystem: 'readOnly', memory: memoryBytes },
    isHeld: ({ exit, output }) => exit.cause !== 'start' && !output.includes('taken'),
  },
  {
    what: 'start more processes than its limit',
    script: `i=0; while [ $i -lt ${pidsMax + 8} ]; do sleep 60 & i=$((i+1)); done; echo started`,
    isolation: { min: 'sandbox', filesystem: 'readOnly' },
    isHeld: ({ exit, output }) => exit.cause !== 'start' && !output.includes('started'),
  },
];

/** A bash in place of dash waits 15 s before it takes a refused fork for refused. */
const attemptMsDefault = 45_000;
const wordsMax = 300;

async function faultOf(
  { what, script, isolation, isHeld }: Attempt,
  { host, attemptMs }: { readonly host: IsolationHost; readonly attemptMs: number },
): Promise<string | undefined> {
  const argv = ['/bin/sh', '-c', script, 'sh', ...host.readable];
  const process = await startIsolated({ argv, env: {}, isolation, tier: 'sandbox' }, { host });
  let isLate = false;
  const timer = setTimeout(() => {
    isLate = true;
    void process.kill();
  }, attemptMs);
  process.stdin.end();
  const [exit, output, errors] = await Promise.all([process.exited, textOf(process.stdout), textOf(process.stderr)]);
  clearTimeout(timer);
  await process.kill();
  if (exit.cause === 'start') return startFault(errors);
  if (!isLate && isHeld({ exit, output, errors })) return undefined;
  const could = output.split('\n').filter((line) => line !== '' && !marks.has(line));
  if (could.length > 0) return `A program could ${could.join(', ')}.`;
  // What was given up proves nothing, whatever it had not done by then.
  return isLate
    ? `The attempt to ${what} did not end within ${attemptMs / 1000} s: the machine is busy, or too slow.`
    : `A program could ${what}.`;
}

/** What attempts say that is nothing which a program could do. */
const marks: ReadonlySet<string> = new Set(['done', 'taken', 'started']);

/** What is usually behind it, and else bubblewrap's own words. */
function startFault(errors: string): string {
  const words = errors.trim().slice(-wordsMax);
  if (/unshare|namespace|uid map|Operation not permitted/i.test(words))
    return `The kernel or the container forbids user namespaces (${words}).`;
  return `bubblewrap did not start (${words}).`;
}

async function textOf(stream: NodeJS.ReadableStream): Promise<string> {
  let text = '';
  stream.setEncoding('utf8');
  for await (const chunk of stream) text = (text + String(chunk)).slice(-4096);
  return text;
}
