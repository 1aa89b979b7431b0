import { addRoute, type Api } from './route.ts';
import { environmentParameters } from './schemas.ts';
import * as schemas from './schemas-revision.ts';

const base = '/v1/environments/{environment}';

/** Routes on older states: to look at them, and to return to one. */
export function addRevisionRoutes(app: Api): void {
  addLooking(app);
  addReturning(app);
}

function addLooking(app: Api): void {
  addRoute(
    app,
    {
      method: 'get',
      path: `${base}/revisions/{revision}`,
      summary: 'What one revision changed',
      parameters: schemas.revisionParameters,
      result: schemas.shownRevision,
    },
    ({ parameters, operations }) => operations.show(parameters),
  );
  addRoute(
    app,
    {
      method: 'get',
      path: `${base}/diff`,
      summary: 'What differs between two states',
      parameters: environmentParameters,
      query: schemas.compareQuery,
      result: schemas.comparison,
    },
    ({ parameters, query, operations }) => operations.compare({ ...parameters, ...query }),
  );
  addRoute(
    app,
    {
      method: 'get',
      path: `${base}/blame`,
      summary: 'Which revision gave each field its value',
      parameters: environmentParameters,
      query: schemas.blameQuery,
      result: schemas.blame,
    },
    ({ parameters, query, operations }) => operations.blame({ ...parameters, ...query }),
  );
}

function addReturning(app: Api): void {
  const parameters = schemas.revisionParameters;
  const path = `${base}/revisions/{revision}/rollback`;
  addRoute(
    app,
    { method: 'get', path, summary: 'What returning to a revision does', parameters, result: schemas.rollbackPlan },
    ({ parameters: target, operations }) => operations.planRollback(target),
  );
  addRoute(
    app,
    {
      method: 'post',
      path,
      summary: 'Return to a revision',
      parameters,
      body: schemas.rollbackBody,
      result: schemas.rolledBack,
    },
    ({ parameters: target, body, operations }) => operations.rollback({ ...target, ...body }),
  );
  addRoute(
    app,
    {
      method: 'get',
      path: `${base}/quarantine`,
      summary: 'What rollbacks withdrew',
      parameters: environmentParameters,
      result: schemas.withdrawnList,
    },
    ({ parameters: { environment }, operations }) => operations.quarantine(environment),
  );
  addRoute(
    app,
    {
      method: 'post',
      path: `${base}/quarantine/release`,
      summary: 'Let what was withdrawn be applied again',
      parameters: environmentParameters,
      body: schemas.releaseBody,
      result: schemas.withdrawnList,
    },
    ({ parameters: target, body: { addresses, ...body }, operations }) =>
      operations.releaseQuarantine({ ...target, ...body, ...(addresses === undefined ? {} : { addresses }) }),
  );
}
