import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    exclude: ['**/node_modules/**'],
    globalSetup: ['test/support/postgres-setup.ts'],
    // Processes, not threads: tests start servers, change signal handlers and read their own memory.
    pool: 'forks',
    // The default leaves one core idle, and on two cores runs file after file; most tests wait for a server anyway.
    maxWorkers: '100%',
    testTimeout: 20_000,
    hookTimeout: 30_000,
    teardownTimeout: 20_000,
  },
});
