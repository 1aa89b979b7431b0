import type { Problem } from '../manifest/problem.ts';
import type { Validation } from './app-port.ts';
import { plural } from './plural.ts';
import { attributes, escapeXml } from './xml.ts';

/** The outcome as JUnit XML: a suite for each file with problems, and one for the environments. */
export function renderJunit(validation: Validation, options: { readonly strict: boolean }): string {
  const fails = (problem: Problem): boolean => options.strict || problem.severity === 'error';
  const failures = validation.problems.filter(fails).length;
  const tests = validation.problems.length + validation.environments.length;
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites name="pawl validate" tests="${tests}" failures="${failures}" errors="0">`,
    ...environmentSuite(validation.environments),
    ...[...byFile(validation.problems)].flatMap(([file, problems]) => fileSuite(file, problems, fails)),
    '</testsuites>',
  ].join('\n');
}

function environmentSuite(environments: Validation['environments']): readonly string[] {
  if (environments.length === 0) return [];
  return [
    `  <testsuite name="environments" tests="${environments.length}" failures="0" errors="0">`,
    ...environments.map(
      ({ name, resources }) => `    <testcase ${attributes({ name: `${name}: ${plural(resources, 'resource')}` })}/>`,
    ),
    '  </testsuite>',
  ];
}

function byFile(problems: readonly Problem[]): ReadonlyMap<string, readonly Problem[]> {
  const files = new Map<string, Problem[]>();
  for (const problem of problems) {
    const known = files.get(problem.file);
    if (known === undefined) files.set(problem.file, [problem]);
    else known.push(problem);
  }
  return files;
}

function fileSuite(
  file: string,
  problems: readonly Problem[],
  fails: (problem: Problem) => boolean,
): readonly string[] {
  const counts = { tests: String(problems.length), failures: String(problems.filter(fails).length), errors: '0' };
  return [
    `  <testsuite ${attributes({ name: file, ...counts })}>`,
    ...problems.flatMap((problem) => testcase(problem, fails(problem))),
    '  </testsuite>',
  ];
}

function testcase(problem: Problem, isFailure: boolean): readonly string[] {
  const { code, message, help, file, line, column } = problem;
  const place = `${file}:${line}:${column}`;
  const body = escapeXml([message, place, ...(help === undefined ? [] : [help])].join('\n'));
  const said = isFailure
    ? `<failure ${attributes({ type: code, message })}>${body}</failure>`
    : `<system-out>${body}</system-out>`;
  return [
    `    <testcase ${attributes({ classname: file, name: `${code} ${line}:${column}` })}>`,
    `      ${said}`,
    '    </testcase>',
  ];
}
