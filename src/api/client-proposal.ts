import type { Sending } from './client-revision.ts';
import type { ProposalOperations, ProposalRecord, ProposalWish, ProposedRecord } from './operations-proposal.ts';

/** The operations on pull requests that pawl opens, over the API of a running `pawl up`. */
export function proposalClient({ get, post }: Sending): ProposalOperations {
  const send = ({ environment, ...body }: ProposalWish, isPreview: boolean): Promise<ProposedRecord> =>
    post<ProposedRecord>(`${of(environment)}/proposals${isPreview ? '/preview' : ''}`, body);
  return {
    previewProposal: (wish) => send(wish, true),
    propose: (wish) => send(wish, false),
    proposals: (environment) => get<ProposalRecord[]>(`${of(environment)}/proposals`),
  };
}

function of(environment: string): string {
  return `/v1/environments/${encodeURIComponent(environment)}`;
}
