import { defineConfig } from 'vitest/config';

/** What is under test are functions, or commands typed in this process: nothing that goes on when its test is over. */
const together = 'test/{manifest,plan,policy,trace,cli}/**/*.test.ts';
/** These ask PostgreSQL, or start processes. */
const apart = ['test/plan/classify.test.ts', 'test/cli/{process,secret-words,authoring-hostile}.test.ts'];
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
          name: 'apart',
          include: ['test/*.test.ts', 'test/!(manifest|plan|policy|trace|cli)/**/*.test.ts', ...apart],
          exclude,
          globalSetup: ['test/support/postgres-setup.ts'],
          ...common,
        },
      },
      {
        test: {
          name: 'together',
          include: [together],
          exclude: [...exclude, ...apart],
          // Modules are loaded once: a process for each of 150 such files took 340 s of a core, together they take 190.
          isolate: false,
          ...common,
        },
      },
    ],
  },
});
