import { z } from '@hono/zod-openapi';
import { approvalStates } from './operations-approval.ts';
import { addRoute, type Api, namespacesOf } from './route.ts';
import * as schemas from './schemas.ts';

const states = z.enum(approvalStates);

const approval = z
  .object({
    id: z.string(),
    environment: z.string(),
    namespace: z.string(),
    run: z.string(),
    system: z.string(),
    place: z.string(),
    path: z.string(),
    actionDigest: z.string(),
    action: z.object({
      subject: z.string(),
      tool: z.string(),
      pin: z.string(),
      args: z.string(),
      isolation: z.string(),
      egress: z.array(z.string()),
      secrets: z.array(z.string()),
      pinnedPolicy: z.string(),
      livePolicy: z.string(),
    }),
    arguments: z.unknown(),
    asks: z.array(
      z.object({
        rule: z.string(),
        who: z.string(),
        approvers: z.object({ groups: z.array(z.string()), users: z.array(z.string()), min: z.int() }).optional(),
        min: z.int(),
        approved: z.int(),
        fourEyes: z.boolean(),
      }),
    ),
    batch: z.object({ max: z.int(), same: z.array(z.string()), used: z.int() }).optional(),
    subject: z.string(),
    state: states,
    votes: z.array(
      z.object({
        by: z.string(),
        as: z.enum(['approve', 'deny']),
        text: z.string().optional(),
        at: z.string(),
        alone: z.boolean().optional(),
      }),
    ),
    decidedBy: z.string().optional(),
    reason: z.string().optional(),
    createdAt: z.string(),
    expiresAt: z.string(),
    decidedAt: z.string().optional(),
  })
  .openapi('Approval');

const approvalParameters = z.object({ id: z.string().regex(/^[0-9a-z]{10}$/) });

const decision = z.strictObject({
  digest: z.string().regex(/^[0-9a-f]{8,64}$/),
  as: z.enum(['approve', 'deny']),
  text: z.string().min(1).max(4_000).optional(),
});

const decided = z
  .object({ id: z.string(), run: z.string(), state: z.enum(['pending', 'approved', 'denied']), alone: z.boolean() })
  .openapi('ApprovalDecided');

const listQuery = schemas.limitQuery.extend({
  /** Separated by commas. */
  states: z
    .string()
    .max(100)
    .optional()
    .transform((text) => text?.split(','))
    .pipe(z.array(states).optional()),
  run: z.uuid().optional(),
  after: approvalParameters.shape.id.optional(),
});

/** What calls people are asked to release, and what they say. */
export function addApprovalRoutes(app: Api): void {
  addRoute(
    app,
    {
      method: 'get',
      path: '/v1/environments/{environment}/approvals',
      summary: 'What calls wait for people, the oldest first',
      parameters: schemas.environmentParameters,
      query: listQuery,
      result: z.array(approval),
    },
    ({ parameters: { environment }, query: { limit, states: asked, run, after }, operations, reach }) =>
      operations.approvals({
        environment,
        limit,
        ...namespacesOf(reach),
        ...(asked === undefined ? {} : { states: asked }),
        ...(run === undefined ? {} : { run }),
        ...(after === undefined ? {} : { after }),
      }),
  );
  addRoute(
    app,
    {
      method: 'get',
      path: '/v1/approvals/{id}',
      summary: 'One request: the exact call, and what people said of it',
      parameters: approvalParameters,
      result: approval,
    },
    ({ parameters: { id }, operations }) => operations.approval(id),
  );
  addRoute(
    app,
    {
      method: 'post',
      path: '/v1/approvals/{id}/decisions',
      summary: 'Approve or deny the exact call that the digest is of',
      parameters: approvalParameters,
      body: decision,
      result: decided,
    },
    ({ parameters: { id }, body: { digest, as, text }, operations }) =>
      operations.decideApproval({ id, digest, as, ...(text === undefined ? {} : { text }) }),
  );
}
