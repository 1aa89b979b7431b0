import { stripVTControlCharacters } from 'node:util';
import { describe, expect, test } from 'vitest';
import { plan } from '../../../src/plan/plan.ts';
import { wrap } from '../../../src/plan/render/page.ts';
import { riskLine, tallyOf } from '../../../src/plan/render/tally.ts';
import { agent, liveOf, optionsOf, snapshotOf } from '../fixture.ts';
import { conflict, drifted, first, live, plans, resources, revert, text, update } from './plans.ts';

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
      Risk: none.
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
      Risk: none.
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
      Risk: none.
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
      Risk: none.
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
    const lacking = { ...mistake, severity: 'warning', blocks: 'apply', lacks: 'memory' } as const;
    const refused = plan(snapshotOf([], { problems: [lacking] }), liveOf([]), optionsOf([]));
    expect(text(refused)).toContain(
      'This plan cannot be applied by this build, which lacks: memory.\n  ! a.yaml:2:3 manifest.x: Wrong.\n',
    );
  });

  test.each(Object.entries(plans))(
    '%s: the last two lines are the same bytes at any width and colour',
    (_name, made) => {
      const { add, change, remove } = made.summary;
      for (const width of [40, 80, 200]) {
        for (const color of [true, false]) {
          const lines = text(made, width, color).split('\n');
          expect(lines.slice(-3)).toEqual([
            `Plan: ${add} to add, ${change} to change, ${remove} to destroy.`,
            riskLine(tallyOf(made)),
            '',
          ]);
        }
      }
    },
  );

  test.each(Object.entries(plans))('%s: colour adds nothing and no line is too long', (_name, made) => {
    for (const width of [40, 80, 200]) {
      expect(stripVTControlCharacters(text(made, width, true))).toBe(text(made, width));
      const long = text(made, width)
        .split('\n')
        .filter((line) => line.length > width && !/^(Plan: | +pawl ack )/.test(line));
      expect(long).toEqual([]);
    }
  });

  test.each([
    [
      'a path',
      'because of policies/no-automatic-refunds.yaml:2',
      ['because of policies/no-automatic-', 'refunds.yaml:2'],
    ],
    ['a word of one part', `x ${'a'.repeat(40)}`, [`x ${'a'.repeat(32)}`, 'a'.repeat(8)]],
    ['a joint far to the left', `a/${'b'.repeat(40)}`, [`a/${'b'.repeat(32)}`, 'b'.repeat(8)]],
    ['spaces', 'because of nothing that is any longer', ['because of nothing that is any', 'longer']],
  ])('%s that does not fit is cut where its parts are joined, or where the line ends', (_title, text, lines) => {
    expect(wrap(text, 34)).toEqual(lines);
  });

  test('a long text that is new is cut, and says how much is left out', () => {
    const long = Array.from({ length: 50 }, (_, at) => `line ${at}`).join('\n');
    const made = text(plan(snapshotOf([agent('a', { prompt: long })]), liveOf([]), optionsOf([])));
    expect(made).toContain('+ line 29\n');
    expect(made).toContain('# (20 more lines hidden)');
  });
});
