import { createHash } from 'node:crypto';
import { explain } from '../codes.ts';
import type { Problem } from '../manifest/problem.ts';

const schemaAddress = 'https://json.schemastore.org/sarif-2.1.0.json';

/** Problems as a SARIF 2.1.0 log: what code scanners and editors of many makers read. */
export function renderSarif(problems: readonly Problem[], { version }: { readonly version: string }): string {
  const codes = [...new Set(problems.map(({ code }) => code))].sort();
  const fingerprint = fingerprints();
  const run = {
    tool: {
      driver: { name: 'pawl', version, rules: codes.map((code) => ruleOf(code, problems)) },
    },
    automationDetails: { id: 'pawl/validate/' },
    // Columns count what JavaScript and most editors count.
    columnKind: 'utf16CodeUnits',
    originalUriBaseIds: { '%SRCROOT%': { description: { text: 'The root of the repository.' } } },
    results: problems.map((problem) => resultOf(problem, codes.indexOf(problem.code), fingerprint(problem))),
  };
  return JSON.stringify({ $schema: schemaAddress, version: '2.1.0', runs: [run] }, null, 2);
}

function ruleOf(code: string, problems: readonly Problem[]): object {
  const doc = explain(code);
  const isError = problems.some((problem) => problem.code === code && problem.severity === 'error');
  return {
    id: code,
    ...(doc === undefined
      ? {}
      : {
          shortDescription: { text: doc.title },
          fullDescription: { text: doc.cause },
          help: { text: `${doc.cause}\n\n${doc.cure}\n\npawl explain ${code}` },
        }),
    defaultConfiguration: { level: isError ? 'error' : 'warning' },
  };
}

function resultOf(problem: Problem, ruleIndex: number, fingerprint: string): object {
  const { code, severity, message, help, file, line, column, endColumn, address } = problem;
  return {
    ruleId: code,
    ruleIndex,
    level: severity,
    message: { text: plainMessage(help === undefined ? message : `${message} ${help}`) },
    locations: [
      {
        physicalLocation: {
          artifactLocation: { uri: relativeAddress(file), uriBaseId: '%SRCROOT%' },
          region: {
            startLine: line,
            startColumn: column,
            ...(endColumn === undefined ? {} : { endLine: line, endColumn }),
          },
        },
        ...(address === undefined ? {} : { logicalLocations: [{ fullyQualifiedName: address, kind: 'resource' }] }),
      },
    ],
    partialFingerprints: { 'pawlProblem/v1': fingerprint },
  };
}

/** In a message, `[text](target)` is a link: a name that was chosen to look like one stays text. */
function plainMessage(text: string): string {
  return text.replace(/\[(?=[^\]]*\]\()/g, '\\[');
}

function relativeAddress(file: string): string {
  return file.replace(/^\.\//, '').split('/').map(encodeURIComponent).join('/');
}

/** The same while lines are added above it; equal problems of one file are told apart by their order. */
function fingerprints(): (problem: Problem) => string {
  const counts = new Map<string, number>();
  return ({ code, file, address = '', message }) => {
    const key = JSON.stringify([code, file, address, message]);
    const count = (counts.get(key) ?? 0) + 1;
    counts.set(key, count);
    return createHash('sha256').update(`${key}\n${count}`).digest('hex').slice(0, 32);
  };
}
