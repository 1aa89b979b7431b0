import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { assertImage, follow } from '../../../src/tools/isolation/container.ts';
import { type Engine, owner, sweepContainers } from '../../../src/tools/isolation/engine.ts';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'pawl-engine-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** An engine that writes down what it is asked, and then does as the script says. */
function engine(name: Engine['name'], script: string): Engine {
  const lines = ['#!/bin/sh', `echo "$*" >>${join(folder, 'asked')}`, script, ''];
  writeFileSync(join(folder, name), lines.join('\n'), { mode: 0o755 });
  return { name, env: { PATH: `${folder}:/usr/bin:/bin` }, runtime: [] };
}

const asked = () => readFileSync(join(folder, 'asked'), 'utf8').trim().split('\n');

test('an image that declares volumes is refused for docker, which would let it fill the disk', async () => {
  const volumes = `echo '{"/var/lib":{}}'`;
  await expect(assertImage(engine('docker', volumes), 'registry.example.com/volumes')).rejects.toMatchObject({
    code: 'isolation.unavailable',
    message: 'The image registry.example.com/volumes declares volumes, which docker lets it fill.',
  });
  await assertImage(engine('podman', volumes), 'registry.example.com/ignored');
  for (const none of ['null', '{}'])
    await assertImage(engine('docker', `echo '${none}'`), `registry.example.com/${none}`);
});

test.each([
  ['is killed', 'kill -9 $$', true],
  ['loses its engine', 'exit 125', true],
  ['ends as the container does', 'exit 3', false],
])('a container whose client %s is ended by its name if it may run on', async (_, end, isRemoved) => {
  const given = { arguments: [], remove: () => Promise.resolve() };
  const docker = engine('docker', `test "$1" = rm || ${end}`);
  const container = follow(docker, { name: 'pawl-left', args: ['run'], given });
  await container.exited;
  await container.kill();
  expect(asked()).toEqual(isRemoved ? ['run', 'rm --force --volumes pawl-left'] : ['run']);
});

test('what a worker left is removed by those who can know that it died: of its host and its processes', async () => {
  const [host, namespace, pid, start] = owner().split(':');
  expect(namespace).toMatch(/^\d+$/);
  const owners = {
    alive: owner(),
    dead: `${host}:${namespace}:999999999:1`,
    numberTakenAgain: `${host}:${namespace}:${pid}:1`,
    otherNamespace: `${host}:1:999999999:1`,
    otherHost: `other-${host}:${namespace}:999999999:1`,
    elsewhere: `${host}:${pid}:${start}`,
    nobody: '',
  };
  const listed = Object.entries(owners).map(([name, whose]) => `${name} ${whose}`);
  const podman = engine('podman', `test "$1" = rm || cat <<'END'\n${listed.join('\n')}\nEND`);
  expect(await sweepContainers(podman)).toBe(true);
  expect(asked().filter((line) => line.startsWith('rm'))).toEqual(
    ['dead', 'numberTakenAgain'].map((name) => `rm --force --volumes --time 0 ${name}`),
  );
});
