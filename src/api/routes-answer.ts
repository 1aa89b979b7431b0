import { z } from '@hono/zod-openapi';
import { addRoute, type Api, namespacesOf } from './route.ts';
import * as schemas from './schemas.ts';

const vote = z.object({ by: z.string(), as: z.string(), at: z.string() });

const question = z
  .object({
    run: z.string(),
    environment: z.string(),
    system: z.string(),
    place: z.string(),
    kind: z.enum(['human', 'review']),
    since: z.string(),
    dueAt: z.string().optional(),
    tool: z.object({ name: z.string(), asks: z.string(), by: z.string() }).optional(),
    shown: z.unknown(),
    form: z.record(z.string(), z.unknown()).optional(),
    assignees: z.object({ groups: z.array(z.string()), users: z.array(z.string()) }),
    min: z.int().min(1),
    changesLeft: z.int().min(0).optional(),
    votes: z.array(vote),
    answered: vote.optional(),
  })
  .openapi('Question');

const answerBody = z.strictObject({
  place: z.string().min(1).max(500).optional(),
  as: z.enum(['form', 'approve', 'deny', 'changes']),
  form: z.unknown().optional(),
  text: z.string().min(1).max(20_000).optional(),
});

const answered = z
  .object({ run: z.string(), place: z.string(), outcome: z.enum(['decided', 'open']) })
  .openapi('Answered');

/** What runs ask of people, and their answers. */
export function addAnswerRoutes(app: Api): void {
  addRoute(
    app,
    {
      method: 'get',
      path: '/v1/environments/{environment}/questions',
      summary: 'What people may answer now, the oldest first',
      parameters: schemas.environmentParameters,
      query: schemas.limitQuery,
      result: z.array(question),
    },
    ({ parameters: { environment }, query: { limit }, operations, reach }) =>
      operations.questions({ environment, limit, ...namespacesOf(reach) }),
  );
  addRoute(
    app,
    {
      method: 'get',
      path: '/v1/runs/{id}/questions',
      summary: 'Every question that a run asked',
      parameters: schemas.runParameters,
      result: z.array(question),
    },
    ({ parameters: { id }, operations }) => operations.questionsOf(id),
  );
  addRoute(
    app,
    {
      method: 'post',
      path: '/v1/runs/{id}/answers',
      summary: 'Answer a question, or decide on an output',
      parameters: schemas.runParameters,
      body: answerBody,
      result: answered,
    },
    ({ parameters: { id }, body: { place, text, ...body }, operations }) =>
      operations.answer({
        run: id,
        ...body,
        ...(place === undefined ? {} : { place }),
        ...(text === undefined ? {} : { text }),
      }),
  );
}
