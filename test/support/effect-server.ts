import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startProcess } from './processes.ts';

/** One request that reached the server, as its log holds it. */
export interface Effect {
  readonly method: string;
  readonly path: string;
  /** The request's Idempotency-Key, or `undefined` when it had none. */
  readonly key: string | undefined;
  readonly body: unknown;
  /** False when the key had been seen before: the server answered again but did nothing. */
  readonly applied: boolean;
  readonly at: string;
}

export interface EffectServer {
  readonly url: string;
  /** Everything that reached the server so far, in order; still readable after the server was killed. */
  effects(): Promise<readonly Effect[]>;
  /** Resolves when `count` requests have been logged. */
  waitForEffects(count: number, timeoutMs?: number): Promise<readonly Effect[]>;
  /** Lets every answer held back by `/hold` go. */
  release(): Promise<void>;
  kill(): Promise<void>;
  close(): Promise<void>;
}

/**
 * Starts a tool server in a process of its own, so that what it saw is judged from outside the process under test. It
 * logs each request before it answers. `/hold/…` answers only after `release`, `/drop/…` closes the connection without
 * an answer, `/status/<code>/…` answers with that status (`?retryAfter=<s>`), anything else `{"ok":true,"count":n}`.
 */
export async function startEffectServer(): Promise<EffectServer> {
  const folder = await mkdtemp(join(tmpdir(), 'pawl-effects-'));
  const log = join(folder, 'effects.jsonl');
  const server = startProcess({ entry: 'test/support/effect-server-main.ts', args: [log] });
  const [, url = ''] = await server.waitFor(/listening on (\S+)\n/);
  const effects = async (): Promise<readonly Effect[]> => {
    const text = await readFile(log, 'utf8');
    return text
      .split('\n')
      .filter(Boolean)
      .map((line) => effectOf(JSON.parse(line)));
  };
  return {
    url,
    effects,
    waitForEffects: async (count, timeoutMs = 40_000) => {
      await fetch(`${url}/-/wait?count=${count}`, { signal: AbortSignal.timeout(timeoutMs) });
      return effects();
    },
    release: async () => {
      await fetch(`${url}/-/release`, { method: 'POST', signal: AbortSignal.timeout(30_000) });
    },
    kill: async () => {
      await server.kill();
    },
    close: async () => {
      await server.kill();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

function effectOf(line: Omit<Effect, 'key'> & { key?: string }): Effect {
  return { ...line, key: line.key };
}
