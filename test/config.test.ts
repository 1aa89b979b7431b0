import { mkdir, mkdtemp, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { bareEnvironment, findRoot, readConfig, readTerminalSettings } from '../src/config.ts';

let root: string;
let inside: string;

beforeAll(async () => {
  root = await realpath(await mkdtemp(join(tmpdir(), 'pawl-config-')));
  inside = join(root, 'agents', 'prompts');
  await mkdir(inside, { recursive: true });
  await writeFile(join(root, 'pawl.yaml'), '');
});
afterAll(() => rm(root, { recursive: true }));

describe('the repository', () => {
  test('is the nearest folder upward with pawl.yaml', () => {
    expect(findRoot(inside)).toBe(root);
    expect(readConfig(inside, {})).toMatchObject({ root, repository: { kind: 'path', path: root } });
  });

  test('none is refused with what to do', () => {
    expect(() => readConfig(tmpdir(), {})).toThrow(/No pawl\.yaml and no \.git/);
  });

  test('a URL is read through a mirror below .pawl', () => {
    const { repository } = readConfig(root, { PAWL_REPOSITORY: 'https://git.example.com/team/agents.git' });
    expect(repository).toEqual({
      kind: 'url',
      url: 'https://git.example.com/team/agents.git',
      directory: join(root, '.pawl', 'mirror'),
    });
  });
});

describe('the database', () => {
  test('is embedded below .pawl when no URL is set', () => {
    expect(readConfig(inside, {}).database).toEqual({ kind: 'embedded', directory: join(root, '.pawl', 'db') });
  });

  test.each(['DATABASE_URL', 'PAWL_DATABASE_URL'])('is what %s names', (name) => {
    expect(readConfig(root, { [name]: 'postgres://db.example.com/pawl' }).database).toEqual({
      kind: 'postgres',
      url: 'postgres://db.example.com/pawl',
    });
  });

  test('two URLs that differ are refused, naming both variables and showing neither value', () => {
    const settings = { DATABASE_URL: 'postgres://u:hunter2@a/x', PAWL_DATABASE_URL: 'postgres://u:hunter3@b/x' };
    expect(() => readConfig(root, settings)).toThrow(/PAWL_DATABASE_URL and DATABASE_URL/);
    expect(() => readConfig(root, settings)).not.toThrow(/hunter/);
  });

  test('two URLs that agree are one', () => {
    const url = 'postgres://a/x';
    expect(readConfig(root, { DATABASE_URL: url, PAWL_DATABASE_URL: url }).database).toEqual({ kind: 'postgres', url });
  });

  test('another kind of URL is refused without showing it', () => {
    expect(() => readConfig(root, { DATABASE_URL: 'mysql://u:hunter2@a/x' })).toThrow(
      'DATABASE_URL is not a PostgreSQL URL.',
    );
  });
});

describe('NATS', () => {
  const DATABASE_URL = 'postgres://a/x';

  test('is where NATS_URL says, with the login of a file before the one in the URL', () => {
    const url = { DATABASE_URL, NATS_URL: 'tls://u:p@a' };
    expect(readConfig(root, url).nats).toEqual({
      servers: ['a:4222'],
      tls: true,
      login: { kind: 'password', user: 'u', password: 'p' },
    });
    expect(
      readConfig(root, { ...url, NATS_CREDENTIALS_FILE: '/run/nats.creds', NATS_CA_FILE: '/run/ca.pem' }).nats,
    ).toEqual({
      servers: ['a:4222'],
      tls: true,
      login: { kind: 'credentials', file: '/run/nats.creds' },
      caFile: '/run/ca.pem',
    });
    expect(readConfig(root, { DATABASE_URL }).nats).toBeUndefined();
  });

  test('beside the embedded database is a contradiction: it is for one process', () => {
    expect(() => readConfig(root, { NATS_URL: 'nats://localhost' })).toThrow(
      'NATS_URL is set and DATABASE_URL is not: the embedded database is for one process.',
    );
  });

  test('at another kind of URL is refused without showing it', () => {
    expect(() => readConfig(root, { DATABASE_URL, NATS_URL: 'http://u:hunter2@a' })).toThrow(
      /^NATS_URL is not a URL of NATS\.$/,
    );
  });
});

describe('secrets', () => {
  test('only variables with the prefix or on the list can be named by a manifest', () => {
    const { secrets } = readConfig(root, {
      PAWL_SECRET_CRM: 'a',
      CRM_TOKEN: 'b',
      DATABASE_URL: 'postgres://a/x',
      HOME: '/root',
      PAWL_SECRET_ENV: 'CRM_TOKEN, OTHER',
    });
    expect([...secrets.variables.keys()].sort()).toEqual(['CRM_TOKEN', 'PAWL_SECRET_CRM']);
  });

  test("pawl's own keys and settings are no secrets that a manifest can name, listed or not", () => {
    const { secrets } = readConfig(root, {
      PAWL_AGE_KEY: 'a',
      PAWL_SECRET_FILES: '/mnt/secrets',
      PAWL_SECRET_ENV: 'PAWL_AGE_KEY,PAWL_SECRET_FILES,PAWL_SECRET_ENV',
    });
    expect([...secrets.variables.keys()]).toEqual([]);
    expect(secrets.ageKeys).toEqual({ kind: 'text', text: 'a' });
  });

  test('files are read in /run/secrets unless other folders are named by absolute paths', () => {
    expect(readConfig(root, {}).secrets.folders).toEqual(['/run/secrets']);
    expect(readConfig(root, { PAWL_SECRET_FILES: '/a, /b/c/' }).secrets.folders).toEqual(['/a', '/b/c']);
    for (const folder of ['secrets', '/', '/..', '/a,b']) {
      expect(() => readConfig(root, { PAWL_SECRET_FILES: folder })).toThrow(/PAWL_SECRET_FILES names/);
    }
  });

  test('a key in a file and one in the environment contradict each other', () => {
    const both = { PAWL_AGE_KEY: 'hunter2', PAWL_AGE_KEY_FILE: '/a' };
    expect(() => readConfig(root, both)).toThrow('PAWL_AGE_KEY and PAWL_AGE_KEY_FILE are both set.');
    expect(readConfig(root, { PAWL_AGE_KEY_FILE: '/a/key' }).secrets.ageKeys).toEqual({ kind: 'file', path: '/a/key' });
  });
});

describe('numbers and levels', () => {
  test.each([
    [{ PAWL_WORKER_SLOTS: '0' }, /PAWL_WORKER_SLOTS is "0"/],
    [{ PAWL_WORKER_SLOTS: 'many' }, /from 1 to 256/],
    [{ PAWL_POLL_MS: '5' }, /from 100 to 3600000/],
    [{ PAWL_LOG_LEVEL: 'loud' }, /one of trace|PAWL_LOG_LEVEL is "loud"/],
  ])('%j is refused with what would do', (environment, message) => {
    try {
      readConfig(root, environment);
      expect.unreachable();
    } catch (error) {
      expect(`${(error as Error).message} ${(error as { help: string }).help}`).toMatch(message);
    }
  });
});

test('a name on GitHub contradicts several repositories', () => {
  const several = { PAWL_REPOSITORIES: 'https://github.com/acme/a https://github.com/acme/b', PAWL_GITHUB_TOKEN: 't' };
  expect(readConfig(root, several).repositories).toHaveLength(2);
  expect(() => readConfig(root, { ...several, PAWL_GITHUB_REPOSITORY: 'acme/a' })).toThrow(
    /PAWL_GITHUB_REPOSITORY names one repository, and PAWL_REPOSITORIES names several/,
  );
});

describe('the terminal', () => {
  test('an empty NO_COLOR does not count, as its convention says', () => {
    expect(readTerminalSettings({ NO_COLOR: '' }).noColor).toBe(false);
    expect(readTerminalSettings({ NO_COLOR: '1' }).noColor).toBe(true);
  });

  test('a locale that names another charset gets no symbols', () => {
    expect(readTerminalSettings({ LANG: 'C' }).utf8).toBe(false);
    expect(readTerminalSettings({ LANG: 'en_US.UTF-8' }).utf8).toBe(true);
  });
});

describe('the demo', () => {
  test("knows nothing of the user's database, server or secrets", () => {
    const bare = bareEnvironment({ PATH: '/bin', DATABASE_URL: 'postgres://a/x', NATS_URL: 'n', PAWL_SECRET_A: 's' });
    expect(readConfig(root, bare)).toMatchObject({ database: { kind: 'embedded' } });
    expect(Object.keys(bare)).not.toContain('PAWL_SECRET_A');
  });
});
