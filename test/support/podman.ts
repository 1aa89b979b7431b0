import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, copyFileSync, rmSync, symlinkSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { processNamespace } from '../../src/tools/isolation/engine.ts';
import { installWithApt, isDebianRoot } from './apt.ts';

const programs = ['sh', 'cat', 'head', 'tail', 'sleep', 'id', 'env', 'ls', 'grep', 'true', 'tr', 'wc', 'cut', 'touch'];

/**
 * An image of busybox, by digest, with a shell as its entry point. A missing podman is a failed test: on Debian it is
 * installed, elsewhere the error names what is missing.
 */
export function busyboxImage(): string {
  for (const [file, name] of [
    ['/usr/bin/podman', 'podman'],
    ['/usr/sbin/runc', 'runc'],
    ['/bin/busybox', 'busybox-static'],
  ] as const) {
    if (!existsSync(file) && isDebianRoot()) installWithApt(name);
    if (!existsSync(file)) throw new Error(`${file} is missing: apt-get install podman runc busybox-static`);
  }
  const folder = mkdtempSync(join(tmpdir(), 'pawl-image-'));
  try {
    mkdirSync(join(folder, 'root/bin'), { recursive: true });
    copyFileSync('/bin/busybox', join(folder, 'root/bin/busybox'));
    for (const program of programs) symlinkSync('busybox', join(folder, 'root/bin', program));
    const archive = join(folder, 'image.tar');
    // The same bytes each time, so that there is one image however often tests run.
    const same = ['--sort=name', '--mtime=@0', '--owner=0', '--group=0', '--numeric-owner'];
    run('tar', [...same, '-C', join(folder, 'root'), '-cf', archive, '.']);
    run('podman', ['import', '--change', 'ENTRYPOINT ["/bin/sh"]', archive, 'localhost/pawl-busybox:1']);
    const digest = run('podman', ['image', 'inspect', '--format', '{{.Digest}}', 'localhost/pawl-busybox:1']).trim();
    return `localhost/pawl-busybox@${digest}`;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/**
 * Whether podman can hold a container of this user to its limits: as root, or by cgroups v2. Without, pawl must not offer
 * containers, and that is what a test has to show there.
 */
export function limitsContainers(): boolean {
  const controllers = run('podman', ['info', '--format', '{{.Host.CgroupControllers}}']);
  return ['memory', 'pids'].every((name) => new RegExp(`\\b${name}\\b`).test(controllers));
}

/** A process that never was. */
const nobody = 999_999_999;

/** Containers of this process and of the one that never was, whether they run or not; other tests have theirs. */
export function containersOfPawl(): readonly string[] {
  const format = '{{.Names}} {{index .Labels "pawl.owner"}}';
  const listed = run('podman', ['ps', '--all', '--filter', 'label=pawl.owner', '--format', format]);
  return listed.split('\n').flatMap((line) => {
    const [name = '', owner = ''] = line.split(' ');
    const pid = Number(owner.slice(`${hostname()}:${processNamespace()}:`.length).split(':')[0]);
    return pid === nobody || pid === process.pid ? [name] : [];
  });
}

/** Leaves a container of a process that never was, as a worker does that is killed. */
export function leaveContainer(image: string): void {
  const label = `pawl.owner=${hostname()}:${processNamespace()}:${nobody}:1`;
  const limits = ['--ulimit', 'nproc=4096:4096', '--ulimit', 'nofile=1024:1024'];
  run('podman', ['run', '--detach', '--label', label, '--network', 'none', ...limits, image, '-c', 'exec sleep 600']);
}

function run(program: string, args: readonly string[]): string {
  return execFileSync(program, [...args], { encoding: 'utf8', timeout: 120_000, stdio: ['ignore', 'pipe', 'pipe'] });
}
