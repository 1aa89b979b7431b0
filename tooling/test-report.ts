import { writeFileSync } from 'node:fs';
import { relative } from 'node:path';
import type { Reporter, TestCase, TestModule } from 'vitest/node';

/** Tells whoever started the tests, and also the file in `TEST_REPORT`, where `.ci/run` reads it. */
export function reporters(): (Reporter | 'default')[] {
  const path = process.env['TEST_REPORT'];
  return path === undefined ? ['default'] : ['default', new TestReport(path)];
}

/** Writes to a file what `.ci/run` says and does after a run of tests. */
class TestReport implements Reporter {
  readonly #path: string;

  constructor(path: string) {
    this.#path = path;
  }

  onTestRunEnd(modules: readonly TestModule[], unhandledErrors: readonly unknown[]): void {
    const files = modules.map(fileOf);
    // What no file stands for: a rejection that nobody handled, a set-up that threw.
    writeFileSync(this.#path, JSON.stringify({ files, outside: unhandledErrors.length }));
  }
}

function fileOf(module: TestModule): object {
  const tests = [...module.children.allTests()];
  const inState = (state: string): TestCase[] => tests.filter((test) => test.result().state === state);
  return {
    file: relative(process.cwd(), module.moduleId),
    // Also one that could not be loaded, or whose hooks failed, though none of its tests did.
    isFailed: module.state() === 'failed',
    passed: inState('passed').length,
    failed: inState('failed').map((test) => test.fullName),
  };
}
