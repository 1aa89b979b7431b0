import {
  chmodSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { text } from 'node:stream/consumers';
import { spawn } from 'node:child_process';
import { afterEach, beforeAll, describe, expect, onTestFinished, test, vi } from 'vitest';
import type { BundleIsolation } from '../../../src/manifest/bundle-world.ts';
import type { IsolatedProcess, MountedFile } from '../../../src/tools/isolation/isolated.ts';
import { proveSandbox } from '../../../src/tools/isolation/self-test.ts';
import { startIsolated } from '../../../src/tools/isolation/start-isolated.ts';
import { requireBubblewrap } from '../../support/bubblewrap.ts';
import { programPath, startProcess } from '../../support/processes.ts';

beforeAll(requireBubblewrap);

const running = new Set<IsolatedProcess>();
afterEach(async () => {
  await Promise.all([...running].map((one) => one.kill()));
  running.clear();
});

interface Change extends Partial<BundleIsolation> {
  readonly env?: Readonly<Record<string, string>>;
  readonly files?: readonly MountedFile[];
  readonly readable?: readonly string[];
}

async function start(script: string, change: Change = {}): Promise<IsolatedProcess> {
  const { env = {}, files = [], readable = [], ...isolation } = change;
  const started = await startIsolated(
    {
      argv: ['/bin/sh', '-c', script],
      env,
      files,
      isolation: { min: 'sandbox', filesystem: 'readOnly', ...isolation },
      tier: 'sandbox',
    },
    { host: { path: ['/usr/bin'], readable } },
  );
  running.add(started);
  return started;
}

async function run(script: string, change: Change = {}) {
  const program = await start(script, change);
  program.stdin.end();
  const [exit, stdout, stderr] = await Promise.all([program.exited, text(program.stdout), text(program.stderr)]);
  return { exit, stdout, stderr };
}

/** Processes of this machine that have the mark among their arguments. */
function marked(mark: string): readonly string[] {
  return readdirSync('/proc').filter((pid) => {
    if (!/^\d+$/.test(pid)) return false;
    try {
      return readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0').includes(mark);
    } catch {
      return false;
    }
  });
}

test('the tier is not offered by a machine that is too slow to try it: what was given up proves nothing', async () => {
  const proof = await proveSandbox({ path: ['/usr/bin'], readable: [] }, { attemptMs: 1 });
  const why = 'The attempt to look around did not end within 0.001 s: the machine is busy, or too slow.';
  expect(proof).toEqual({ tier: 'sandbox', why });
});

describe('folders of programs in a home folder', { timeout: 60_000 }, () => {
  /** Two folders and a file in the home of whoever runs the tests, as a person's checkout is. */
  function homely() {
    // Where the worker is root, its programs are somebody else, whom /root lets through to nothing.
    const home = process.getuid?.() === 0 ? '/home' : homedir();
    const folder = mkdtempSync(join(home, 'pawl-test-'));
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
    for (const name of ['tools', 'tools/.bin', 'private']) mkdirSync(join(folder, name));
    for (const name of ['tools/a', 'tools/.bin/b', 'private/key']) writeFileSync(join(folder, name), name);
    chmodSync(folder, 0o755);
    return { folder, whole: home === '/home' ? folder : home };
  }

  function scratch() {
    const folder = mkdtempSync(join(tmpdir(), 'pawl-links-'));
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
    return folder;
  }

  test('are shown where they are named, and nothing beside them', async () => {
    const { folder } = homely();
    const readable = [join(folder, 'tools')];
    expect(await proveSandbox({ path: ['/usr/bin'], readable })).toEqual({ tier: 'sandbox' });
    const { stdout } = await run(`cd ${folder} && find . -type f`, { readable });
    expect(stdout.trim().split('\n').sort()).toEqual(['./tools/.bin/b', './tools/a']);
  });

  test('are shown by the name of a link that leads to one of them', async () => {
    const { folder } = homely();
    const link = join(folder, 'linked');
    symlinkSync(join(folder, 'tools'), link);
    expect(await proveSandbox({ path: ['/usr/bin'], readable: [link] })).toEqual({ tier: 'sandbox' });
    const { stdout } = await run(`cd ${folder} && find . -type f`, { readable: [link] });
    expect(stdout.trim().split('\n').sort()).toEqual(['./linked/.bin/b', './linked/a']);
  });

  test.each([
    ['the home that it lies in', ({ folder, whole }) => ({ place: folder, to: whole })],
    ['a home, from elsewhere', ({ whole }) => ({ place: scratch(), to: whole })],
    ['all homes', ({ folder }) => ({ place: folder, to: '/home' })],
    ['everything', ({ folder }) => ({ place: folder, to: '/' })],
  ] as const satisfies readonly (readonly [string, (made: ReturnType<typeof homely>) => object])[])(
    'take the tier away where they are named by a link to %s',
    async (_what, choose) => {
      const { place, to } = choose(homely());
      const link = join(place, 'away');
      symlinkSync(to, link);
      const why = `A program could see home folders: ${link} leads to ${to}.`;
      expect(await proveSandbox({ path: ['/usr/bin'], readable: [link] })).toEqual({ tier: 'sandbox', why });
    },
  );

  test('are looked at for each program: a link that is led to a home since starts none', async () => {
    const { folder, whole } = homely();
    const link = join(folder, 'linked');
    symlinkSync(join(folder, 'tools'), link);
    expect((await run('true', { readable: [link] })).exit.code).toBe(0);
    rmSync(link);
    symlinkSync(whole, link);
    await expect(run('true', { readable: [link] })).rejects.toMatchObject({
      code: 'isolation.unavailable',
      message: `A program could see home folders: ${link} leads to ${whole}.`,
      help: 'Name a folder within the home in PAWL_PROGRAM_FILES, or one elsewhere, and no whole home folder.',
    });
  });

  test.each(['/home', '/root'])(
    'take the tier away where %s itself is named: keys of people lie there',
    async (home) => {
      homely();
      const why = 'A program could see home folders.';
      expect(await proveSandbox({ path: ['/usr/bin'], readable: [home] })).toEqual({ tier: 'sandbox', why });
    },
  );
});

describe('a program in a sandbox', () => {
  test('sees no file but what programs are made of', async () => {
    const script =
      'for f in /etc/shadow /etc/passwd /root /home /work /var /run /srv /mnt /usr/../root; do [ -e $f ] && echo $f; done; ls /';
    expect((await run(script)).stdout.split('\n')).not.toEqual(
      expect.arrayContaining(['/etc/shadow', '/root', '/run']),
    );
    expect((await run('cat /etc/shadow')).exit.code).not.toBe(0);
  });

  test('finds what is declared in its environment, and nothing of the worker’s, not even by the first process', async () => {
    process.env['PAWL_TEST_CANARY'] = 'canary-71f3';
    try {
      const { stdout } = await run('env; cat /proc/*/environ', { env: { DECLARED: 'yes', LD_PRELOAD: '' } });
      expect(stdout).toContain('DECLARED=yes');
      expect(stdout).not.toContain('canary-71f3');
    } finally {
      delete process.env['PAWL_TEST_CANARY'];
    }
  });

  test('has no network, no capabilities and no way to become somebody else', async () => {
    const { stdout } = await run(
      'id -u; grep -E "^(CapEff|NoNewPrivs)" /proc/self/status; grep -c : /proc/net/dev; unshare -U true || echo refused',
    );
    expect(stdout).toMatch(/^65532\nCapEff:\s+0+\nNoNewPrivs:\s+1\n1\nrefused\n$/);
  });

  test('reads a mounted secret that no argument on the machine shows', async () => {
    const files = [{ path: '/run/secrets/token', content: 'value-of-secret' }];
    const { stdout } = await run('cat /run/secrets/token; cat /proc/*/cmdline', {
      files,
      env: { KEY: 'value-of-key' },
    });
    expect(stdout).toContain('value-of-secret');
    expect(stdout.slice('value-of-secret'.length)).not.toContain('value-of');
  });

  test('writes nowhere, unless it has a scratch folder, which is limited in bytes and in files', async () => {
    const write = 'for d in / /tmp /usr /dev /dev/shm /etc; do (: >$d/x) 2>/dev/null && echo $d; done';
    expect((await run(write)).stdout).toBe('');
    expect((await run(write, { filesystem: 'scratch' })).stdout).toBe('/tmp\n/dev/shm\n');
    const fill =
      'head -c 100M /dev/zero >/tmp/a 2>/dev/null; head -c 100M /dev/zero >/dev/shm/b 2>/dev/null; du -sk /tmp /dev/shm | cut -f1';
    const sizes = (await run(fill, { filesystem: 'scratch' })).stdout.trim().split('\n').map(Number);
    expect(sizes.reduce((sum, size) => sum + size, 0)).toBeLessThanOrEqual(64 * 1024);
    const files = 'cd /tmp; seq 1 100000 | xargs touch 2>/dev/null; ls | wc -l';
    expect(Number((await run(files, { filesystem: 'scratch' })).stdout)).toBeLessThan(4096);
  });

  test('is ended when it takes more memory or processor time than it may', async () => {
    const memory = 64 * 1024 * 1024;
    const hungry = await run('head -c 500M /dev/zero | tail -c 500M | wc -c', { memory });
    expect(hungry.stdout.trim()).not.toBe(String(500 * 1024 * 1024));
    const busy = await run('while :; do :; done', { cpuTimeMs: 1000 });
    expect(busy.exit.cause).toBe('cpu');
  });

  test('forks no further than its limit, and all of it ends at once', async () => {
    const program = await start('f() { f | f & }; f; sleep 9731', { memory: 128 * 1024 * 1024 });
    program.stdout.resume();
    program.stderr.resume();
    await program.kill();
    await program.exited;
    await vi.waitFor(() => expect(marked('9731')).toEqual([]));
  });

  test('leaves nothing behind when it ends, whatever session it began', async () => {
    const { exit } = await run('setsid sleep 9732 >/dev/null 2>&1 & sleep 0.2; exit 3');
    expect(exit).toMatchObject({ code: 3 });
    await vi.waitFor(() => expect(marked('9732')).toEqual([]));
  });

  test('tells how it ended', async () => {
    expect((await run('exit 137')).exit).toMatchObject({ code: 137 });
    expect((await run('kill -SEGV $$')).exit).toMatchObject({ code: 139 });
    await expect(
      startIsolated(
        { argv: ['no-such-program'], env: {}, isolation: { min: 'sandbox', filesystem: 'readOnly' }, tier: 'sandbox' },
        { host: { path: ['/usr/bin'], readable: [] } },
      ),
    ).rejects.toMatchObject({ code: 'tool.program_missing' });
  });
});

test('the self-test passes, and a program dies with its worker', async () => {
  const worker = startProcess({ entry: 'test/support/isolated-main.ts', args: ['9733'] });
  const [, proof = ''] = await worker.waitFor(/proof (.*)\n/);
  expect(JSON.parse(proof)).toMatchObject({ tier: 'sandbox' });
  expect(JSON.parse(proof)).not.toHaveProperty('why');
  await worker.waitFor(/started/);
  await vi.waitFor(() => expect(marked('9733').length).toBeGreaterThan(1));
  await worker.kill('SIGKILL');
  await vi.waitFor(() => expect(marked('9733')).toEqual([]));
});

test.runIf(process.getuid?.() === 0)('a worker that is not root offers the same', async () => {
  const entry = readableCopy(programPath('test/support/isolated-main.ts'));
  const user = ['--reuid=61234', '--regid=61234', '--clear-groups'];
  const worker = spawn('setpriv', [...user, process.execPath, entry, '9734'], {
    cwd: '/',
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let said = '';
  worker.stdout.setEncoding('utf8').on('data', (chunk: string) => (said += chunk));
  await vi.waitFor(() => expect(said).toContain('started'), { timeout: 30_000 });
  worker.kill('SIGKILL');
  expect(JSON.parse(/proof (.*)\n/.exec(said)?.[1] ?? '{}')).toEqual({ uid: 61_234, tier: 'sandbox' });
  await vi.waitFor(() => expect(marked('9734')).toEqual([]));
});

/** What the program is made of, where another user may read it: the checkout may be anybody's. */
function readableCopy(entry: string): string {
  const from = dirname(dirname(dirname(entry)));
  const to = mkdtempSync(join(tmpdir(), 'pawl-isolated-'));
  onTestFinished(() => rmSync(to, { recursive: true, force: true }));
  for (const path of ['src/errors.js', 'src/tools/isolation', 'test/support/isolated-main.js'])
    cpSync(join(from, path), join(to, path), { recursive: true });
  writeFileSync(join(to, 'package.json'), '{"type": "module"}');
  chmodSync(to, 0o755);
  return join(to, 'test/support/isolated-main.js');
}
