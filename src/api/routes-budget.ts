import { z } from '@hono/zod-openapi';
import { addRoute, type Api } from './route.ts';
import * as schemas from './schemas.ts';

const budget = z
  .object({
    budget: z.string(),
    sharedBy: z.string(),
    unit: z.enum(['tokens', 'usd', 'calls']),
    endsAt: z.string(),
    limit: z.int(),
    used: z.int(),
    drawn: z.int(),
    onTrial: z.boolean().optional(),
  })
  .openapi('Budget');

/** What is used of budgets that runs share. */
export function addBudgetRoutes(app: Api): void {
  const parameters = schemas.environmentParameters;
  const path = '/v1/environments/{environment}/budgets';
  addRoute(
    app,
    { method: 'get', path, summary: 'What is used of shared budgets', parameters, result: z.array(budget) },
    ({ parameters: { environment }, operations }) => operations.budgets(environment),
  );
}
