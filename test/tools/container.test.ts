import { beforeAll, describe, expect, test } from 'vitest';
import type { BundleTool } from '../../src/manifest/bundle.ts';
import { callTool } from '../../src/tools/call.ts';
import { runArguments } from '../../src/tools/isolation/container.ts';
import { findEngine } from '../../src/tools/isolation/engine.ts';
import { proveContainer } from '../../src/tools/isolation/prove-container.ts';
import type { ToolCallOptions } from '../../src/tools/options.ts';
import type { ToolOutcome } from '../../src/tools/tool.ts';
import { busyboxImage, containersOfPawl, leaveContainer, limitsContainers } from '../support/podman.ts';
import { canary, canarySecrets, optionsWith } from './fixture.ts';
import type { ContainerTool } from '../../src/tools/container.ts';

let image = '';
beforeAll(() => {
  image = busyboxImage();
}, 300_000);

interface Called {
  readonly impl?: Partial<ContainerTool['impl']>;
  readonly tool?: Partial<BundleTool>;
  readonly options?: Partial<ToolCallOptions>;
}

/** Runs a script in a container as a run does. */
function called(script: string, { impl = {}, tool = {}, options = {} }: Called = {}): Promise<ToolOutcome> {
  const whole: BundleTool = {
    name: 'convert',
    description: 'Converts.',
    inputSchema: {},
    operations: ['read'],
    idempotent: false,
    timeoutMs: 60_000,
    maxResultBytes: 65_536,
    costPerCall: 0,
    ...tool,
    impl: {
      type: 'container',
      image,
      args: ['-c', script],
      env: [],
      isolation: { min: 'container', filesystem: 'readOnly' },
      ...impl,
    },
  };
  const place = { tiers: ['container'], host: { path: [], readable: [] } } as const;
  return callTool(whole, { a: 1 }, optionsWith({ isolation: place, ...options }));
}

/** What a worker says where podman holds containers to no limit: rootless podman on cgroups v1. */
const withheld = { tier: 'container', why: 'A container could take more memory than its limit.' };

/** What a container can see and do, a line each. */
const look = `
echo "user $(id -u)"
grep -E 'CapEff|NoNewPrivs' /proc/self/status
echo "interfaces $(grep -c : /proc/net/dev)"
(echo x >/written) 2>/dev/null && echo 'writes to its root'
(echo x >/dev/shm/written) 2>/dev/null && echo 'writes to shared memory'
(echo x >/tmp/written) 2>/dev/null && echo 'writes to /tmp'
ls /etc/shadow /var/run/docker.sock /root /home 2>/dev/null
env | cut -d= -f1 | grep -E 'PAWL|SECRET|TOKEN|PROXY|NODE'
cat /run/token
`;

test('docker is given the same limits as podman, in its own words', () => {
  const start = {
    argv: [],
    env: {},
    tier: 'container',
    isolation: { min: 'container', filesystem: 'scratch' },
  } as const;
  const words = (name: 'docker' | 'podman') => {
    const given = { name: 'pawl-a', given: { arguments: [] } };
    return runArguments({ name, env: {}, runtime: [] }, start, given).join(' ');
  };
  const held = [
    ['--network=none', '--ipc=none', '--read-only', '--cap-drop=ALL', '--security-opt=no-new-privileges'],
    ['--user=65532:65532', '--pids-limit=128', '--memory=536870912', '--memory-swap=536870912', '--cpus=1'],
    ['--pull=never', '--rm', '--interactive'],
  ].flat();
  for (const flag of held)
    expect([words('podman').includes(flag), words('docker').includes(flag), flag]).toEqual([true, true, flag]);
  expect(words('docker')).not.toMatch(/--read-only-tmpfs|--http-proxy|--image-volume/);
});

test('docker gives a container no proxies but those that the tool declares', () => {
  const start = { argv: [], tier: 'container', isolation: { min: 'container', filesystem: 'readOnly' } } as const;
  const args = (name: 'docker' | 'podman') => {
    const command = { ...start, env: { HTTPS_PROXY: 'http://proxy.example.com' } };
    return runArguments({ name, env: {}, runtime: [] }, command, { name: 'pawl-a', given: { arguments: [] } });
  };
  const names = ['HTTP', 'NO', 'FTP', 'ALL'].flatMap((name) => [`${name}_PROXY`, `${name.toLowerCase()}_proxy`]);
  const emptied = [...names, 'https_proxy'].map((name) => `--env=${name}=`);
  expect(args('docker')).toEqual(expect.arrayContaining([...emptied, '--env=HTTPS_PROXY']));
  expect(args('docker').join(' ')).not.toContain('proxy.example.com');
  expect(args('podman').filter((arg) => arg.startsWith('--env'))).toEqual([]);
});

describe('a container', { timeout: 120_000 }, () => {
  test('gets the arguments on standard input, and what it writes is the result', async () => {
    expect(await called('cat')).toEqual({ kind: 'done', output: { a: 1 } });
    const impl = { command: ['/bin/head', '-c', '5'], args: [] };
    expect(await called('', { impl })).toEqual({ kind: 'done', output: '{"a":' });
  });

  test('sees no network, no files of the machine and no variables but its own, and may do nothing', async () => {
    const outcome = await called(look, {
      impl: {
        env: [
          { name: 'TOKEN', secret: { secret: 'default/crm', key: 'token' }, mountPath: '/run/token' },
          { name: 'PLAIN', value: 'a b="c"' },
        ],
      },
      options: { secrets: canarySecrets() },
    });
    expect(outcome.kind === 'done' && typeof outcome.output === 'string' && outcome.output.split('\n')).toEqual([
      'user 65532',
      'CapEff:\t0000000000000000',
      'NoNewPrivs:\t1',
      'interfaces 1',
      'TOKEN',
      expect.not.stringContaining(canary),
    ]);
  });

  test('may write to a folder of its own where that is declared, and to no end', async () => {
    const fill = 'head -c 100000000 /dev/zero >/tmp/fill; wc -c </tmp/fill';
    const isolation = { min: 'container', filesystem: 'scratch' } as const;
    expect(await called(fill, { impl: { isolation } })).toEqual({ kind: 'done', output: '67108864' });
  });

  test('that takes more memory than it may is ended and told of, or none is offered', async () => {
    if (!limitsContainers()) {
      expect(await proveContainer()).toEqual(withheld);
      return;
    }
    const isolation = { min: 'container', filesystem: 'readOnly', memory: 32 * 2 ** 20 } as const;
    const hungry = await called('', {
      impl: { command: ['/bin/tail', '-c', '200000000', '/dev/zero'], args: [], isolation },
    });
    expect(hungry).toMatchObject({ code: 'tool.failed', message: expect.stringContaining('memory') });
  });

  test('that does not end, whatever it starts, is ended at the deadline with all of it', async () => {
    const outcome = await called('sleep 600 & sleep 601 & echo begun; exec sleep 602', { tool: { timeoutMs: 3_000 } });
    expect(outcome).toMatchObject({ kind: 'failed', code: 'tool.timeout' });
    expect(containersOfPawl()).toEqual([]);
  });

  test('that writes without end is ended, and one that fails says with what', async () => {
    const endless = await called('while true; do echo xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx; done');
    expect(endless).toMatchObject({ kind: 'failed', code: 'result.too_large' });
    const failing = await called(`echo 'no: ${canary}' >&2; exit 3`, { options: { secrets: canarySecrets() } });
    expect(failing).toMatchObject({
      code: 'tool.failed',
      message: expect.stringMatching(/^The program ended with 3: (?:Resource limits [^\n]+\n)?no: /),
    });
    expect(failing.kind === 'failed' && failing.message).not.toContain(canary);
    const promised = { tool: { outputSchema: { type: 'object' } } };
    expect(await called('echo "{"', promised)).toMatchObject({ code: 'result.invalid' });
  });

  test('whose lease runs out while its network is made is not begun, and nothing of it is left', async () => {
    let held: readonly string[] = [];
    const mayStart = () => {
      held = containersOfPawl();
      return false;
    };
    const network = { hosts: ['http://api.test'], allowPrivate: true };
    const impl = { isolation: { min: 'container', filesystem: 'readOnly', network } } as const;
    expect(await called('cat', { impl, options: { mayStart } })).toEqual({
      kind: 'failed',
      code: 'tool.aborted',
      message: 'The program was not started: the lease of the worker was not renewed in time.',
      retryable: true,
    });
    // What holds its network stood already.
    expect(held).not.toEqual([]);
    await expect.poll(containersOfPawl).toEqual([]);
  });

  test('of an image that is not there is not started, and nothing is fetched', async () => {
    const missing = `registry.example.com/none@sha256:${'0'.repeat(64)}`;
    expect(await called('cat', { impl: { image: missing } })).toEqual({
      kind: 'failed',
      code: 'isolation.unavailable',
      message: `The image ${missing} is not on this worker: fetch it with \`podman pull ${missing}\`.`,
      retryable: false,
    });
  });

  test('is not started where the worker does not offer the tier', async () => {
    const isolation = { tiers: ['sandbox', 'wasm'], host: { path: [], readable: [] } } as const;
    expect(await called('cat', { options: { isolation } })).toMatchObject({ code: 'isolation.unavailable' });
  });

  test('of a worker that died is ended by the next one', async () => {
    leaveContainer(image);
    expect(containersOfPawl()).toHaveLength(1);
    expect(await findEngine()).toMatchObject({ name: 'podman' });
    expect(containersOfPawl()).toEqual([]);
  });

  test('is what a worker offers where one that tries cannot break out, which ends what others left too', async () => {
    leaveContainer(image);
    expect(await proveContainer()).toEqual(limitsContainers() ? { tier: 'container' } : withheld);
    expect(containersOfPawl()).toEqual([]);
  });
});
