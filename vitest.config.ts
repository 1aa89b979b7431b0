import { defineConfig } from 'vitest/config';
import { reporters } from './tooling/test-report.ts';

/** What is under test are functions, or commands typed in this process: nothing that goes on when its test is over. */
const pure = 'test/{manifest,plan,policy,trace,cli}/**/*.test.ts';
/** The tests of runs that are executed in memory. */
const inMemory = `
  agent-fallback agent-limits agent-loop agent-resume approving call-index cancel-within delegation
  due forgiven graph graph-cycle graph-property graph-run graph-traps graphs-page group-commit guards hand-off passing-again
  place plain-step policy-rate pool rate replay-run run-retry scaling sending shared-budget
`;
const runsInMemory = `test/run/{${inMemory.trim().split(/\s+/).join(',')}}.test.ts`;
/** These ask PostgreSQL, or start processes. */
const asking = ['test/plan/classify.test.ts', 'test/cli/{process,secret-words,authoring-hostile}.test.ts'];
const exclude = ['**/node_modules/**'];
const common = {
  // Modules are loaded, and WebAssembly is compiled, once for many files: a process for each of 450 took a third of all
  // processor time. So a test leaves the process as it found it: its environment, timers, servers and handlers.
  isolate: false,
  // Processes, not threads: tests start servers, change signal handlers and read their own memory.
  pool: 'forks',
  // They end what hangs, and say nothing of how fast anything is: a machine that is busy elsewhere stops for seconds.
  testTimeout: 120_000,
  hookTimeout: 120_000,
  expect: { poll: { timeout: 30_000 } },
} as const;

export default defineConfig({
  test: {
    // The default leaves one core idle, and on two cores runs file after file; most tests wait for a server anyway.
    maxWorkers: '100%',
    teardownTimeout: 60_000,
    reporters: reporters(),
    projects: [
      {
        test: {
          name: 'servers',
          include: ['test/*.test.ts', 'test/!(manifest|plan|policy|trace|cli)/**/*.test.ts', ...asking],
          exclude: [...exclude, runsInMemory],
          globalSetup: ['test/support/postgres-setup.ts'],
          ...common,
        },
      },
      {
        test: {
          name: 'pure',
          include: [pure, runsInMemory],
          exclude: [...exclude, ...asking],
          ...common,
        },
      },
    ],
  },
});
