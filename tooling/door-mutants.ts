/** A check outside the pure gate, how it is taken away, and the tests of which one must notice. */
export interface DoorMutant {
  readonly step: string;
  readonly file: string;
  /** Stands there once. */
  readonly find: string;
  readonly put: string;
  readonly tests: string;
  /** Names of tests, as `vitest -t` takes them; absent: all of the file. */
  readonly only?: string;
}

const refusals = 'test/run/gate-refusals.test.ts';
const guards = 'test/run/guards.test.ts';
const conformance = 'test/run/executor-conformance.test.ts';
const misbehaviour = 'test/run/model-misbehaviour.test.ts';

/** In the order of the steps. */
export const doorMutants: readonly DoorMutant[] = [
  {
    step: 'T5, M7: what a guard closes before the call does not pass',
    file: 'src/run/step.ts',
    find: "if (screened?.kind === 'closed') return refuseGuarded(unscreened, screened);\n        attempt = screened?.attempt ?? unscreened;",
    put: "attempt = screened?.kind === 'passed' ? screened.attempt : unscreened;",
    tests: refusals,
    only: 'guard.',
  },
  {
    step: 'T5, M7, T18, M13: a guard that finds something blocks',
    file: 'src/run/guarding.ts',
    find: 'if (isRefused) {',
    put: 'if (isRefused && texts.length < 0) {',
    tests: refusals,
    only: 'guard.blocked',
  },
  {
    step: 'T5, M7, T18, M13: a guard that fails closes',
    file: 'src/run/guarding.ts',
    find: 'closes: shadow ? undefined',
    put: 'closes: shadow || failed.length > 0 ? undefined',
    tests: refusals,
    only: 'guard.failed',
  },
  {
    step: 'T5, M7, T18, M13: a guard that no revision holds closes',
    file: 'src/run/guarding.ts',
    find: "if (guard === undefined) return fail('No revision of it can be read.');",
    put: 'if (guard === undefined) return { findings: [], record: undefined, closes: undefined };',
    tests: guards,
  },
  {
    step: 'M6: a model is offered no tool that rules would refuse',
    file: 'src/policy/offer.ts',
    find: "name: id }).kind !== 'deny'",
    put: 'name: id }).kind.length > 0',
    tests: 'test/policy/gate.property.test.ts test/policy/compile-memory.test.ts test/policy/gate-approval.test.ts',
  },
  {
    step: 'M6: a model is offered no definition that is not pinned',
    file: 'src/policy/offer.ts',
    find: 'isPinned(id, revisions) &&',
    put: '',
    tests: 'test/policy/compile-server.test.ts',
  },
  {
    step: 'M7: a prompt that compaction cannot bring under its limit is not sent',
    file: 'src/run/compaction.ts',
    find: 'if (size <= triggerTokens) return;',
    put: 'if (size > 0) return;',
    tests: 'test/run/agent-loop.test.ts',
  },
  {
    step: 'T12, M8: an empty bucket lets no call pass',
    file: 'src/run/rate-door.ts',
    find: 'if (waitMs === 0) break;',
    put: 'if (waitMs >= 0) break;',
    tests: refusals,
    only: 'rate.',
  },
  {
    step: 'T13: an approval is used by one intent of a batch',
    file: 'src/store/journal-approval.ts',
    find: 'case when p.own then p.nth = 1 and n.owns = 0 else',
    put: 'case when p.own then n.owns = 0 else',
    tests: 'test/store/approval.test.ts',
  },
  {
    step: 'T13: an approval that is used releases its own call no more',
    file: 'src/store/journal-approval.ts',
    find: 'case when p.own then p.nth = 1 and n.owns = 0 else',
    put: 'case when p.own then p.nth = 1 else',
    tests: 'test/store/approval-batch.test.ts',
  },
  {
    step: 'T13: what is not approved releases nothing',
    file: 'src/store/journal-approval.ts',
    find: "where a.state = 'approved' and a.expires_at > clock_timestamp() and",
    put: 'where',
    tests: 'test/store/approval.test.ts test/store/approval-batch.test.ts',
  },
  {
    step: 'T15, M10: an intent that was decided by an older revision or halt is not written',
    file: 'src/store/journal.ts',
    find: "e.phase = 'intent' and (e.revision",
    put: "e.phase = 'none' and (e.revision",
    tests: conformance,
  },
  {
    step: 'T15, M10: a call whose intent was not written is not made',
    file: 'src/run/step.ts',
    find: 'if (await intend(attempt, decision)) return',
    put: 'if ((await intend(attempt, decision)) || rounds >= 0) return',
    tests: 'test/run/halts.test.ts',
    only: 'decided before a halt began',
  },
  {
    step: 'T15, T19: an older fence writes nothing',
    file: 'src/store/journal.ts',
    find: 'r.fence = w.fence and ',
    put: '',
    tests: conformance,
  },
  {
    step: 'T17: an address that is not public is not connected to',
    file: 'src/tools/egress-address.ts',
    find: 'if (allowPrivate && openedByAllowPrivate.has(range)) return undefined;',
    put: 'if (openedByAllowPrivate.has(range)) return undefined;',
    tests: 'test/tools/egress.test.ts',
  },
  {
    step: 'M12: another model than the one that was asked is not heard',
    file: 'src/models/provider-response.ts',
    find: '&& !isSameModel(asked, answered)',
    put: '&& answered.length < 0',
    tests: misbehaviour,
    only: 'another model',
  },
  {
    step: 'M13: a tool that the provider ran ends the step',
    file: 'src/models/provider-response.ts',
    find: 'if (!provider.wire.holdsServerTool(answer)) return;',
    put: 'if (asked.length >= 0) return;',
    tests: misbehaviour,
    only: 'ran a tool itself',
  },
  {
    step: 'M13: an answer asks for no more calls than it may',
    file: 'src/models/provider-response.ts',
    find: 'if (calls.length > toolCallsMax) throw',
    put: 'if (calls.length < 0) throw',
    tests: misbehaviour,
    only: 'more calls than an answer',
  },
  {
    step: 'M13: what a guard closes of an answer is not used',
    file: 'src/run/pass-model.ts',
    find: "if (kept?.kind === 'closed') {",
    put: "if (kept?.kind === 'closed' && took.cost < 0) {",
    tests: guards,
  },
  {
    step: 'T18: what a guard closes of a result is not used',
    file: 'src/run/screening-result.ts',
    find: "if (kept.kind === 'closed') return { outcome: { kind: 'failed', ...kept.error, retryable: false }, decision };",
    put: "if (kept.kind === 'closed') return { outcome, decision };",
    tests: guards,
  },
  {
    step: 'T18: a result that is not of the declared form is none',
    file: 'src/tools/call.ts',
    find: 'return message === undefined ? outcome :',
    put: 'return message !== null ? outcome :',
    tests: refusals,
    only: 'result.invalid',
  },
  {
    step: 'T18: a result that is too long is none',
    file: 'src/tools/egress.ts',
    find: 'readBody(begun.body, request.responseBytesMax)',
    put: 'readBody(begun.body, 1_000_000_000)',
    tests: refusals,
    only: 'result.too_large',
  },
  {
    step: 'T18: a secret that is said back is taken out',
    file: 'src/tools/call.ts',
    find: "return { kind: 'done', output: secrets.scrub(outcome.output) };",
    put: 'return outcome;',
    tests: 'test/tools/http.test.ts',
  },
];
