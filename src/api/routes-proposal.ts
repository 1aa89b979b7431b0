import { z } from '@hono/zod-openapi';
import { addRoute, type Api } from './route.ts';
import { environmentParameters } from './schemas.ts';

const addresses = z.array(z.string().max(256)).max(10_000);
const text = z.string().optional();

const wish = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('accept-drift'), addresses, overManifest: z.boolean() }),
  z.strictObject({
    kind: z.literal('promote'),
    from: z.string().min(1).max(256),
    only: addresses,
    withoutProof: z.boolean(),
  }),
  z.strictObject({ kind: z.literal('tighten'), days: z.int().min(1).max(365) }),
  z.strictObject({ kind: z.literal('pin'), server: z.string().min(1).max(256) }),
]);

const proposed = z
  .object({
    environment: z.string(),
    kind: z.string(),
    state: z.enum(['wanted', 'preview']),
    branch: z.string(),
    base: z.string(),
    title: z.string(),
    body: z.string(),
    files: z.array(z.object({ path: z.string(), before: text, after: text })),
  })
  .openapi('Proposed');

const proposal = z
  .object({
    environment: z.string(),
    kind: z.string(),
    subject: z.string(),
    repository: z.string(),
    number: z.int().optional(),
    branch: z.string(),
    state: z.enum(['wanted', 'open', 'merged', 'closed']),
    askedBy: z.string(),
    askedAt: z.string(),
    reason: text,
  })
  .openapi('Proposal');

/** Pull requests that pawl opens. */
export function addProposalRoutes(app: Api): void {
  const parameters = environmentParameters;
  const path = '/v1/environments/{environment}/proposals';
  addRoute(
    app,
    {
      method: 'get',
      path,
      summary: 'The pull requests that pawl opened, the newest first',
      parameters,
      result: z.array(proposal),
    },
    ({ parameters: { environment }, operations }) => operations.proposals(environment),
  );
  addRoute(
    app,
    {
      method: 'post',
      path,
      summary: 'Have a pull request opened, or the open one brought up to date',
      parameters,
      body: wish,
      result: proposed,
    },
    ({ parameters: { environment }, body, operations }) => operations.propose({ environment, ...body }),
  );
  addRoute(
    app,
    {
      method: 'post',
      path: `${path}/preview`,
      summary: 'What a pull request would hold; nothing is opened',
      parameters,
      body: wish,
      result: proposed,
    },
    ({ parameters: { environment }, body, operations }) => operations.previewProposal({ environment, ...body }),
  );
}
