import { TerminalError } from '../errors.ts';
import type { ApprovalDecided, ApprovalOperations, ApprovalRecord } from './operations-approval.ts';

interface Sending {
  readonly get: <Result>(path: string) => Promise<Result>;
  readonly post: <Result>(path: string, body: object) => Promise<Result>;
  /** The path of an environment. */
  readonly of: (environment: string) => string;
}

export function approvalClient({ get, post, of }: Sending): ApprovalOperations {
  return {
    approvals: ({ environment, states, run, after, limit }) => {
      const query = new URLSearchParams({
        limit: String(limit),
        ...(states === undefined ? {} : { states: states.join(',') }),
        ...(run === undefined ? {} : { run }),
        ...(after === undefined ? {} : { after }),
      });
      return get<ApprovalRecord[]>(`${of(environment)}/approvals?${query.toString()}`);
    },
    approval: async (id) => get<ApprovalRecord>(pathOf(id)),
    decideApproval: async ({ id, ...body }) => post<ApprovalDecided>(`${pathOf(id)}/decisions`, body),
  };
}

/** The API refuses what is no id at all as a bad request; whoever typed it wants to know that there is no such request. */
function pathOf(id: string): string {
  if (/^[0-9a-z]{10}$/.test(id)) return `/v1/approvals/${id}`;
  throw new TerminalError(`No request for an approval has the id ${JSON.stringify(id.slice(0, 64))}.`, {
    code: 'approval.unknown',
    help: 'Look at `pawl get approvals`.',
  });
}
