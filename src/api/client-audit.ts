import type {
  AuditOperations,
  AuditReport,
  ExportPage,
  WhyOperations,
  WhyRecord,
  WrittenAnchor,
} from './operations-audit.ts';

interface Sending {
  readonly get: <Result>(path: string) => Promise<Result>;
  readonly post: <Result>(path: string, body: object) => Promise<Result>;
  readonly of: (environment: string) => string;
  readonly run: (id: string) => string;
}

export function auditClient({ get, post, of, run }: Sending): AuditOperations & WhyOperations {
  return {
    verifyAudit: (request) => post<AuditReport>('/v1/audit/verify', request),
    exportAudit: ({ environment, after, since }) => {
      const query = new URLSearchParams();
      if (after !== undefined) query.set('after', String(after));
      if (since !== undefined) query.set('since', since);
      const path = environment === '' ? '/v1/audit' : `${of(environment)}/audit`;
      return get<ExportPage>(`${path}?${query.toString()}`);
    },
    why: ({ run: id, call }) => get<WhyRecord>(`${run(id)}/why?${new URLSearchParams({ call }).toString()}`),
    anchorAudit: ({ environment, write }) => post<WrittenAnchor>(`${of(environment)}/audit/anchor`, { write }),
  };
}
