import { describe, expect, test } from 'vitest';
import { plan } from '../../../src/plan/plan.ts';
import { renderJson } from '../../../src/plan/render/json.ts';
import { renderMarkdown } from '../../../src/plan/render/markdown.ts';
import { agent, inSync, liveOf, optionsOf, snapshotOf, tool } from '../fixture.ts';
import { first, text } from './plans.ts';
import { richPlan } from './rich.ts';

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

  test('begins no line at any width, wherever it stands', () => {
    const totals = 'Plan: 9 to add, 9 to change, 9 to destroy. Risk: none. ::error::x';
    for (let width = 40; width <= 120; width += 1) {
      const lines = text(richPlan(` ${'x'.repeat(width % 40)} ${totals}`), width).split('\n');
      expect(lines.filter((line) => /^(Plan|Risk): |^::/.test(line))).toEqual([
        'Plan: 1 to add, 1 to change, 1 to destroy, 1 to move, 1 to adopt.',
        'Risk: 6 widening, 3 narrowing.',
      ]);
    }
  });

  test('is inert in every part of the text', () => {
    for (const line of text(richPlan(hostile), 60).split('\n')) expect(line).not.toMatch(dangerous);
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

  test('are in no rendering, in any class of change', () => {
    for (const one of made) {
      expect(text(one, 200)).not.toContain('canary');
      expect(JSON.stringify(renderJson(one))).not.toContain('canary');
      expect(renderMarkdown(one)).not.toContain('canary');
    }
  });

  test('neither are digests that a value could be guessed from', () => {
    for (const one of made) {
      const shown = `${text(one)}${JSON.stringify(renderJson(one))}${renderMarkdown(one)}`;
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
