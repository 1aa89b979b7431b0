import { describe, expect, test } from 'vitest';
import { openGitHub } from '../../src/github/github.ts';
import { writeCheck } from '../../src/github/plan-check.ts';
import { shownOf } from '../../src/github/pull-shown.ts';
import type { PullVerdict } from '../../src/github/pull-verdict.ts';
import type { Live } from '../../src/plan/change.ts';
import type { PullRequestRow } from '../../src/store/pull-request.ts';
import { startGitHub } from '../support/github/start-github.ts';
import { planFor } from '../support/plans.ts';

const pull: PullRequestRow = {
  repository: 'acme/agents',
  number: 7,
  state: 'open',
  is_draft: false,
  is_fork: false,
  base_ref: 'main',
  base_sha: 'a'.repeat(40),
  head_ref: 'change',
  head_sha: 'b'.repeat(40),
  author: 'ann',
  pushers: [],
  merged_by: null,
  merged_at: null,
  merge_commit: null,
  seen_at: new Date(0),
};

const of = { environment: 'production', lineage: 'here', revision: 1, base: 'c'.repeat(40) } as const;

const nothing: Live = {
  environment: 'production',
  lineage: 'here',
  revision: 0,
  root: '',
  writes: 0,
  commit: undefined,
  heads: new Map(),
  bundles: new Map(),
  rules: undefined,
};

function planned(count: number): PullVerdict & { readonly kind: 'planned' } {
  const target = Array.from({ length: count }, (_none, index) => ({ name: `role-${index}`, value: 1 }));
  return { ...of, kind: 'planned', mergeTree: 'd'.repeat(40), plan: planFor(nothing, target) };
}

describe('what is shown of a pull request', () => {
  test('ten thousand changes fit into a comment and a check', () => {
    const { comment = '', summary, annotations } = shownOf({ ...pull, is_draft: true, is_fork: true }, planned(10_000));
    expect(Buffer.byteLength(comment)).toBeLessThanOrEqual(60_000);
    expect(Buffer.byteLength(summary)).toBeLessThanOrEqual(65_535);
    expect(comment.trimEnd().split('\n').at(-1)).toBe('<!-- pawl:plan here%2Fproduction -->');
    expect(comment).toContain('This is a draft');
    expect(comment).toContain('from a fork');
    expect(annotations.length).toBe(0);
  });

  test('a commit whose signature does not count is named where signatures are required, and said anew when it moves', () => {
    const verdict = planned(1);
    const uncounted = { commit: 'e'.repeat(40), why: 'is not signed' };
    const shown = shownOf(pull, { ...verdict, uncounted });
    expect(shown.comment).toContain(
      '`production` requires signed commits, and `eeeeeee` is not signed. It goes live by',
    );
    expect(shown.conclusion).toBe(shownOf(pull, verdict).conclusion);
    expect(new Set([shown.digest, shownOf(pull, verdict).digest]).size).toBe(2);
  });

  test('a link to what is live stands above the marker, fits, and is written where it was missing', () => {
    const verdict = planned(10_000);
    const { comment = '', digest } = shownOf(pull, verdict, 'https://pawl.example.com');
    expect(comment.trimEnd().split('\n').slice(-3)).toEqual([
      '[What is live](https://pawl.example.com/v1/environments/production/history)',
      '',
      '<!-- pawl:plan here%2Fproduction -->',
    ]);
    expect(Buffer.byteLength(comment)).toBeLessThan(65_535);
    expect(digest).not.toBe(shownOf(pull, verdict).digest);
    expect(shownOf(pull, verdict).comment).not.toContain('What is live');
  });

  test('a thousand conflicts are counted, and those of odd names are inert', () => {
    const paths = [
      '<!-- pawl:plan here%2Fproduction -->',
      '@acme/all',
      ...Array.from({ length: 998 }, (_n, i) => `f${i}`),
    ];
    const { comment = '', conclusion, annotations } = shownOf(pull, { ...of, kind: 'conflict', paths });
    expect([conclusion, annotations.length]).toEqual(['blocked', 1_000]);
    expect(comment.split('\n')[0]).toBe('### pawl plan for `production`: Cannot be merged: 1,000 conflicts');
    expect(comment).toContain('- `@acme/all`');
    expect(comment).toContain('and 950 more.');
    expect(Buffer.byteLength(comment)).toBeLessThan(60_000);
  });

  test('the digest moves with what matters, and not with the base', () => {
    const verdict = planned(3);
    const { digest } = shownOf(pull, verdict);
    expect(shownOf(pull, { ...verdict, base: 'e'.repeat(40), revision: 9 }).digest).toBe(digest);
    for (const more of [{ head_sha: 'f'.repeat(40) }, { is_draft: true }, { is_fork: true }, { base_ref: 'other' }]) {
      expect(shownOf({ ...pull, ...more }, verdict).digest).not.toBe(digest);
    }
    const error = { code: 'x.y', severity: 'error', message: 'No.', file: 'a.yaml', line: 1, column: 1 } as const;
    const broken = shownOf(pull, { ...verdict, plan: { ...verdict.plan, problems: [error] } });
    expect([broken.conclusion, broken.annotations[0]?.path]).toEqual(['blocked', 'a.yaml']);
    expect(broken.digest).not.toBe(digest);
  });

  test('with a token the verdict is a commit status that fits, and waiting is pending', async () => {
    const hub = await startGitHub();
    try {
      await hub.createRepository({ owner: 'acme', name: 'agents', files: { 'a.txt': 'a\n' } });
      const headSha = await hub.git('acme/agents', 'rev-parse', 'main');
      const github = openGitHub({
        apiUrl: hub.apiUrl,
        repository: { owner: 'acme', repo: 'agents' },
        login: { kind: 'token', token: { kind: 'text', text: 'x' } },
        readSecret: () => Promise.resolve(hub.tokenOf('acme')),
        limits: { writeMs: 0, secondMs: 1 },
      });
      const verdicts: readonly PullVerdict[] = [
        { ...of, kind: 'untouched', mergeTree: '' },
        { ...of, kind: 'waiting', why: 'the forge has no merge yet' },
        { ...of, kind: 'refused', code: 'git.symlink', message: 'x'.repeat(500) },
      ];
      for (const verdict of verdicts) {
        const shown = shownOf({ ...pull, is_draft: true }, verdict);
        await writeCheck(github, { environment: 'production', headSha, id: undefined, shown, url: undefined });
      }
      const { statuses } = hub.state('acme/agents');
      expect([...statuses].map(({ context, state, description }) => [context, state, description])).toEqual([
        ['pawl/plan (production)', 'success', 'Draft: Not touched'],
        ['pawl/plan (production)', 'pending', 'Draft: Waiting for the merge result'],
        ['pawl/plan (production)', 'failure', 'Draft: Cannot be planned: git.symlink'],
      ]);
    } finally {
      await hub.close();
    }
  });

  test('many annotations go fifty at a time, and a run that had some is made anew', async () => {
    const hub = await startGitHub();
    try {
      await hub.createRepository({ owner: 'acme', name: 'agents', files: { 'a.txt': 'a\n' } });
      const headSha = await hub.git('acme/agents', 'rev-parse', 'main');
      const github = openGitHub({
        apiUrl: hub.apiUrl,
        repository: { owner: 'acme', repo: 'agents' },
        login: { kind: 'app', appId: hub.app.id, key: { kind: 'text', text: 'x' }, installationId: undefined },
        readSecret: () => Promise.resolve(hub.app.privateKey),
        limits: { writeMs: 0, secondMs: 1 },
      });
      const paths = Array.from({ length: 120 }, (_none, index) => `f${index}`);
      const conflict = shownOf(pull, { ...of, kind: 'conflict', paths });
      const at = { environment: 'production', headSha, url: undefined };
      const first = await writeCheck(github, { ...at, id: undefined, shown: conflict });
      const clear = shownOf(pull, { ...of, kind: 'untouched', mergeTree: '' });
      const second = await writeCheck(github, { ...at, id: first, shown: clear });
      expect(await writeCheck(github, { ...at, id: undefined, shown: clear })).toBe(second);
      const checks = [...hub.state('acme/agents').checks.values()];
      expect(checks.map(({ conclusion, annotations }) => [conclusion, annotations.length])).toEqual([
        ['failure', 120],
        ['success', 0],
      ]);
    } finally {
      await hub.close();
    }
  });
});
