import { checksOf, type GateStep, gateSteps } from '../plan/gate-steps.ts';
import type { SubjectAuthority } from '../policy/authority.ts';
import { localOf } from '../policy/tier.ts';
import { own } from '../manifest/json.ts';
import type { RecordedRow } from '../run/journal-entry.ts';
import type { WhyVerdict } from './operations-audit.ts';
import type { WhyFacts } from './why-facts.ts';

interface Shown {
  readonly facts: WhyFacts;
  readonly again: WhyVerdict | undefined;
  /** What became of the call. */
  readonly result: RecordedRow | undefined;
}

/**
 * The checks up to the verdict, and behind it those that what became of the call tells of. What was not decided again
 * says that it passed as the record has it, and not that it passes.
 */
export function stepsOf({ facts, again, result }: Shown): readonly GateStep[] {
  const { kind } = facts;
  const not = notAskedAgain(facts, again);
  const checks = new Map(checksOf(kind).map((check) => [check.check, check]));
  return verdictSteps(again ?? facts.recorded, result, kind).map((step) => {
    const check = checks.get(step.check);
    const isAsked =
      again !== undefined && check?.needs !== 'call' && !not.some((code) => check?.reasons.includes(code));
    return step.outcome === 'passed' && !isAsked ? { ...step, outcome: 'recorded' } : step;
  });
}

/** A code of each check that the record cannot answer. */
function notAskedAgain(
  { kind, said, target, content, pinned, live, subject }: WhyFacts,
  again: WhyVerdict | undefined,
): readonly string[] {
  const rows = [own(pinned.subjects, subject), own(live?.subjects, subject)].filter((row) => row !== undefined);
  const has = (of: (row: SubjectAuthority) => boolean): boolean => rows.some((row) => of(row));
  const tool = kind === 'tool' ? own(content.tools, target) : undefined;
  const isMeasured = kind === 'tool' || typeof said?.['input'] === 'number';
  const isShared = has(({ budgets }) => budgets.some(({ scope }) => scope !== 'run'));
  return [
    'run.cancelled',
    'gate.conflict',
    // Guards, and what a provider says of a prompt's size.
    'guard.blocked',
    'context.too_large',
    ...(tool !== undefined && localOf(tool, content.servers) !== undefined ? ['isolation.unavailable'] : []),
    ...(has(({ rates = [] }) => rates.length > 0) ? ['rate.tool', 'rate.model'] : []),
    ...((isMeasured || again?.kind === 'deny') && !isShared ? [] : ['budget.exhausted']),
  ];
}

function verdictSteps(
  { kind, reason }: WhyVerdict,
  result: RecordedRow | undefined,
  sort: 'tool' | 'model',
): readonly GateStep[] {
  if (kind !== 'allow') return gateSteps({ kind, ...(reason === undefined ? {} : { reason }) }, 'call', sort);
  if (result?.outcome === 'done') return gateSteps({ kind }, 'call', sort);
  const code = result?.error?.code ?? '';
  const isOfACheck = checksOf(sort).some(({ needs, reasons }) => needs === 'call' && reasons.includes(code));
  return isOfACheck
    ? gateSteps({ kind: 'deny', reason: code, isMade: true }, 'call', sort)
    : gateSteps({ kind }, 'run', sort);
}
