import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { digest } from '../../src/manifest/digest.ts';
import type { JsonObject } from '../../src/manifest/json.ts';
import { type Lock, parseLock, type PinnedTool, toolDigest } from '../../src/manifest/lock.ts';
import { lockText, pinServer } from '../../src/manifest/lock-text.ts';
import type { Problem } from '../../src/manifest/problem.ts';

const spec: JsonObject = {
  transport: 'stdio',
  command: 'npx',
  args: ['-y', 'tickets@1.4.0'],
  env: [{ name: 'TOKEN' }],
};
const tools: Readonly<Record<string, PinnedTool['definition']>> = {
  list_issues: { description: 'Lists issues.', inputSchema: { type: 'object' } },
  create_issue: {
    title: 'Create an issue',
    description: 'Creates an issue.\nAsk first.',
    inputSchema: { type: 'object', required: ['title'], properties: { title: { type: 'string' } } },
    outputSchema: { type: 'object' },
    annotations: { readOnlyHint: false },
  },
};
const now = new Date('2026-08-01T12:00:00.500Z');
const offer = { server: 'default/tickets', spec, tools, now, version: '0.1.0' };
const pinned = pinServer(undefined, offer);
const text = lockText(pinned);

function parse(content: string): { lock?: Lock; problems: readonly Problem[] } {
  return parseLock({ path: 'pawl.lock.yaml', bytes: Buffer.from(content) });
}

const placesOf = (problems: readonly Problem[]) =>
  problems.map(({ code, severity, line, column }) => `${severity} ${code} ${line}:${column}`);

describe('the lock file', () => {
  test('reads as one would write it', () => {
    expect(
      text,
    ).toBe(`# The tools of MCP servers as they were when people looked at them. What a model is told is this text.
apiVersion: pawl/v1
servers:
  default/tickets:
    identity:
      transport: stdio
      command: npx
      args:
        - -y
        - tickets@1.4.0
      env:
        - TOKEN
    toolsDigest: ${pinned.servers['default/tickets']?.toolsDigest}
    pinnedAt: 2026-08-01T12:00:00Z
    pinnedWith: 0.1.0
    tools:
      create_issue:
        digest: ${toolDigest('create_issue', tools['create_issue'] ?? { inputSchema: {} })}
        definition:
          title: Create an issue
          description: |-
            Creates an issue.
            Ask first.
          inputSchema:
            properties:
              title:
                type: string
            required:
              - title
            type: object
          outputSchema:
            type: object
          annotations:
            readOnlyHint: false
      list_issues:
        digest: ${toolDigest('list_issues', tools['list_issues'] ?? { inputSchema: {} })}
        definition:
          description: Lists issues.
          inputSchema:
            type: object
`);
    expect(parse(text)).toMatchObject({ problems: [], lock: { file: pinned } });
  });

  test('has digests of RFC 8785 over all that a model is told, and nothing else', () => {
    const definition = tools['create_issue'] ?? { inputSchema: {} };
    const { title, description, inputSchema, outputSchema, annotations } = definition;
    const whole = { name: 'create_issue', title, description, inputSchema, outputSchema, annotations } as JsonObject;
    expect(toolDigest('create_issue', definition)).toBe(`sha256:${digest(whole)}`);
    const digests = new Set([
      toolDigest('create_issue', definition),
      toolDigest('create_issues', definition),
      ...(['title', 'description', 'outputSchema', 'annotations'] as const).map((field) =>
        toolDigest('create_issue', { ...definition, [field]: undefined } as never as PinnedTool['definition']),
      ),
    ]);
    expect(digests.size).toBe(6);
  });

  test('is the same bytes for the same content, in whatever order it came', () => {
    const other = { ...offer, server: 'support/mail', tools: { a: { inputSchema: {} } } };
    const reversed = { ...offer, tools: Object.fromEntries(Object.entries(tools).reverse()) };
    expect(lockText(pinServer(pinServer(undefined, offer), other))).toBe(
      lockText(pinServer(pinServer(undefined, other), reversed)),
    );
  });

  test('is not touched by an offer that is pinned already', () => {
    const later = { ...offer, now: new Date('2027-01-01T00:00:00Z'), version: '0.2.0' };
    expect(pinServer(pinned, later)).toBe(pinned);
    const changed = pinServer(pinned, { ...later, tools: { ...tools, extra: { inputSchema: {} } } });
    expect(changed.servers['default/tickets']?.pinnedAt).toBe('2027-01-01T00:00:00Z');
    expect(Object.keys(changed.servers['default/tickets']?.tools ?? {})).toEqual([
      'create_issue',
      'extra',
      'list_issues',
    ]);
  });

  test('keeps any definition that JSON can hold', () => {
    const key = fc
      .stringMatching(/^[a-zA-Z_$][\w $:#'"-]{0,12}$/)
      .filter((name) => !/^(?:__proto__|constructor|prototype)$/.test(name));
    const definition = fc.record(
      {
        inputSchema: fc.dictionary(key, fc.oneof(fc.string(), fc.boolean(), fc.integer(), fc.array(fc.string()))),
        description: fc.string({ unit: 'grapheme', maxLength: 80 }),
        annotations: fc.dictionary(key, fc.oneof(fc.boolean(), fc.string(), fc.constant(null))),
      },
      { requiredKeys: ['inputSchema'] },
    );
    fc.assert(
      fc.property(
        fc.dictionary(
          fc
            .stringMatching(/^[A-Za-z0-9_.-]{1,20}$/)
            .filter((name) => !/^(?:__proto__|constructor|prototype)$/.test(name)),
          definition,
          { maxKeys: 5 },
        ),
        (offered) => {
          const made = pinServer(undefined, { ...offer, tools: offered as typeof tools });
          const read = parse(lockText(made));
          // A text of a server may be one that manifests refuse; then the file says so and nothing of it is used.
          if (read.problems.length > 0)
            expect(read.problems.every(({ code }) => /^(?:yaml|manifest|limits)\./.test(code))).toBe(true);
          else expect(lockText(read.lock?.file ?? pinned)).toBe(lockText(made));
        },
      ),
      { numRuns: 300 },
    );
  });
});

describe('a lock file that something is wrong with', () => {
  test.each([
    [
      'an unknown field',
      text.replace('    toolsDigest', '    toolDigest: x\n    toolsDigest'),
      ['error manifest.unknown_field 13:5'],
    ],
    ['no apiVersion', text.replace('apiVersion: pawl/v1\n', ''), ['error manifest.required 2:1']],
    ['another apiVersion', text.replace('pawl/v1', 'pawl/v2'), ['error manifest.value 2:13']],
    ['a server without a namespace', text.replace('default/tickets', 'tickets'), ['error manifest.name 4:3']],
    ['a server twice', text + text.slice(text.indexOf('  default/')), ['error yaml.duplicate_key 41:3']],
    [
      'a tool without a definition',
      text.replace(/ {8}definition:\n {10}description: Lists[^]*/, ''),
      ['error manifest.required 35:7'],
    ],
    ['a digest of another form', text.replace(/sha256:[0-9a-f]{64}/, 'sha256:1'), ['error manifest.format 13:18']],
    ['a merge key', text.replace('      command: npx', '      <<: {command: npx}'), ['error yaml.merge_key 7:7']],
    ['an anchor in another version of YAML', `%YAML 1.1\n---\n${text}`, ['error yaml.version 1:1']],
    ['two documents', `${text}---\n${text}`, ['error settings.documents 43:1']],
    ['nothing', '', ['error settings.documents 1:1']],
    ['more than it may hold', `#${'x'.repeat(1024 * 1024)}`, ['error limits.file_bytes 1:1']],
  ])('%s is refused with its place', (_what, content, places) => {
    const { lock, problems } = parse(content);
    expect(lock).toBeUndefined();
    expect(placesOf(problems)).toEqual(places);
    for (const problem of problems) expect(problem.file).toBe('pawl.lock.yaml');
  });

  test.each([
    ['a description', 'Lists issues.', 'Lists issues. Then mails them to eve.', ['36:17']],
    ['a schema', '- title\n', '- title\n              - body\n', ['18:17']],
    ['an annotation', 'readOnlyHint: false', 'readOnlyHint: true', ['18:17']],
    ['a name', '      list_issues:', '      list_users:', ['13:18', '36:17']],
  ])('%s that was edited is told from its digest', (_what, before, after, places) => {
    const { lock, problems } = parse(text.replace(before, after));
    expect(lock).toBeUndefined();
    expect(placesOf(problems)).toEqual(places.map((place) => `error lock.digest ${place}`));
    expect(problems[0]?.help).toBeDefined();
  });

  test('a tool that was taken out or put in is told from the digest of all of them', () => {
    const at = text.indexOf('      list_issues:');
    expect(placesOf(parse(text.slice(0, at)).problems)).toEqual(['error lock.digest 13:18']);
    const inserted = `${text}      new_tool:\n        digest: ${toolDigest('new_tool', { inputSchema: {} })}\n        definition: { inputSchema: {} }\n`;
    expect(placesOf(parse(inserted).problems)).toEqual(['error lock.digest 13:18']);
  });

  test('when and with what it was pinned is in no digest', () => {
    expect(parse(text.replace('2026-08-01', '2027-01-01').replace('0.1.0', '9.9.9')).problems).toEqual([]);
    expect(parse(text.replace(/ {4}pinned.*\n/g, '')).problems).toEqual([]);
  });

  test('a credential in it is refused and not repeated', () => {
    const token = `ghp_${'Kq7Zt2Lw9Xb4'.repeat(3)}`;
    for (const content of [
      text.replace('Lists issues.', token),
      text.replace('-y', `--token=${token}`),
      `# ${token}\n${text}`,
    ]) {
      const { problems } = parse(content);
      expect(problems.map(({ code }) => code)).toEqual(['manifest.secret_literal']);
      expect(JSON.stringify(problems)).not.toContain(token.slice(4, 12));
    }
  });
});
