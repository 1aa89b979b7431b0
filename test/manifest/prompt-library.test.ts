import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { promptBytesMax } from '../../src/manifest/limits.ts';
import { resolve } from '../../src/manifest/resolve.ts';
import { explain } from '../../src/codes.ts';
import { at, bytesOf, manifest, resolveTexts, validateText } from './manifests.ts';

const model = manifest('ModelEndpoint', 'm', '{provider: scripted, model: s, script: x}').replace(
  /spec: .*/,
  'spec: {provider: openaiCompatible, model: s, baseUrl: "https://models.example.com/v1"}',
);
const system = manifest('AgentSystem', 's', '{graph: {a: {agentRef: a}}}');

/** Resolves an agent `a`, its libraries and files. */
function resolved(files: Readonly<Record<string, string>>, prompts: Readonly<Record<string, string>> = {}) {
  return resolveTexts({ 'm.yaml': model, 's.yaml': system, ...files }, { prompts });
}

const found = (...texts: Parameters<typeof resolved>) =>
  resolved(...texts).problems.map((problem) => `${problem.file} ${at(problem)}`);

const promptOf = (...texts: Parameters<typeof resolved>) => {
  const { problems, resources } = resolved(...texts);
  const agent = resources.get('Agent/default/a');
  if (agent === undefined) return problems.map(({ message }) => message);
  return (agent.manifest['spec'] as { readonly prompt?: string }).prompt;
};

const agent = (prompt: string, more = '') =>
  `apiVersion: pawl/v1\nkind: Agent\nmetadata: {name: a}\nspec:\n  modelRef: m\n${more}  prompt: |-\n${prompt.replaceAll(/^/gm, '    ')}\n`;

const library = (prompts: Readonly<Record<string, unknown>>, name = 'l', metadata = '') =>
  manifest('PromptLibrary', name, { spec: JSON.stringify({ prompts }), metadata });

describe('a prompt of a library', () => {
  test('is taken whole by promptRef, from text or file, and leaves no trace of where it stood', () => {
    const byRef = (key: string) => manifest('Agent', 'a', `{modelRef: m, promptRef: {library: l, key: ${key}}}`);
    const lib = library({ here: 'Be kind.\n', there: { file: 'prompts/there.md' }, long: { text: 'Be long.' } });
    const files = { 'lib/l.yaml': lib };
    const prompts = { 'lib/prompts/there.md': 'Be brief.\r\nAlways.\r\n' };
    expect(promptOf({ ...files, 'a.yaml': byRef('here') }, prompts)).toBe('Be kind.\n');
    expect(promptOf({ ...files, 'a.yaml': byRef('there') }, prompts)).toBe('Be brief.\nAlways.\n');
    expect(promptOf({ ...files, 'a.yaml': byRef('long') }, prompts)).toBe('Be long.');
    const { resources } = resolved({ ...files, 'a.yaml': byRef('here') }, prompts);
    expect(resources.get('Agent/default/a')?.manifest['spec']).not.toHaveProperty('promptRef');
    expect(resources.get('PromptLibrary/default/l')?.manifest['spec']).toMatchObject({
      prompts: { here: 'Be kind.\n', there: 'Be brief.\nAlways.\n', long: 'Be long.' },
    });
    const inPlace = resolved(
      { ...files, 'a.yaml': manifest('Agent', 'a', '{modelRef: m, prompt: "Be kind.\\n"}') },
      prompts,
    );
    expect(resources.get('Agent/default/a')?.digest).toBe(inPlace.resources.get('Agent/default/a')?.digest);
  });

  test('is taken in as a fragment without the line breaks at its end, over several levels', () => {
    const files = {
      'l.yaml': library({ tone: { file: 'tone.md' }, rules: '1. {{> l/tone }}\n2. Obey.\n' }),
      'a.yaml': agent('You help.\n{{> l/rules }}\nGood luck.'),
    };
    expect(promptOf(files, { 'tone.md': 'Be kind.\n\n' })).toBe('You help.\n1. Be kind.\n2. Obey.\nGood luck.');
  });

  test('is of another namespace only where its library is shared', () => {
    const files = (annotations: string) => ({
      'l.yaml': library({ tone: 'Be kind.', all: '{{> l/tone }}' }, 'l', `, namespace: shared${annotations}`),
      'a.yaml': agent('{{> shared/l/all }}'),
    });
    expect(found(files('')).filter((line) => !line.includes('unused'))).toEqual(['a.yaml reference.not_shared 7:5']);
    expect(promptOf(files(', annotations: {pawl/share: "true"}'))).toBe('Be kind.');
  });

  test('changes every agent that takes it in, over however many libraries, and no other', () => {
    const other = manifest('Agent', 'b', '{modelRef: m, prompt: Nothing shared.}');
    const digests = (tone: string) => {
      const { resources } = resolved({
        'l.yaml': library({ tone }),
        'k.yaml': library({ all: 'All: {{> l/tone }}' }, 'k'),
        'a.yaml': agent('{{> k/all }}'),
        'b.yaml': other,
      });
      return ['Agent/default/a', 'Agent/default/b', 'PromptLibrary/default/k', 'PromptLibrary/default/l'].map(
        (address) => resources.get(address)?.digest,
      );
    };
    const [before, after] = [digests('Be kind.'), digests('Be brief.')];
    expect(before.map((digest, index) => digest === after[index])).toEqual([false, true, true, false]);
  });
});

describe('a mistake is reported at its place', () => {
  const lib = library({ tone: 'Be kind.', greet: 'Hello {{ name }}' });

  test.each([
    ['an unknown library', '{{> ll/tone }}', 'a.yaml reference.missing 8:5', 'Did you mean `l` (l.yaml)?'],
    ['an unknown key', 'x {{> l/tune }}', 'a.yaml reference.prompt_key 8:7', 'Did you mean `tone`?'],
    ['an undeclared placeholder', 'x\n{{ x }} {{ nam }}', 'a.yaml prompt.undeclared 9:5', undefined],
    ['a near miss of an input', '{{ usr }} {{ user }}', 'a.yaml prompt.undeclared 8:5', 'Did you mean `user`?'],
    ['a placeholder in a fragment', 'x {{> l/greet }}', 'a.yaml prompt.undeclared 8:7', undefined],
    ['braces that are not closed', '{{ user }} {{ user', 'a.yaml prompt.syntax 8:16', undefined],
  ])('%s', (_what, prompt, place, help) => {
    const { problems } = resolved({ 'l.yaml': lib, 'a.yaml': agent(prompt, '  inputs: {user: {}}\n') });
    const problem = problems.find(({ severity }) => severity === 'error');
    expect(problem === undefined ? undefined : `${problem.file} ${at(problem)}`).toBe(place);
    if (help !== undefined) expect(problem?.help).toBe(help);
    expect(explain(problem?.code ?? '')?.cure).not.toBe(undefined);
  });

  test('each of several', () => {
    const files = { 'a.yaml': agent('{{ x }} {{ y }}\n{{ x }} {{> no/no }}') };
    expect(found(files)).toEqual([
      'a.yaml prompt.undeclared 7:5',
      'a.yaml prompt.undeclared 7:13',
      'a.yaml prompt.undeclared 8:5',
      'a.yaml reference.missing 8:13',
    ]);
  });

  test('in the Markdown file', () => {
    const files = { 'a.yaml': manifest('Agent', 'a', '{modelRef: m, promptFile: p.md}'), 'l.yaml': lib };
    expect(
      found(files, { 'p.md': 'One\r\n  {{ two }}\r\n{{> l/tune }}' }).filter((line) => line.startsWith('p.md')),
    ).toEqual(['p.md prompt.undeclared 2:3', 'p.md reference.prompt_key 3:1']);
  });

  test('in a file of a library, which is refused where it is named or where it is wrong', () => {
    const files = {
      'l.yaml': library({ a: { file: 'no.md' }, b: { file: '../out.md' }, c: { file: 'bad.md' }, d: { file: 'c.md' } }),
      'a.yaml': agent('{{> l/a }}{{> l/c }}'),
    };
    expect(found(files, { 'bad.md': 'x {{ a.b }}', 'c.md': '' })).toEqual([
      'bad.md prompt.syntax 1:3',
      'c.md manifest.required 1:1',
      'l.yaml reference.file_missing 4:31',
      'l.yaml reference.file_escape 4:52',
    ]);
  });

  test('an input that the prompt never shows is a warning, also beside fragments', () => {
    const declared = '  inputs: {name: {}, spare: {default: x}}\n';
    const { problems } = resolved({ 'l.yaml': lib, 'a.yaml': agent('{{> l/greet }}', declared) });
    expect(problems.map((problem) => [at(problem), problem.severity, problem.message])).toContainEqual([
      'prompt.unused_input 6:22',
      'warning',
      'The prompt never shows the input `spare`.',
    ]);
  });

  test('a promptRef names its key, and a text of the library its placeholders', () => {
    const byRef = (key: string) => ({
      'l.yaml': lib,
      'a.yaml': manifest('Agent', 'a', `{modelRef: m, promptRef: {library: l, key: ${key}}}`),
    });
    expect(found(byRef('tune'))).toContain('a.yaml reference.prompt_key 4:50');
    expect(found(byRef('greet'))).toEqual(['a.yaml prompt.undeclared 4:50']);
  });

  test('a library that nothing uses is a warning', () => {
    expect(found({ 'l.yaml': lib, 'a.yaml': agent('x') })).toEqual(['l.yaml manifest.unused 3:18']);
  });
});

describe('fragments', () => {
  test('in a circle are an error that names it, once', () => {
    const files = {
      'l.yaml': library({ a: '{{> l/b }}', b: 'x {{> k/c }}', z: 'fine' }),
      'k.yaml': library({ c: '{{> l/a }}' }, 'k'),
      'a.yaml': agent('{{> l/a }} {{> l/z }}'),
    };
    for (const order of [files, Object.fromEntries(Object.entries(files).reverse())]) {
      const problems = resolved(order).problems.filter(({ severity }) => severity === 'error');
      expect(problems.map(({ code, message }) => `${code} ${message}`)).toEqual([
        'prompt.cycle The text takes itself in: default/k/c → default/l/a → default/l/b → default/k/c.',
      ]);
    }
  });

  test('may be nested eight deep and no deeper', () => {
    const chain = (depth: number) =>
      library(
        Object.fromEntries(
          Array.from({ length: depth }, (_, index) => [
            `t${index}`,
            index === depth - 1 ? 'end' : `{{> l/t${index + 1} }}`,
          ]),
        ),
      );
    expect(promptOf({ 'l.yaml': chain(8), 'a.yaml': agent('{{> l/t0 }}') })).toBe('end');
    expect(resolved({ 'l.yaml': chain(12), 'a.yaml': agent('{{> l/t0 }}') }).problems.map(({ code }) => code)).toEqual([
      'prompt.depth',
    ]);
  });

  test('that double at each level are refused by their size before they are put together', () => {
    const doubling = Object.fromEntries(
      Array.from({ length: 7 }, (_, index) => [`t${index}`, `{{> l/t${index + 1} }}`.repeat(8)]),
    );
    const files = { 'l.yaml': library({ ...doubling, t7: 'end' }), 'a.yaml': agent('{{> l/t0 }}') };
    const problems = resolved(files).problems;
    expect(problems.map(({ code }) => code)).toEqual(['limits.prompt_bytes']);
    expect(problems[0]?.message).toContain(String(promptBytesMax));
  });

  test('and text together have a limit', () => {
    const files = {
      'l.yaml': library({ big: 'x'.repeat(60_000) }),
      'a.yaml': agent('{{> l/big }} {{> l/big }} {{> l/big }}'),
    };
    expect(found(files)).toEqual(['a.yaml limits.prompt_bytes 7:31']);
  });

  test('keep the author’s braces as characters', () => {
    const files = { 'l.yaml': library({ doc: 'Write \\{{ name }} {' }), 'a.yaml': agent('{{> l/doc }}{ x }}') };
    expect(promptOf(files)).toBe('Write \\{{ name }} \\{{ x }}');
  });
});

const piece = fc.constantFrom('a', '\n', '{', '}', '\\', '{{ x }}', '{{> l/t0 }}', '{{> l/t1 }}', '{{> k/t0 }}', 'é');
const text = fc.array(piece, { minLength: 1, maxLength: 6 }).map((pieces) => `t${pieces.join('')}`);

test('resolving is pure: the same texts in any order give the same resources and problems', () => {
  fc.assert(
    fc.property(fc.array(text, { minLength: 4, maxLength: 4 }), ([t0 = '', t1 = '', t2 = '', own = '']) => {
      const files = {
        'a.yaml': manifest('Agent', 'a', JSON.stringify({ modelRef: 'm', prompt: own, inputs: { x: {} } })),
        'k.yaml': library({ t0: t2 }, 'k'),
        'l.yaml': library({ t0, t1 }),
        'm.yaml': model,
      };
      const turned = { ...Object.fromEntries(Object.entries(files).reverse()), 'l.yaml': library({ t1, t0 }) };
      const one = resolved(files);
      const other = resolved(turned);
      const digests = ({ resources }: typeof one) =>
        Array.from(resources.values(), ({ address, digest }) => [address, digest]);
      expect(digests(other)).toEqual(digests(one));
      expect(other.problems.map(({ code, message }) => `${code} ${message}`).sort()).toEqual(
        one.problems.map(({ code, message }) => `${code} ${message}`).sort(),
      );
    }),
    { numRuns: 150 },
  );
});

test('an agent is made again when a library changes, and only then', () => {
  const parse = (files: Readonly<Record<string, string>>) =>
    new Map(Object.entries(files).map(([path, content]) => [path, validateText(content, path).manifests]));
  const documents = parse({
    'a.yaml': agent('{{> l/tone }}'),
    'l.yaml': library({ tone: { file: 'tone.md' } }),
    'm.yaml': model,
    's.yaml': system,
  });
  const take = (bytes: Uint8Array) =>
    resolve([...documents.values()].flat(), new Map([['tone.md', bytes]]), {}).resources.get('Agent/default/a');
  const kind = bytesOf('Be kind.');
  const [first, again, changed] = [take(kind), take(kind), take(bytesOf('Be brief.'))];
  expect(again).toBe(first);
  expect(changed?.manifest['spec']).toMatchObject({ prompt: 'Be brief.' });
});
