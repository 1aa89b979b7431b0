import { describe, expect, test } from 'vitest';
import { appendDocument, type Edit, editDocument, removeDocument, writeDocument } from '../../src/manifest/edit.ts';

const agent = `# Who answers.
apiVersion: pawl/v1
kind: Agent
metadata: {name: writer}   # short
spec:
    modelRef: 'small'      # cheap enough

    limits:
        maxSteps: 10   # was 12
        timeout: 5m
    # What it says.
    prompt: |
        Cite the manual.
        Be brief.
    tools:
    - toolRef: search   # reads only
    - toolRef: "mail"
`;

const edited = (text: string, ...edits: readonly Edit[]) => editDocument({ path: 'a.yaml', text }, 0, edits);
const lines = (before: string, after: string | undefined) => {
  const [old, fresh] = [before.split('\n'), (after ?? '').split('\n')];
  return {
    gone: old.filter((line) => !fresh.includes(line)),
    come: fresh.filter((line) => !old.includes(line)),
  };
};

describe('one value of a document', () => {
  test('is changed in its line, and the rest of the file stays byte for byte', () => {
    const after = edited(agent, { path: ['spec', 'limits', 'maxSteps'], value: 6 });
    expect(lines(agent, after)).toEqual({
      gone: ['        maxSteps: 10   # was 12'],
      come: [expect.stringMatching(/^ +maxSteps: 6 +# was 12$/)],
    });
  });

  test('that is not written yet comes after its neighbours', () => {
    const after = edited(agent, { path: ['spec', 'limits', 'maxTokens'], value: 900 });
    expect(lines(agent, after).gone).toEqual([]);
    expect(after).toMatch(/timeout: 5m\n +maxTokens: 900\n/);
  });

  test('that is not written yet brings the maps that hold it', () => {
    const after = edited(agent, { path: ['spec', 'execution', 'onDeny'], value: 'fail' });
    expect(lines(agent, after).gone).toEqual([]);
    expect(after).toMatch(/ execution:\n +onDeny: fail\n$/);
  });

  test('is removed with its comment, and so is a map that then holds nothing', () => {
    const one = edited(agent, { path: ['spec', 'limits', 'maxSteps'], value: undefined });
    expect(lines(agent, one)).toEqual({ gone: ['        maxSteps: 10   # was 12'], come: [] });
    const both = edited(
      agent,
      { path: ['spec', 'limits', 'maxSteps'], value: undefined },
      { path: ['spec', 'limits', 'timeout'], value: undefined },
    );
    expect(both).not.toContain('limits');
    expect(both).toContain('# What it says.');
  });

  test('that is a text of several lines stays a block', () => {
    const after = edited(agent, { path: ['spec', 'prompt'], value: 'Cite the manual.\nBe very brief.\n' });
    expect(lines(agent, after)).toEqual({
      gone: ['        Be brief.'],
      come: [expect.stringMatching(/^ +Be very brief\.$/)],
    });
    const line = edited('spec:\n  prompt: Hi.\n', { path: ['spec', 'prompt'], value: 'Hi.\nBye.\n' });
    expect(line).toBe('spec:\n  prompt: |\n    Hi.\n    Bye.\n');
  });

  test('in a map on one line stays on that line', () => {
    const after = edited(agent, { path: ['metadata', 'labels'], value: { tier: 'gold' } });
    expect(after).toMatch(/^metadata: \{ ?name: writer, labels: \{ ?tier: gold ?\} ?\} +# short$/m);
  });

  test('in a list is found by where it stands', () => {
    const after = edited(
      agent,
      { path: ['spec', 'tools', 2], value: { toolRef: 'calendar' } },
      { path: ['spec', 'tools', 0], value: undefined },
    );
    expect(after).toMatch(/tools:\n +- toolRef: "mail"\n +- toolRef: calendar\n$/);
  });
});

describe('a file', () => {
  const two = `# First.\n${agent}---\n# Second.\nkind: Agent\nspec: { a: 1 }\n`;

  test('of several documents changes in one of them', () => {
    const after = editDocument({ path: 'a.yaml', text: two }, 1, [{ path: ['spec', 'a'], value: 2 }]);
    expect(after?.startsWith(`# First.\n${agent}---\n# Second.\nkind: Agent\n`)).toBe(true);
    expect(after).toMatch(/spec: \{ a: 2 \}\n$/);
  });

  test('loses a document with its mark, and is empty after the last', () => {
    expect(removeDocument({ path: 'a.yaml', text: two }, 1)).toBe(`# First.\n${agent}`);
    expect(removeDocument({ path: 'a.yaml', text: two }, 0)).toBe('# Second.\nkind: Agent\nspec: { a: 1 }\n');
    expect(removeDocument({ path: 'a.yaml', text: agent }, 0)).toBe('');
    const three = 'a: 1\n---\nb: 2\n---\nc: 3\n';
    expect(removeDocument({ path: 'a.yaml', text: three }, 1)).toBe('a: 1\n---\nc: 3\n');
  });

  test('keeps the ends of its lines and its byte order mark', () => {
    const text = `\uFEFF${agent.replaceAll('\n', '\r\n')}`;
    const after = edited(text, { path: ['spec', 'limits', 'timeout'], value: '9m' });
    expect(after?.startsWith('\uFEFF# Who answers.\r\n')).toBe(true);
    expect(after?.replaceAll('\r\n', '')).not.toContain('\n');
    expect(after).toContain('timeout: 9m\r\n');
  });

  test('in JSON stays JSON, with the indent that it has', () => {
    const text = '{\n\t"spec": {\n\t\t"a": [1, 2],\n\t\t"b": true\n\t}\n}\n';
    const edit = (value: Edit) => editDocument({ path: 'a.json', text }, 0, [value]);
    expect(edit({ path: ['spec', 'b'], value: false })).toBe(text.replace('true', 'false'));
    expect(JSON.parse(edit({ path: ['spec', 'c'], value: 'x' }) ?? '')).toEqual({
      spec: { a: [1, 2], b: true, c: 'x' },
    });
    expect(edit({ path: ['spec', 'c'], value: 'x' })).toContain('"a": [1, 2],\n');
  });

  test('gets another document at its end, or is made', () => {
    const value = { kind: 'Agent', spec: { prompt: 'a\nb\n' } };
    expect(writeDocument('a.yaml', value)).toBe('kind: Agent\nspec:\n  prompt: |\n    a\n    b\n');
    expect(appendDocument({ path: 'a.yaml', text: 'a: 1' }, value)).toBe(
      `a: 1\n---\n${writeDocument('a.yaml', value)}`,
    );
    expect(appendDocument({ path: 'a.json', text: '{}' }, value)).toBeUndefined();
  });

  test('with an anchor where the change would be is left alone', () => {
    const text = 'spec:\n  a: &shared { x: 1 }\n  b: *shared\n';
    expect(edited(text, { path: ['spec', 'b', 'x'], value: 2 })).toBeUndefined();
  });

  test('that cannot be read is left alone', () => {
    expect(edited('a: [1', { path: ['a'], value: 2 })).toBeUndefined();
    expect(edited('a: 1\na: 2\n', { path: ['a'], value: 2 })).toBeUndefined();
  });
});
