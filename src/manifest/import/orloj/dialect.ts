import type { Dialect } from '../dialect.ts';
import { agentRole } from './agent-role.ts';
import { taskApproval, toolApproval } from './approval-record.ts';
import { sealedSecret, secret } from './secret.ts';
import { toolPermission } from './tool-permission.ts';
import { worker } from './worker.ts';

/** Orloj, all kinds that its files may declare. */
export const orloj: Dialect = {
  name: 'orloj',
  title: 'Orloj',
  kinds: [agentRole, toolPermission, toolApproval, taskApproval, secret, sealedSecret, worker],
};
