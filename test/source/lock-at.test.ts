import { symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import type { JsonObject } from '../../src/manifest/json.ts';
import { lockText, pinServer } from '../../src/manifest/lock-text.ts';
import type { EnvironmentSettings, Snapshot } from '../../src/manifest/resource.ts';
import type { Repository } from '../../src/source/repository.ts';
import { SnapshotCache, snapshot } from '../../src/source/snapshot.ts';
import type { TestRepository } from '../support/git.ts';
import { openOrigin } from './origin.ts';

const prod: EnvironmentSettings = { name: 'prod', branch: 'main', paths: ['agents'], apply: 'auto' };
const server = `apiVersion: pawl/v1
kind: McpServer
metadata: { name: tickets }
spec: { transport: http, url: 'https://mcp.example.com/mcp' }
`;

function lock(description: string): string {
  return lockText(
    pinServer(undefined, {
      server: 'default/tickets',
      spec: { transport: 'http', url: 'https://mcp.example.com/mcp' },
      tools: { get: { description, inputSchema: { type: 'object' } } },
      now: new Date('2026-08-01T12:00:00Z'),
      version: '0.1.0',
    }),
  );
}

describe.each(['git-cli', 'isomorphic'] as const)('%s', (reader) => {
  let origin: TestRepository;
  let repository: Repository;

  beforeEach(async () => {
    ({ origin, repository } = await openOrigin(reader));
  });

  const places = (taken: Snapshot) => taken.problems.map(({ code, file }) => `${code} ${file}`);
  const pinOf = (taken: Snapshot) =>
    (taken.resources.get('McpServer/default/tickets')?.manifest['spec'] as { pinned?: JsonObject } | undefined)?.pinned;

  test('the lock file is read at the commit, beside any paths', async () => {
    const cache = new SnapshotCache();
    const take = (commit: string) => snapshot(repository, { commit, environment: prod }, { cache });
    const bare = await take(await origin.commit({ 'agents/server.yaml': server }));
    expect(places(bare)).toContain('pin.missing agents/server.yaml');
    const first = await take(await origin.commit({ 'pawl.lock.yaml': lock('Gets.') }));
    expect(places(first)).not.toContain('pin.missing agents/server.yaml');
    expect(JSON.stringify(pinOf(first))).toContain('Gets.');
    // Only the lock file differs: the next snapshot is made from what changed.
    const second = await take(await origin.commit({ 'pawl.lock.yaml': lock('Gets and mails.') }));
    expect(JSON.stringify(pinOf(second))).toContain('Gets and mails.');
    expect(second.root).not.toBe(first.root);
    const fresh = await snapshot(repository, { commit: second.commit, environment: prod });
    expect(fresh.root).toBe(second.root);
    await origin.git('rm', '--quiet', 'pawl.lock.yaml');
    const gone = await take(await origin.commit({}));
    expect(places(gone)).toContain('pin.missing agents/server.yaml');
  });

  test('a lock file that is a link or too large is refused, and not for want of a pin', async () => {
    await symlink('/etc/passwd', join(origin.path, 'pawl.lock.yaml'));
    const linked = await origin.commit({ 'agents/server.yaml': server });
    expect(places(await snapshot(repository, { commit: linked, environment: prod }))).toContain(
      'git.symlink pawl.lock.yaml',
    );
    await origin.git('rm', '--quiet', 'pawl.lock.yaml');
    const large = await origin.commit({ 'pawl.lock.yaml': `#${'x'.repeat(1024 * 1024)}` });
    const taken = await snapshot(repository, { commit: large, environment: prod });
    expect(places(taken)).toContain('limits.file_bytes pawl.lock.yaml');
    expect(places(taken)).not.toContain('pin.missing agents/server.yaml');
  });

  test('one of more bytes than a prompt may have is read', async () => {
    const commit = await origin.commit({
      'agents/server.yaml': server,
      'pawl.lock.yaml': lock('x'.repeat(60_000)) + '#'.repeat(60_000),
    });
    const taken = await snapshot(repository, { commit, environment: prod });
    expect(pinOf(taken)).toBeDefined();
  });
});
