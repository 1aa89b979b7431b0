import { isAbsolute } from 'node:path';
import { anchorAudit, anchorOf, auditHead, exportAudit } from '../controller/audit.ts';
import { type AuditAnchor, verifyAudit } from '../controller/audit-verify.ts';
import type { ControlPlane } from '../controller/planning.ts';
import type { Person } from '../policy/person.ts';
import { auditedEnvironments } from '../store/audit-read.ts';
import { noEnvironment, recordEvent } from '../store/event.ts';
import { inTransaction } from '../store/transaction.ts';
import type { AuditOperations, WhyOperations } from './operations-audit.ts';
import { whyOf } from './why-of.ts';

/** `known` refuses the name of an environment that is neither declared nor live. */
export function auditOperations(
  plane: ControlPlane,
  person: Person,
  known: (name: string) => Promise<string>,
): AuditOperations & WhyOperations {
  const { database } = plane;
  return {
    verifyAudit: async ({ run, anchors = [] }) =>
      verifyAudit(database, { run, anchors: run === undefined ? [...anchors, ...(await anchorsIn(plane))] : [] }),
    why: (request) => whyOf(database, request),
    exportAudit: async (request) =>
      exportAudit(database, {
        ...request,
        environment: request.environment === noEnvironment ? noEnvironment : await known(request.environment),
      }),
    anchorAudit: async (request) => {
      const environment = await known(request.environment);
      if (!request.write) return auditHead(database, environment);
      const { seq } = await auditHead(database, environment);
      await inTransaction(database, (trx) =>
        recordEvent(trx, { environment, actor: person.name, action: 'audit.anchor', detail: { seq } }),
      );
      return anchorAudit(plane, environment);
    },
  };
}

/** A remote repository holds none that this build wrote. */
async function anchorsIn(plane: ControlPlane): Promise<readonly AuditAnchor[]> {
  if (!isAbsolute(plane.repository.place)) return [];
  const environments = await auditedEnvironments(plane.database);
  const found = await Promise.all(environments.map(({ name }) => anchorOf(plane, name)));
  return found.filter((anchor) => anchor !== undefined);
}
