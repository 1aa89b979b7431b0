import { expect, test } from 'vitest';
import type { App } from '../../src/cli/app-port.ts';
import { controlAnswers } from '../api/control-answers.ts';
import { say } from './fixture.ts';

test('whoever looks at halts sees who set each, and the role that it takes to lift it', async () => {
  const operations = controlAnswers((_name, result) => () => Promise.resolve(result));
  const door = { operations, close: () => Promise.resolve() };
  // The one operation that the command asks, and how it gets there.
  const app = { open: () => Promise.resolve(door), close: () => Promise.resolve() } as unknown as App;
  const { stdout, stderr } = await say(['get', 'halts', '--env', 'production'], { app });
  expect(stderr).toBe('');
  expect(stdout.split('\n').map((line) => line.split(/ {2,}/).slice(1, 5))).toEqual([
    ['SCOPE', 'STATE', 'BY', 'AS'],
    ['namespace/support', 'in force', 'ada', 'operator'],
    [],
  ]);
});
