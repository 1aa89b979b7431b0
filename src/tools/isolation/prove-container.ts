import { isPawlError } from '../../errors.ts';
import { startContainer } from './container.ts';
import { emptyImage, ownImage, systemFolders } from './empty-image.ts';
import { type Engine, engineHere, sweepContainers } from './engine.ts';
import type { IsolatedExit } from './isolated.ts';
import type { TierProof } from './self-test.ts';

/** Tries in a container what a program must not be able to do. A tier in which one attempt succeeds is not offered. */
export async function proveContainer(): Promise<TierProof> {
  try {
    const engine = await engineHere();
    // Whoever lives ends what others left: the next one to be started may be long in coming.
    await sweepContainers(engine);
    const why = await faultOf(engine);
    return why === undefined ? { tier: 'container' } : { tier: 'container', why };
  } catch (cause) {
    if (!isPawlError(cause)) throw cause;
    return { tier: 'container', why: cause.message };
  }
}

async function faultOf(engine: Engine): Promise<string | undefined> {
  const { code, errors } = await ownImage(engine);
  if (code !== 0) return `${engine.name} takes no image (${errors.trim().slice(-wordsMax)}).`;
  let end = await attempted();
  if (didNotStart(end) && engine.name === 'podman' && engine.runtime.length === 0) {
    // crun, which podman prefers, refuses some kernels and machines in which runc works.
    engine.runtime = ['--runtime', 'runc'];
    const again = await attempted();
    if (didNotStart(again)) engine.runtime = [];
    else end = again;
  }
  if (didNotStart(end)) return `${engine.name} starts no container (${end.errors.trim().slice(-wordsMax)}).`;
  const could = end.output.split('\n').filter((line) => line !== '' && line !== 'done');
  if (could.length > 0) return `A container could ${could.join(', ')}.`;
  return end.output.endsWith('done\n') ? undefined : 'A container did not come to its end.';
}

const memoryBytes = 128 * 1024 * 1024;

const script = `
say() { echo "$1"; }
[ "$(id -u)" = 65532 ] || say 'be another user'
[ -e /etc/shadow ] || [ -e /root ] || [ -e /home ] && say 'see files of the machine'
[ -e /var/run/docker.sock ] || [ -e /run/docker.sock ] || [ -e /run/podman ] && say 'see the socket of an engine'
grep -q '^CapEff:[[:space:]]*0*$' /proc/self/status || say 'hold capabilities'
grep -q '^NoNewPrivs:[[:space:]]*1$' /proc/self/status || say 'gain privileges'
[ "$(grep -c : /proc/net/dev)" = 1 ] || say 'see a network'
(: >/pawl-self-test) 2>/dev/null && say 'write to the root'
(: >/usr/pawl-self-test) 2>/dev/null && say 'write to the system'
head -c ${2 * memoryBytes} /dev/zero | tail -c ${2 * memoryBytes} >/dev/null && say 'take more memory than its limit'
echo done`;

const attemptMs = 30_000;
const wordsMax = 300;

interface Ended {
  readonly exit: IsolatedExit;
  readonly output: string;
  readonly errors: string;
}

async function attempted(): Promise<Ended> {
  const process = await startContainer({
    argv: ['/bin/sh', '-c', script],
    env: {},
    isolation: { min: 'container', filesystem: 'readOnly', memory: memoryBytes },
    tier: 'container',
    container: { image: emptyImage, ownEntryPoint: false, mounts: systemFolders() },
  });
  const timer = setTimeout(() => void process.kill(), attemptMs);
  process.stdin.end();
  const [exit, output, errors] = await Promise.all([process.exited, textOf(process.stdout), textOf(process.stderr)]);
  clearTimeout(timer);
  return { exit, output, errors };
}

/** 126 is what engines end with where the runtime refused. */
function didNotStart({ exit, output }: Ended): boolean {
  return output === '' && (exit.cause === 'start' || exit.code === 126);
}

async function textOf(stream: NodeJS.ReadableStream): Promise<string> {
  let text = '';
  stream.setEncoding('utf8');
  for await (const chunk of stream) text = (text + String(chunk)).slice(-4096);
  return text;
}
