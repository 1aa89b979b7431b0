// Prints one line, `123 passed, 0 failed`, from vitest's JSON report: `node tooling/count-tests.js <report> <status>`.
import { readFileSync } from 'node:fs';

const [path, status] = process.argv.slice(2);
const { passed, failed } = count(readFileSync(path, 'utf8'));
// vitest also fails for what no test stands for: an unhandled rejection, a set-up that threw, a report never written.
process.stdout.write(`${passed} passed, ${status !== '0' && failed === 0 ? 1 : failed} failed\n`);

function count(report) {
  if (report === '') return { passed: 0, failed: 0 };
  const { numPassedTests, numFailedTests, testResults } = JSON.parse(report);
  // A file that could not be loaded has no tests to count, and is a failure all the same.
  const unloaded = testResults.filter((file) => file.status === 'failed' && file.assertionResults.length === 0);
  return { passed: numPassedTests, failed: numFailedTests + unloaded.length };
}
