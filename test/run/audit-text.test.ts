import { expect, it } from 'vitest';
import { canonicalText } from '../../src/manifest/digest.ts';
import type { Json } from '../../src/manifest/json.ts';
import type { AuditEvent } from '../../src/run/audit-event.ts';
import { auditText } from '../../src/run/audit-text.ts';
import { seeded } from '../support/seeded.ts';

const texts = [
  'default/echo',
  'say "no"',
  'a\\b',
  'line\nbreak\t',
  '\u0000\u001f\u007f',
  'häuser €',
  '\u2028',
  '😀',
  '</script>',
];

it('writes what JSON does, with the keys in canonical order, whatever an event has or lacks', () => {
  const random = seeded(7);
  const pick = <T>(...among: readonly [T, ...T[]]): T => among[Math.floor(random() * among.length)] ?? among[0];
  const text = (): string => pick('', ...texts);
  const maybe = <T>(make: () => T): T | undefined => (random() < 0.5 ? make() : undefined);
  const amount = (): number => pick(0, 1, 12.5, 2 ** 40);
  const would = { kind: 'deny', reason: 'gate.conflict', rule: 'AgentPolicy/a/"b"' } as const;
  const verdict = (): AuditEvent => ({
    action: maybe(text),
    approval: maybe(text),
    args: maybe(text),
    asks: maybe(() => [text(), text()]),
    call: text(),
    cost: maybe(amount),
    event: pick('allow', 'ask', 'deny'),
    guards: maybe(() => [text()]),
    input: maybe(amount),
    kind: pick('tool', 'model'),
    live: maybe(amount),
    pin: maybe(text),
    reason: maybe(text),
    rule: text(),
    subject: maybe(text),
    target: text(),
    tokens: maybe(amount),
    would: maybe(() => would),
  });
  const outcome = (): AuditEvent => ({
    by: maybe(text),
    call: text(),
    cost: amount(),
    event: pick('done', 'failed', 'unknown'),
    reason: maybe(text),
    tokensIn: amount(),
    tokensOut: amount(),
  });
  const nothing = (): AuditEvent => ({ call: text(), event: 'void', reason: 'gate.conflict' });
  const end = (): AuditEvent => ({
    event: 'end',
    reason: maybe(text),
    state: 'waiting',
    waits: maybe(() => [{ call: text(), kind: 'timer' }]),
  });
  const claim = (): AuditEvent => ({
    bundle: text(),
    environment: text(),
    event: 'claim',
    fence: amount(),
    revision: amount(),
    system: text(),
    worker: text(),
  });
  for (let round = 0; round < 3_000; round += 1) {
    const events = Array.from({ length: round % 4 }, () => pick(verdict, outcome, nothing, end, claim)());
    const row = { at: '2026-01-02T03:04:05.678Z', events, run: text(), seq: round };
    const written = auditText(row);
    expect(written).toBe(JSON.stringify(row));
    expect(written).toBe(canonicalText(JSON.parse(written) as Json));
  }
});
