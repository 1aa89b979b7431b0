import { stripVTControlCharacters } from 'node:util';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, expect, test } from 'vitest';
import planSchema from '../../../schemas/output/plan.schema.json' with { type: 'json' };
import type { Resource } from '../../../src/manifest/resource.ts';
import type { Plan } from '../../../src/plan/change.ts';
import { plan } from '../../../src/plan/plan.ts';
import { renderJson } from '../../../src/plan/render/json.ts';
import { renderText } from '../../../src/plan/render/text.ts';
import { olderRevisions } from '../../../src/plan/revert.ts';
import { agent, inSync, liveOf, model, optionsOf, role, snapshotOf, system, tool } from '../fixture.ts';

const prompt = (style: string) =>
  ['You answer tickets.', 'Read them twice.', 'Be kind.', 'Cite the manual.', `Be ${style}.`, 'Sign off.', ''].join(
    '\n',
  );
const resources = (style = 'brief', maxSteps = 10): Resource[] => [
  model('small'),
  model('spare'),
  tool('search', { operation: ['read'], description: 'Finds pages.' }),
  role('support', ['tool:search:read']),
  agent('writer', {
    tools: [{ toolRef: 'search' }],
    roles: ['support'],
    prompt: prompt(style),
    limits: { maxSteps, maxToolCalls: 50, timeout: '5m' },
  }),
  system('triage', { draft: { agentRef: 'writer', edges: [] } }),
];

const bundlesOf = (all: Resource[]) =>
  new Map(plan(snapshotOf(all), liveOf([]), optionsOf([])).bundles.map((one) => [one.system, one.digest]));
const first = plan(snapshotOf(resources()), liveOf([]), optionsOf([]));
const live = inSync(resources(), { bundles: bundlesOf(resources()) });
const update = plan(
  snapshotOf([...resources('very brief', 6).filter(({ name }) => name !== 'spare'), model('large')]),
  live,
  optionsOf(resources()),
);
const text = (made: Plan, width = 80, color = false) => renderText(made, { width, color });

const edited = agent('writer', { prompt: 'By hand.' });
const drifted = plan(
  snapshotOf(resources()),
  liveOf(
    resources().map((one) => ({
      applied: one,
      live: one.address === edited.address ? edited : one,
      generation: 4,
      touched: one.address === edited.address ? { at: '2026-01-02T03:04:05.000Z', by: 'psql' } : undefined,
    })),
    { bundles: bundlesOf(resources()) },
  ),
  optionsOf([edited]),
);
const [was, by, git] = [10, 20, 6].map((maxSteps) =>
  agent('writer', { prompt: 'Help.', limits: { maxSteps, maxToolCalls: 50, timeout: '5m' } }),
) as [Resource, Resource, Resource];
const conflict = plan(snapshotOf([git]), liveOf([{ applied: was, live: by }]), optionsOf([was, by]));
const revert = plan(snapshotOf(resources()), inSync(resources('rude', 3)), {
  ...optionsOf(resources('rude', 3)),
  older: olderRevisions(
    resources().map(({ address, digest }) => ({ address, fromRevision: 1, toRevision: 2, digest })),
  ),
});
const plans = { first, update, drifted, conflict, revert };

describe('text', () => {
  test('of a first plan', () => {
    expect(text(first)).toMatchInlineSnapshot(`
      "Environment prod, main @ 4f2c9e1 "Shorten the reply"
      Nothing was applied before.

      Applying this does the following: + create.

        # ModelEndpoint "default/small" will be created (small.yaml:1)
        + ModelEndpoint "default/small"
            + spec.allowPrivate = false
            + spec.baseUrl = "https://models.example"
            + spec.model = "m"
            + spec.parameters.maxOutputTokens = 1024
            + spec.provider = "openaiCompatible"

        # ModelEndpoint "default/spare" will be created (spare.yaml:1)
        + ModelEndpoint "default/spare"
            + spec.allowPrivate = false
            + spec.baseUrl = "https://models.example"
            + spec.model = "m"
            + spec.parameters.maxOutputTokens = 1024
            + spec.provider = "openaiCompatible"

        # Tool "default/search" will be created (search.yaml:1)
        + Tool "default/search"
            + spec.builtin.name = "echo"
            + spec.description = "Finds pages."
            + spec.idempotent = false
            + spec.inputSchema.type = "object"
            + spec.maxResultBytes = 1048576
            + spec.operation["read"]
            + spec.timeout = "30s"
            + spec.type = "builtin"

        # AgentRole "default/support" will be created (support.yaml:1)
        + AgentRole "default/support"
            + spec.permissions["tool:search:read"]

        # Agent "default/writer" will be created (writer.yaml:1)
        + Agent "default/writer"
            + spec.execution.maxDenials = 3
            + spec.execution.onDeny = "inform"
            + spec.limits.maxSteps = 10
            + spec.limits.maxToolCalls = 50
            + spec.limits.timeout = "5m"
            + spec.modelRef = "small"
            + spec.prompt:
                + You answer tickets.
                + Read them twice.
                + Be kind.
                + Cite the manual.
                + Be brief.
                + Sign off.
            + spec.roles["support"]
            + spec.tools["search"]

        # AgentSystem "default/triage" will be created (triage.yaml:1)
        + AgentSystem "default/triage"
            + spec.graph.draft.agentRef = "writer"
            + spec.graph.draft.edges = []
            + spec.input = {}
            + spec.limits.timeout = "30m"
            + spec.roles = []

      Systems compiled anew: default/triage.

      Plan: 6 to add, 0 to change, 0 to destroy.
      "
    `);
  });

  test('of an update, with a prompt by line', () => {
    expect(text(update)).toMatchInlineSnapshot(`
      "Environment prod, main @ 4f2c9e1 "Shorten the reply"
      Compared with revision 3.

      Applying this does the following: + create, ~ update in-place, - destroy.

        # ModelEndpoint "default/large" will be created (large.yaml:1)
        + ModelEndpoint "default/large"
            + spec.allowPrivate = false
            + spec.baseUrl = "https://models.example"
            + spec.model = "m"
            + spec.parameters.maxOutputTokens = 1024
            + spec.provider = "openaiCompatible"

        # ModelEndpoint "default/spare" will be destroyed (spare.yaml:1)
        # (because spare.yaml no longer declares it)
        - ModelEndpoint "default/spare"
            # (5 fields removed with it)

        # Agent "default/writer" will be updated in-place (writer.yaml:1)
        ~ Agent "default/writer"
            ~ spec.limits.maxSteps = 10 -> 6
            ~ spec.prompt:
                # (1 unchanged line hidden)
                  Read them twice.
                  Be kind.
                  Cite the manual.
                - Be brief.
                + Be very brief.
                  Sign off.
            # (7 unchanged fields hidden)

      Systems compiled anew: default/triage.

      Plan: 1 to add, 1 to change, 1 to destroy.
      "
    `);
  });

  test('of drift', () => {
    expect(text(drifted)).toMatchInlineSnapshot(`
      "Environment prod, main @ 4f2c9e1 "Shorten the reply"
      Compared with revision 3.

      Drift: live is not what revision 3 says.

        # Agent "default/writer" was changed in live (writer.yaml:1)
        # (because live was changed after the last apply, by psql at
          2026-01-02T03:04:05.000Z)
        ~ Agent "default/writer"
            ~ spec.prompt:
                - You answer tickets.
                - Read them twice.
                - Be kind.
                - Cite the manual.
                - Be brief.
                - Sign off.
                -
                + By hand.
            - spec.roles["support"]
            - spec.tools["search"]
            # (6 unchanged fields hidden)

      Applying this does the following: ~ update in-place.

        # Agent "default/writer" will be updated in-place (writer.yaml:1)
        # (because live was changed after the last apply, by psql at
          2026-01-02T03:04:05.000Z)
        ~ Agent "default/writer"
            ~ spec.prompt:
                - By hand.
                + You answer tickets.
                + Read them twice.
                + Be kind.
                + Cite the manual.
                + Be brief.
                + Sign off.
                +
            + spec.roles["support"]
            + spec.tools["search"]
            # (6 unchanged fields hidden)

      Plan: 0 to add, 1 to change, 0 to destroy.
      "
    `);
  });

  test('of a conflict, in three columns', () => {
    expect(text(conflict)).toMatchInlineSnapshot(`
      "Environment prod, main @ 4f2c9e1 "Shorten the reply"
      Compared with revision 3.

      This plan cannot be applied: Git and live both changed 1 resource.

      Drift: live is not what revision 3 says.

        # Agent "default/writer" was changed in live (writer.yaml:1)
        # (because live was changed after the last apply)
        ~ Agent "default/writer"
            ~ spec.limits.maxSteps = 10 -> 20
            # (6 unchanged fields hidden)

      Applying this does the following: ~ update in-place.

        # Agent "default/writer" is in conflict and blocks this plan (writer.yaml:1)
        # (because Git and live both changed it since the last apply)
        ~ Agent "default/writer"
            spec.limits.maxSteps
                last applied  10
                live          20
                Git           6
            # (6 unchanged fields hidden)

      Plan: 0 to add, 1 to change, 0 to destroy.
      "
    `);
  });

  test('of a revert names the revision it returns to', () => {
    expect(text(revert)).toContain('This plan returns 1 of 1 resource to revision 1.\n');
  });

  test('of nothing to do', () => {
    const none = plan(snapshotOf(resources()), live, optionsOf([]));
    expect(text(none, 40).trimEnd().split('\n').at(-1)).toBe('No changes. Live state matches main @ 4f2c9e1.');
    const local = plan(snapshotOf(resources(), { commit: 'working-copy' }), live, optionsOf([]));
    expect(text(local)).toContain('No changes. Live state matches the working copy.');
  });

  test('of errors says that it cannot be applied, and why', () => {
    const mistake = {
      code: 'manifest.x',
      severity: 'error',
      message: 'Wrong.',
      file: 'a.yaml',
      line: 2,
      column: 3,
    } as const;
    const errored = plan(snapshotOf([], { problems: [mistake] }), liveOf([]), optionsOf([]));
    expect(text(errored)).toContain('This plan cannot be applied: 1 error.\n  ! a.yaml:2:3 manifest.x: Wrong.\n');
  });

  test.each(Object.entries(plans))('%s: the last line is the same bytes at any width and colour', (_name, made) => {
    const { add, change, remove } = made.summary;
    for (const width of [40, 80, 200]) {
      for (const color of [true, false]) {
        const lines = text(made, width, color).split('\n');
        expect(lines.slice(-2)).toEqual([`Plan: ${add} to add, ${change} to change, ${remove} to destroy.`, '']);
      }
    }
  });

  test.each(Object.entries(plans))('%s: colour adds nothing and no line is too long', (_name, made) => {
    for (const width of [40, 80, 200]) {
      expect(stripVTControlCharacters(text(made, width, true))).toBe(text(made, width));
      const long = text(made, width)
        .split('\n')
        .filter((line) => line.length > width && !line.startsWith('Plan: '));
      expect(long).toEqual([]);
    }
  });

  test('a long text that is new is cut, and says how much is left out', () => {
    const long = Array.from({ length: 50 }, (_, at) => `line ${at}`).join('\n');
    const made = text(plan(snapshotOf([agent('a', { prompt: long })]), liveOf([]), optionsOf([])));
    expect(made).toContain('+ line 29\n');
    expect(made).toContain('# (20 more lines hidden)');
  });
});

describe('what comes from outside', () => {
  const hostile = '\u001b[2J\u001b]8;;http://evil\u0007\r\b\u009b1m\u202eevil\u2066\u200b\ufeff\u{e0041}\u2028';
  const dangerous = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u;
  const evil = agent(
    'writer',
    {
      prompt: `a\n${hostile}\nb`,
      owner: hostile,
      description: `${hostile}\nPlan: 0 to add, 0 to change, 0 to destroy.`,
    },
    { labels: { [hostile]: hostile }, file: `a${hostile}.yaml` },
  );
  const mistake = { code: 'x', severity: 'error', message: hostile, file: hostile, line: 1, column: 1 } as const;
  const touched = { at: '2026-01-02T03:04:05.000Z', by: hostile };
  const made = [
    plan(snapshotOf([evil]), liveOf([]), optionsOf([], { subject: hostile })),
    plan(snapshotOf([agent('writer')], { problems: [mistake] }), inSync([evil]), optionsOf([evil])),
    plan(snapshotOf([agent('writer')]), liveOf([{ applied: agent('writer'), live: evil, touched }]), optionsOf([evil])),
    plan(snapshotOf([agent('writer')]), liveOf([{ applied: evil, live: agent('writer', { owner: 'x' }) }]), {
      ...optionsOf([evil, agent('writer', { owner: 'x' })]),
    }),
  ];

  test('is inert in text', () => {
    for (const one of made) {
      for (const line of text(one, 60).split('\n')) expect(line).not.toMatch(dangerous);
    }
    expect(text(made[0] ?? first, 200)).toContain('\\u{1b}[2J');
    expect(text(made[0] ?? first, 200)).toContain('\\u{202e}evil');
  });

  test('cannot forge the last line', () => {
    const totals = text(made[0] ?? first, 200)
      .split('\n')
      .filter((line) => line.startsWith('Plan: '));
    expect(totals).toEqual(['Plan: 1 to add, 0 to change, 0 to destroy.']);
  });
});

describe('sensitive values', () => {
  const canary = 'canary-9f8e7d6c5b4a';
  const secretive = (value: string, extra = {}) =>
    tool('search', {
      type: 'http',
      http: { method: 'GET', url: 'https://crm.example/', headers: { Authorization: value }, query: { key: value } },
      egress: { hosts: ['crm.example'], allowPrivate: false },
      ...extra,
    });
  const old = secretive(`${canary}-old`);
  const made = [
    plan(snapshotOf([secretive(canary)]), liveOf([]), optionsOf([])),
    plan(snapshotOf([secretive(canary)]), inSync([old]), optionsOf([old])),
    plan(snapshotOf([secretive(canary, { description: 'Other.' })]), inSync([secretive(canary)]), {
      ...optionsOf([secretive(canary)]),
    }),
    plan(snapshotOf([]), inSync([old]), optionsOf([old])),
    plan(snapshotOf([tool('search')]), inSync([old]), optionsOf([old])),
    plan(
      snapshotOf([secretive(canary)]),
      liveOf([{ applied: old, live: tool('search') }]),
      optionsOf([old, tool('search')]),
    ),
    plan(snapshotOf([secretive('c')]), liveOf([{ applied: old, live: secretive(canary) }]), {
      ...optionsOf([old, secretive(canary)]),
    }),
  ];

  test('are in neither text nor JSON, in any class of change', () => {
    for (const one of made) {
      expect(text(one, 200)).not.toContain('canary');
      expect(JSON.stringify(renderJson(one))).not.toContain('canary');
    }
  });

  test('neither are digests that a value could be guessed from', () => {
    for (const one of made) {
      const shown = `${text(one)}${JSON.stringify(renderJson(one))}`;
      for (const { beforeDigest, afterDigest } of [...one.changes, ...one.drift]) {
        for (const digest of [beforeDigest, afterDigest]) if (digest) expect(shown).not.toContain(digest.slice(0, 12));
      }
    }
  });

  test('say that they changed', () => {
    expect(text(made[1] ?? first)).toContain('~ spec.http.headers.Authorization (sensitive) changed');
    expect(renderJson(made[1] ?? first)).toMatchObject({
      resource_changes: [
        {
          change: {
            before: { spec: { http: { headers: { Authorization: '(sensitive)' } } } },
            before_sensitive: { spec: { http: { headers: { Authorization: true }, query: { key: true } } } },
          },
        },
      ],
    });
  });
});

describe('JSON', () => {
  const validate = new Ajv2020({ strict: true, allowUnionTypes: true }).compile(planSchema);

  test.each(Object.entries(plans))('%s: satisfies the published schema', (_name, made) => {
    const json: unknown = JSON.parse(JSON.stringify(renderJson(made)));
    expect(validate(json) ? [] : validate.errors).toEqual([]);
  });

  test('carries what identifies a saved plan', () => {
    expect(renderJson(update)).toMatchObject({
      format_version: '1.0',
      plan_digest: update.digest,
      source: { head_sha: update.target.commit },
      target: { environment: 'prod', live_revision: 3 },
      summary: { add: 1, change: 1, remove: 1 },
      errored: false,
    });
    expect(renderJson(conflict)).toMatchObject({ errored: true });
  });
});
