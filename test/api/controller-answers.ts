import type { AlertOperations } from '../../src/api/operations-alert.ts';
import type { ProposalOperations } from '../../src/api/operations-proposal.ts';
import type { SyncOperations, SyncRecord } from '../../src/api/operations-sync.ts';
import type { Recorded } from './control-answers.ts';

export function syncAnswers(answer: Recorded): SyncOperations {
  const sync: SyncRecord = { environment: 'production', wanted: 2, handled: 1, conditions: [] };
  return {
    syncState: answer('syncState', sync),
    requestSync: answer('requestSync', sync),
    suspendSync: answer('suspendSync', sync),
    resumeSync: answer('resumeSync', sync),
    claimSync: answer('claimSync', sync),
  };
}

export function proposalAnswers(answer: Recorded): ProposalOperations {
  const proposed = {
    environment: 'production',
    kind: 'tighten',
    state: 'wanted',
    branch: 'pawl/tighten/production-0123456789',
    base: 'main',
    title: 'Tighten production: 1 resource',
    body: 'Less.\n',
    files: [{ path: 'a.yaml', before: 'a\n', after: 'b\n' }],
  } as const;
  return {
    previewProposal: answer('previewProposal', { ...proposed, state: 'preview' }),
    propose: answer('propose', proposed),
    proposals: answer('proposals', []),
  };
}

export function alertAnswers(answer: Recorded): AlertOperations {
  const test = { environment: 'production', receiver: 'support/on-call', isDelivered: true, answer: 'HTTP 200' };
  return {
    alerts: answer('alerts', []),
    testReceiver: answer('testReceiver', test),
    probes: answer('probes', []),
    pins: answer('pins', []),
  };
}
