import { expect, test } from 'vitest';
import { parseDocuments } from '../../src/manifest/document.ts';
import { excerptLine } from '../../src/manifest/excerpt.ts';
import { parseScript } from '../../src/manifest/script.ts';
import { parseSettings } from '../../src/manifest/settings.ts';

/** Made of parts, so that no scanner takes the test for a leak. */
const token = `ghp_${'Kq7Zt2Lw9Xb4'.repeat(3)}`;
const parse = (text: string) => parseDocuments({ path: 'a.yaml', bytes: Buffer.from(text) });

test.each([
  ['on its own line', `a: 1\n# ${token}\n`, 2, 3],
  ['after a value', `a: "x" # the old one was ${token}`, 1, 26],
  ['before the document', `# ${token}\n---\na: 1\n`, 1, 3],
  ['after the document', `a: 1\n...\n# ${token}\n`, 3, 3],
  ['within a list', `a:\n  - b\n    # ${token}\n  - c\n`, 3, 7],
  ['in a flow map', `a: {b: 1, # ${token}\n  c: 2}\n`, 1, 13],
  ['by a name', `a: 1 # password: ${'hunter2'}hunter2\n`, 1, 18],
  ['in a file without documents', `# ${token}\n`, 1, 3],
  ['behind letters of two units', `a: "😀" # ${token}\n`, 1, 11],
])('a credential in a comment %s is found in its place', (_what, text, line, column) => {
  const [problem, ...others] = parse(text).problems;
  expect(others).toEqual([]);
  expect(problem).toMatchObject({ code: 'manifest.secret_literal', severity: 'error', line, column });
  const shown = `${JSON.stringify(problem)} ${problem && excerptLine(text, problem)}`;
  for (const part of [token.slice(4, 12), 'hunter2h']) expect(shown).not.toContain(part);
});

test.each([
  ['a text', `a: "x # ${token}"`],
  ['a plain text', `a: x#${token}`],
  ['a block', `a: |\n  x\n  # ${token}\n`],
  ['a folded block', `a: >-\n  # ${token}\n`],
])('%s that looks like a comment is none', (_what, text) => {
  expect(parse(text).problems).toEqual([]);
});

test('pawl.yaml and scripts are looked through like manifests, comments included', () => {
  const settings = (text: string) => parseSettings({ path: 'pawl.yaml', bytes: Buffer.from(text) }).problems;
  const good = 'apiVersion: pawl/v1\nenvironments:\n  - { name: one, branch: main, paths: [a] }\n';
  expect(settings(good)).toEqual([]);
  const found = [
    settings(`${good}# ${token}\n`),
    settings(good.replace('main', token)),
    settings(good.replace('paths: [a]', `paths: [${token}]`)),
    parseScript({ path: 's.yaml', bytes: Buffer.from(`turns: [{ reply: "${token}" }]\n`) }).problems,
    parseScript({ path: 's.yaml', bytes: Buffer.from(`# ${token}\nturns: []\n`) }).problems,
  ];
  for (const problems of found) {
    expect(problems.map(({ code }) => code)).toEqual(['manifest.secret_literal']);
    expect(JSON.stringify(problems)).not.toContain(token.slice(4, 12));
  }
});

test('what the YAML library did not expect is not repeated', () => {
  const texts = [
    `a: |${token}\n  x\n`,
    `a: [1\n${token}: ]\n`,
    `*${token}\n`,
    `a: !${token} b\n`,
    `a: 1\n ${token}\n]${token}\n`,
    `"${token}" "${token}"\n`,
    `%${token}\n---\na\n`,
    `&${token} &${token} a\n`,
  ];
  for (const text of texts) {
    const { problems } = parse(text);
    expect(problems, text).not.toEqual([]);
    expect(JSON.stringify(problems)).not.toContain(token.slice(4, 12));
    for (const problem of problems) expect(excerptLine(text, problem) ?? '').not.toContain(token.slice(4, 12));
  }
});
