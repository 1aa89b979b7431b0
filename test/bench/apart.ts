import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import type { Contender, Figure, Measure } from './context.ts';

type Request =
  | { readonly kind: 'open'; readonly url: string }
  | { readonly kind: 'round'; readonly index: number }
  | { readonly kind: 'close' };

type Round = Readonly<Record<string, Measure>>;
type Answer = { readonly measures: Round } | { readonly failed: string };

/** As docs/operate.md says of busy workers; every contender has it. */
const busy = ['--max-semi-space-size=64'] as const;

/**
 * The contender in a process of its own, as those who use it run it: what one loads, hooks into promises or leaves on
 * the heap slowed whoever came after it in the same process by a quarter.
 */
export function apart(id: string, contender: Contender): Contender {
  const { name } = contender;
  return {
    ...contender,
    async open(url) {
      const [, program] = process.argv;
      if (program === undefined) throw new Error('this process has no program');
      const child = fork(program, [id, '--contender', name], { execArgv: [...busy] });
      await once(child, 'message');
      await ask(child, { kind: 'open', url });
      return {
        round: (index) => ask(child, { kind: 'round', index }),
        async close() {
          if (child.exitCode !== null || child.signalCode !== null) return;
          const exited = once(child, 'exit');
          await ask(child, { kind: 'close' });
          await exited;
        },
      };
    },
  };
}

async function ask(child: ChildProcess, request: Request): Promise<Round> {
  child.send(request);
  const ended = new AbortController();
  try {
    const [answer] = (await Promise.race([
      once(child, 'message', ended),
      once(child, 'exit', ended).then(([code]) => [{ failed: `the process of a contender ended with ${code}` }]),
    ])) as [Answer];
    if ('failed' in answer) throw new Error(answer.failed);
    return answer.measures;
  } finally {
    ended.abort();
  }
}

/** In that process: takes the place of `BenchContext.compare`, does what is asked for, and never gives figures. */
export async function serve(contenders: readonly Contender[], name: string): Promise<readonly Figure[]> {
  const contender = contenders.find((one) => one.name === name);
  if (contender === undefined) throw new Error(`There is no contender ${name}.`);
  const tell = (answer: Answer | 'ready') => process.send?.(answer);
  let opened: Awaited<ReturnType<Contender['open']>> | undefined;
  const done = async (request: Request): Promise<Round> => {
    if (request.kind === 'open') opened = await contender.open(request.url);
    if (request.kind === 'close') await opened?.close();
    return request.kind === 'round' && opened !== undefined ? await opened.round(request.index) : {};
  };
  process.on('message', (request: Request) => {
    done(request)
      .then(
        (measures) => tell({ measures }),
        (cause: unknown) => tell({ failed: cause instanceof Error ? (cause.stack ?? cause.message) : String(cause) }),
      )
      .finally(() => {
        if (request.kind === 'close') process.disconnect();
      });
  });
  tell('ready');
  await once(process, 'disconnect');
  process.exit();
}
