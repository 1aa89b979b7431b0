import { describe, expect, test } from 'vitest';
import { parseScript } from '../../src/manifest/script.ts';
import { parseSettings } from '../../src/manifest/settings.ts';
import { at, bytesOf } from './manifests.ts';

const parse = (text: string) => parseSettings({ path: 'pawl.yaml', bytes: bytesOf(text) });
const one = (rest: string) => `apiVersion: pawl/v1\nenvironments:\n  - name: prod\n    branch: main\n${rest}`;

describe('pawl.yaml', () => {
  test('gives its environments with their defaults', () => {
    expect(parse(one('    paths: [agents, .]\n    namespaces: [default]\n'))).toEqual({
      settings: {
        environments: [
          { name: 'prod', branch: 'main', paths: ['agents', '.'], namespaces: ['default'], apply: 'auto' },
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
    ['a part that is missing', one('    paths: [a]\n    drift: heal\n'), ['manifest.unsupported 6:5']],
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
