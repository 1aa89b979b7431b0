import type { ApprovalOperations } from '../../src/api/operations-approval.ts';
import type { BudgetOperations } from '../../src/api/operations-budget.ts';
import type { HaltOperations, HaltRecord } from '../../src/api/operations-halt.ts';
import type { SecretOperations } from '../../src/api/operations-secret.ts';
import type { TokenOperations } from '../../src/api/operations-token.ts';
import { TerminalError } from '../../src/errors.ts';

export const runId = '01930000-0000-7000-8000-000000000001';

/** Answers with what it is given, and notes what it was asked. */
export type Recorded = <Result>(name: string, result: Result) => (...words: readonly unknown[]) => Promise<Result>;

export function tokenAnswers(answer: Recorded): TokenOperations {
  const record = {
    id: 'a1b2c3d4e5f6',
    name: 'ada',
    roles: [{ role: 'reader' as const }],
    groups: [],
    createdBy: 'me',
    createdAt: '2026-01-01T00:00:00.000Z',
    expiresAt: '2026-04-01T00:00:00.000Z',
    usedAt: undefined,
    revokedAt: undefined,
  };
  return {
    whoami: answer('whoami', { name: 'me', proof: 'local', groups: [], roles: [], environments: [] }),
    tokens: answer('tokens', [record]),
    createToken: answer('createToken', { ...record, token: 'pawl_…' }),
    revokeToken: answer('revokeToken', record),
  };
}

type Control = ApprovalOperations & BudgetOperations & HaltOperations & SecretOperations;

/** What stops, releases and limits calls, and what is kept for them. */
export function controlAnswers(answer: Recorded): Control {
  const halted: HaltRecord = {
    id: runId,
    scope: 'namespace/support',
    environment: 'production',
    state: 'inForce',
    reason: 'it loops',
    by: 'ada',
    setAs: 'operator',
    since: '2026-01-01T00:00:00.000Z',
    until: undefined,
    aborts: false,
    denies: false,
    waiting: 0,
    endedAt: undefined,
    endedBy: undefined,
    endReason: undefined,
  };
  const key = { environment: 'production', secret: 'a/b', key: 'token' };
  return {
    approvals: answer('approvals', []),
    approval: () =>
      Promise.reject(
        new TerminalError('No request has that id.', {
          code: 'approval.unknown',
          help: 'Look at `pawl get approvals`.',
        }),
      ),
    decideApproval: answer('decideApproval', { id: '0123456789', run: runId, state: 'approved', alone: false }),
    budgets: answer('budgets', []),
    halts: answer('halts', [halted]),
    halt: answer('halt', halted),
    resume: answer('resume', [halted]),
    storedSecrets: answer('storedSecrets', []),
    setSecret: answer('setSecret', { ...key, version: 1, kek: 'k1', madeKeyFile: undefined }),
    removeSecret: answer('removeSecret', { removed: 1 }),
    rotateSecrets: answer('rotateSecrets', { rewrapped: 0, kek: 'k1' }),
  };
}
