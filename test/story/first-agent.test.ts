import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { say } from '../cli/fixture.ts';
import { followPage, withoutMoments } from './page.ts';

const place = new URL('../../docs/first-agent.md', import.meta.url);

test('whoever does what "Write your first agent" says sees what it shows', { timeout: 180_000 }, async () => {
  const folder = await mkdtemp(join(tmpdir(), 'pawl-page-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  const page = await readFile(place, 'utf8');
  expect(withoutMoments(await followPage(page, folder))).toBe(withoutMoments(page));
});

test('every command that a page names is there', async () => {
  for (const name of ['first-agent', 'cli', 'plan', 'operate']) {
    const page = await readFile(new URL(`../../docs/${name}.md`, import.meta.url), 'utf8');
    const named = new Set([...page.matchAll(/(?:^\$ |`)pawl ([a-z]+)/gm)].map(([, command = '']) => command));
    for (const command of named) expect([command, (await say([command, '--help'])).exit]).toEqual([command, 0]);
  }
});
