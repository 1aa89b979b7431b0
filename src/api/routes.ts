import { z } from '@hono/zod-openapi';
import type { JsonObject } from '../manifest/json.ts';
import { addRoute, type Api } from './route.ts';
import { addAlertRoutes } from './routes-alert.ts';
import { addAnswerRoutes } from './routes-answer.ts';
import { addApprovalRoutes } from './routes-approval.ts';
import { addAuditRoutes } from './routes-audit.ts';
import { addAcknowledgeRoutes } from './routes-acknowledge.ts';
import { addAccessRoutes } from './routes-access.ts';
import { addProposalRoutes } from './routes-proposal.ts';
import { addDriftRoutes } from './routes-drift.ts';
import { addOverrideRoutes } from './routes-override.ts';
import { addRevisionRoutes } from './routes-revision.ts';
import { addRetryRoutes } from './routes-retry.ts';
import { addHaltRoutes } from './routes-halt.ts';
import { addSecretRoutes } from './routes-secret.ts';
import { addBudgetRoutes } from './routes-budget.ts';
import { addRolloutRoutes } from './routes-rollout.ts';
import { addRunReadingRoutes } from './routes-run.ts';
import { addTaskRoutes } from './routes-task.ts';
import { addSyncRoutes } from './routes-sync.ts';
import { addTokenRoutes } from './routes-token.ts';
import * as schemas from './schemas.ts';
import { workerRecord } from './schemas-worker.ts';

/** Every operation as a route, asked for by the person whom the request's token belongs to. */
export function addRoutes(app: Api): void {
  addEnvironmentRoutes(app);
  addReadingRoutes(app);
  addAcknowledgeRoutes(app);
  addAccessRoutes(app);
  addDriftRoutes(app);
  addProposalRoutes(app);
  addOverrideRoutes(app);
  addRunRoutes(app);
  addAnswerRoutes(app);
  addApprovalRoutes(app);
  addAuditRoutes(app);
  addRunReadingRoutes(app);
  addTaskRoutes(app);
  addRetryRoutes(app);
  addRolloutRoutes(app);
  addSyncRoutes(app);
  addBudgetRoutes(app);
  addAlertRoutes(app);
  addHaltRoutes(app);
  addSecretRoutes(app);
  addRevisionRoutes(app);
  addTokenRoutes(app);
}

function addEnvironmentRoutes(app: Api): void {
  const parameters = schemas.environmentParameters;
  addRoute(
    app,
    { method: 'get', path: '/v1/environments', summary: 'What pawl.yaml declares', result: schemas.environments },
    ({ operations }) => operations.environments(),
  );
  addRoute(
    app,
    {
      method: 'get',
      path: '/v1/status',
      summary: 'What is live, by environment',
      result: z.array(schemas.environmentStatus),
    },
    ({ operations }) => operations.status(),
  );
  addRoute(
    app,
    {
      method: 'post',
      path: '/v1/environments/{environment}/plan',
      summary: 'Plan a commit',
      parameters,
      body: schemas.planBody,
      result: schemas.plan,
    },
    ({ parameters: { environment }, body, operations }) => operations.plan(defined({ environment, ...body })),
  );
  addRoute(
    app,
    {
      method: 'post',
      path: '/v1/environments/{environment}/apply',
      summary: 'Apply what was planned',
      parameters,
      body: schemas.applyBody,
      result: schemas.appliedRevision,
    },
    ({ parameters: { environment }, body, operations }) => operations.apply(defined({ environment, ...body })),
  );
}

function addReadingRoutes(app: Api): void {
  const parameters = schemas.environmentParameters;
  addRoute(
    app,
    {
      method: 'get',
      path: '/v1/environments/{environment}/drift',
      summary: 'What live holds that no revision says',
      parameters,
      result: z.array(schemas.change),
    },
    ({ parameters: { environment }, operations }) => operations.drift(environment),
  );
  addRoute(
    app,
    {
      method: 'get',
      path: '/v1/environments/{environment}/history',
      summary: 'Revisions, newest first',
      parameters,
      query: schemas.historyQuery,
      result: z.array(schemas.revisionRecord),
    },
    ({ parameters: { environment }, query, operations }) => operations.history(defined({ environment, ...query })),
  );
  addRoute(
    app,
    {
      method: 'get',
      path: '/v1/environments/{environment}/resources',
      summary: 'Live resources',
      parameters,
      query: schemas.resourceQuery,
      result: z.array(schemas.resourceRecord),
    },
    ({ parameters: { environment }, query, operations }) => operations.get(defined({ environment, ...query })),
  );
}

function addRunRoutes(app: Api): void {
  const parameters = schemas.runParameters;
  addRoute(
    app,
    { method: 'post', path: '/v1/runs', summary: 'Start a run', body: schemas.submitBody, result: schemas.runRecord },
    ({ body, operations }) => operations.submit(defined({ ...body, input: body.input as JsonObject })),
  );
  addRoute(
    app,
    { method: 'get', path: '/v1/runs/{id}', summary: 'One run', parameters, result: schemas.runRecord },
    ({ parameters: { id }, operations }) => operations.run(id),
  );
  addRoute(
    app,
    {
      method: 'get',
      path: '/v1/runs/{id}/trace',
      summary: 'What a run has done',
      parameters,
      result: schemas.traceRecord,
    },
    ({ parameters: { id }, operations }) => operations.trace(id),
  );
  addRoute(
    app,
    {
      method: 'post',
      path: '/v1/runs/{id}/cancel',
      summary: 'Stop a run',
      parameters,
      body: z.strictObject({}),
      result: schemas.runRecord,
    },
    ({ parameters: { id }, operations }) => operations.cancel(id),
  );
  addRoute(
    app,
    {
      method: 'post',
      path: '/v1/runs/{id}/resolve',
      summary: 'Say what became of a call',
      parameters,
      body: schemas.resolveBody,
      result: schemas.runRecord,
    },
    ({ parameters: { id }, body, operations }) => operations.resolve({ run: id, ...body }),
  );
  addRoute(
    app,
    { method: 'get', path: '/v1/workers', summary: 'Workers', result: z.array(workerRecord) },
    ({ operations }) => operations.workers(),
  );
}

type Defined<Value> = { [Key in keyof Value]: Exclude<Value[Key], undefined> };

/** Leaves out the keys whose value is undefined: an absent key and an undefined one are the same on the wire only. */
function defined<Value extends object>(value: Value): Defined<Value> {
  return Object.fromEntries(Object.entries(value).filter(([, member]) => member !== undefined)) as Defined<Value>;
}
