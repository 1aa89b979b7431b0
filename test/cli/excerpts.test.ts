import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { excerpts } from '../../src/cli/excerpts.ts';

describe('an excerpt', () => {
  let folder: string;
  let root: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'pawl-excerpts-'));
    root = join(folder, 'repository');
    await mkdir(join(root, 'agents'), { recursive: true });
    await writeFile(join(root, 'agents/a.yaml'), 'kind: Agent\n');
    await writeFile(join(folder, 'private.yaml'), 'password\n');
    await symlink(join(folder, 'private.yaml'), join(root, 'agents/link.yaml'));
    await symlink('a.yaml', join(root, 'agents/inner.yaml'));
    await symlink(folder, join(root, 'elsewhere'));
    // The repository itself may be reached by a link.
    await symlink(root, join(folder, 'entry'));
  });
  afterAll(() => rm(folder, { recursive: true }));

  test('is read from a file of the working copy', () => {
    expect(excerpts(root)('agents/a.yaml')).toBe('kind: Agent\n');
    expect(excerpts(join(folder, 'entry'))('agents/a.yaml')).toBe('kind: Agent\n');
  });

  test.each([
    '../private.yaml',
    'agents/link.yaml',
    'agents/inner.yaml',
    'elsewhere/private.yaml',
    'agents',
    'gone.yaml',
  ])('is not read from %s', (file) => {
    expect(excerpts(root)(file)).toBeUndefined();
  });
});
