import { defineConfig } from 'vitest/config';

/** No files, no servers, no databases: what is under test are functions, and what they remember is bounded and keyed. */
const pure = 'test/{manifest,plan,policy}/**/*.test.ts';
/** Asks PostgreSQL what a row does to a plan. */
const notPure = 'test/plan/classify.test.ts';
const exclude = ['**/node_modules/**'];
const common = {
  // Processes, not threads: tests start servers, change signal handlers and read their own memory.
  pool: 'forks',
  testTimeout: 20_000,
  hookTimeout: 30_000,
} as const;

export default defineConfig({
  test: {
    // The default leaves one core idle, and on two cores runs file after file; most tests wait for a server anyway.
    maxWorkers: '100%',
    teardownTimeout: 20_000,
    projects: [
      {
        test: {
          name: 'parts',
          include: ['test/*.test.ts', 'test/!(manifest|plan|policy)/**/*.test.ts', notPure],
          exclude,
          globalSetup: ['test/support/postgres-setup.ts'],
          ...common,
        },
      },
      {
        test: {
          name: 'pure',
          include: [pure],
          exclude: [...exclude, notPure],
          // A process of its own costs each of these files five times what its tests do: 60 s against 300 s of a core.
          isolate: false,
          ...common,
        },
      },
    ],
  },
});
