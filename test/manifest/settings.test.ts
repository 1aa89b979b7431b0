import { missingParts } from '../../src/manifest/missing-parts.ts';
import { describe, expect, test } from 'vitest';
import { parseScript } from '../../src/manifest/script.ts';
import { parseSettings } from '../../src/manifest/settings.ts';
import { at, bytesOf } from './manifests.ts';

const parse = (text: string) => parseSettings({ path: 'pawl.yaml', bytes: bytesOf(text) });
const one = (rest: string) => `apiVersion: pawl/v1\nenvironments:\n  - name: prod\n    branch: main\n${rest}`;

describe('pawl.yaml', () => {
  test('gives its environments with their defaults', () => {
    expect(parse(one('    paths: [agents, .]\n    namespaces: [default]\n'))).toMatchObject({
      settings: {
        environments: [
          {
            name: 'prod',
            branch: 'main',
            paths: ['agents', '.'],
            pathPlaces: [
              { file: 'pawl.yaml', line: 5, column: 13 },
              { file: 'pawl.yaml', line: 5, column: 21 },
            ],
            namespaces: ['default'],
            apply: 'auto',
          },
        ],
      },
      problems: [],
    });
  });

  test.each([
    ['a missing field', one(''), ['manifest.required 3:5']],
    ['an unknown apiVersion', 'apiVersion: v1\nenvironments: []\n', ['manifest.api_version 1:13']],
    ['no environment', 'apiVersion: pawl/v1\nenvironments: []\n', ['manifest.limit 2:15']],
    [
      'a path out of the repository',
      one('    paths: [a, ../b, a/../../c]\n'),
      ['settings.path 5:16', 'settings.path 5:22'],
    ],
    ['an absolute path', one('    paths: [/etc]\n'), ['manifest.format 5:13']],
    [
      'a branch that is an option',
      one('    paths: [a]\n').replace('main', '--upload-pack=x'),
      ['manifest.format 4:13'],
    ],
    ['a misspelt value', one('    paths: [a]\n    apply: manaul\n'), ['manifest.value 6:12']],
    ['an empty file', '', ['settings.documents 1:1']],
    ['two documents', `${one('    paths: [a]\n')}---\na: 1\n`, ['settings.documents 7:1']],
    ['broken YAML', 'a: [\n', ['yaml.syntax 2:1']],
    ['no map', '- a\n', ['manifest.type 1:1']],
  ])('refuses %s', (_what, text, expected) => {
    const { settings, problems } = parse(text);
    expect(settings).toBeUndefined();
    expect(problems.map(at)).toEqual(expected);
  });

  test('asks for nothing that this build lacks, whatever field it uses', () => {
    expect(Object.keys(missingParts).filter((row) => row.startsWith('PawlSettings.'))).toEqual([]);
    const { settings, problems } = parse(one('    paths: [a]\n    alerts: [ops]\n'));
    expect(problems).toEqual([]);
    expect(settings?.environments[0]?.problems ?? []).toEqual([]);
  });

  test('says who may declare what, by folder and with its place', () => {
    const text = `${one('    paths: [.]\n')}ownership:\n  - path: ./teams/a/\n    namespaces: [a]\n    kinds: [Agent]\n  - path: .\n`;
    expect(parse(text).settings?.environments[0]?.ownership).toEqual([
      { path: 'teams/a', namespaces: ['a'], kinds: ['Agent'], place: { file: 'pawl.yaml', line: 7, column: 11 } },
      { path: '', place: { file: 'pawl.yaml', line: 10, column: 11 } },
    ]);
  });

  test.each([
    ['a path out of the repository', '{path: a/../../b}', 'settings.path 7:12', 'Use a path inside it, without `..`.'],
    ['a kind that is none', '{path: a, kinds: [Agnet]}', 'manifest.kind 7:23', 'Did you mean `Agent`?'],
    ['one path twice', '{path: a}\n  - {path: a/}', 'settings.duplicate 8:12', 'Join them in one entry.'],
    ['a field that is none', '{path: a, owner: b}', 'manifest.unknown_field 7:15', 'Did you mean `owners`?'],
  ])('refuses in `ownership` %s', (_what, entry, expected, help) => {
    const { settings, problems } = parse(`${one('    paths: [.]\n')}ownership:\n  - ${entry}\n`);
    expect(settings).toBeUndefined();
    expect(problems.map((problem) => [at(problem), problem.help])).toEqual([[expected, help]]);
  });

  test('refuses two environments of one name', () => {
    const text = `${one('    paths: [a]\n')}  - {name: prod, branch: next, paths: [b]}\n`;
    expect(parse(text).problems.map(at)).toEqual(['settings.duplicate 6:12']);
  });
});

describe('a script', () => {
  const script = (text: string) => parseScript({ path: 'a.script.yaml', bytes: bytesOf(text) });

  test('has replies with turns of text, JSON or tool calls', () => {
    const text =
      'replies:\n  - agent: a\n    match: refund\n    turns:\n      - toolCalls: [{tool: t, arguments: "{broken"}]\n        usage: {inputTokens: 1, outputTokens: 2}\n      - json: {ok: true}\n      - {text: done, latencyMs: 5}\n';
    expect(script(text).problems).toEqual([]);
    expect(script(text).script?.['replies']).toMatchObject([
      { turns: [{ latencyMs: 0 }, { json: { ok: true } }, { text: 'done', latencyMs: 5 }] },
    ]);
  });

  test('is refused where a turn is several things, or nothing', () => {
    expect(script('replies: [{agent: a, turns: [{text: x, json: 1}, {}]}]').problems.map(({ code }) => code)).toEqual([
      'manifest.exactly_one',
      'manifest.exactly_one',
    ]);
  });
});
