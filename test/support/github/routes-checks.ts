import { renderCheck, renderStatus } from './render-records.ts';
import { renderRepository, renderUser, repositoryApi } from './render.ts';
import { repositoryRoute } from './repository-route.ts';
import {
  type Answer,
  type Body,
  invalid,
  listIn,
  notFound,
  numberIn,
  recordIn,
  Refusal,
  type RepositoryCall,
  textIn,
} from './router.ts';
import type { Annotation, CheckRun, CommitStatus } from './state.ts';

const read = { app: 'checks:read', role: 'read' } as const;
/** A token of a person may read check runs and never write one. */
const write = { app: 'checks:write' } as const;

export const checkRoutes = [
  repositoryRoute('POST /check-runs', write, createCheck),
  repositoryRoute('GET /check-runs/{check_run_id}', read, getCheck),
  repositoryRoute('PATCH /check-runs/{check_run_id}', write, updateCheck),
  repositoryRoute('GET /check-runs/{check_run_id}/annotations', read, listAnnotations),
  repositoryRoute('GET /commits/{ref}/check-runs', read, listChecks),
  repositoryRoute('POST /statuses/{sha}', { app: 'statuses:write', role: 'write' }, createStatus),
  repositoryRoute('GET /commits/{ref}/statuses', { app: 'statuses:read', role: 'read' }, listStatuses),
  repositoryRoute('GET /commits/{ref}/status', { app: 'statuses:read', role: 'read' }, combinedStatus),
];

const outputMax = 65_535;
const annotationsMax = 50;
const statusesMax = 1000;

async function createCheck({ world, repository, body }: RepositoryCall): Promise<Answer> {
  const sha = textIn(body, 'head_sha') ?? '';
  if (!/^[0-9a-f]{40}$/.test(sha) || (await world.bare(repository).commitOf(sha)) !== sha) {
    throw new Refusal(422, `No commit found for SHA: ${sha}`);
  }
  const check: CheckRun = {
    id: world.id(),
    sha,
    name: '',
    status: 'queued',
    conclusion: null,
    externalId: '',
    detailsUrl: null,
    output: { title: null, summary: null, text: null },
    annotations: [],
    startedAt: world.now(),
    completedAt: null,
  };
  change(check, body, world.now());
  repository.checks.set(check.id, check);
  return { status: 201, body: renderCheck(world, repository, check) };
}

function updateCheck({ world, repository, params, body }: RepositoryCall): Answer {
  const check = repository.checks.get(numberIn(params, 'check_run_id'));
  if (check === undefined) throw notFound();
  change(check, body, world.now());
  return { status: 200, body: renderCheck(world, repository, check) };
}

function change(check: CheckRun, body: Body, now: string): void {
  const output = recordIn(body, 'output');
  if (output !== undefined) changeOutput(check, output);
  const conclusion = textIn(body, 'conclusion');
  check.name = textIn(body, 'name') ?? check.name;
  check.externalId = textIn(body, 'external_id') ?? check.externalId;
  check.detailsUrl = textIn(body, 'details_url') ?? check.detailsUrl;
  check.startedAt = textIn(body, 'started_at') ?? check.startedAt;
  // Whoever gives a conclusion completes the run.
  check.status = conclusion === undefined ? (textIn(body, 'status') ?? check.status) : 'completed';
  check.conclusion = conclusion ?? (check.status === 'completed' ? check.conclusion : null);
  check.completedAt = check.status === 'completed' ? (textIn(body, 'completed_at') ?? now) : null;
}

function changeOutput(check: CheckRun, output: Body): void {
  for (const field of ['summary', 'text']) {
    if ((textIn(output, field)?.length ?? 0) > outputMax) {
      throw invalid('CheckRun', field, `Only ${outputMax} characters are allowed; ${field} has more.`);
    }
  }
  const annotations = listIn(output, 'annotations');
  if (annotations.length > annotationsMax) {
    throw new Refusal(
      422,
      `Invalid request.\n\nNo more than ${annotationsMax} items are allowed; ${annotations.length} were supplied.`,
    );
  }
  check.output = {
    title: textIn(output, 'title') ?? check.output.title,
    summary: textIn(output, 'summary') ?? check.output.summary,
    text: textIn(output, 'text') ?? check.output.text,
  };
  // An update adds to what stands there, and takes nothing away.
  check.annotations.push(...annotations.map(annotationOf));
}

function annotationOf(body: Body): Annotation {
  return {
    path: textIn(body, 'path') ?? '',
    startLine: Number(body['start_line']),
    endLine: Number(body['end_line']),
    level: textIn(body, 'annotation_level') ?? '',
    message: textIn(body, 'message') ?? '',
    title: textIn(body, 'title') ?? null,
  };
}

function getCheck({ world, seen, params }: RepositoryCall): Answer {
  const check = seen.checks.get(numberIn(params, 'check_run_id'));
  if (check === undefined) throw notFound();
  return { status: 200, body: renderCheck(world, seen, check) };
}

function listAnnotations({ world, seen, params }: RepositoryCall): Answer {
  const check = seen.checks.get(numberIn(params, 'check_run_id'));
  if (check === undefined) throw notFound();
  const blob = `${world.url}/${seen.owner}/${seen.name}/blob/${check.sha}`;
  return {
    list: check.annotations.map((one) => ({
      path: one.path,
      start_line: one.startLine,
      end_line: one.endLine,
      start_column: null,
      end_column: null,
      annotation_level: one.level,
      title: one.title,
      message: one.message,
      raw_details: null,
      blob_href: `${blob}/${one.path}`,
    })),
  };
}

async function shaOf({ world, seen, params }: RepositoryCall): Promise<string> {
  const bare = world.bare(seen);
  const ref = params['ref'] ?? '';
  const sha = (await bare.commitOf(`refs/heads/${ref}`)) ?? (await bare.commitOf(ref));
  if (sha === undefined) throw new Refusal(422, `No commit found for SHA: ${ref}`);
  return sha;
}

async function listChecks(call: RepositoryCall): Promise<Answer> {
  const { world, seen, query } = call;
  const sha = await shaOf(call);
  const name = query.get('check_name');
  const all = [...seen.checks.values()]
    .filter((check) => check.sha === sha && (name === null || check.name === name))
    .filter((check) => query.get('status') === null || check.status === query.get('status'))
    .filter(() => query.get('app_id') === null || query.get('app_id') === String(world.app.id))
    .toReversed();
  const latest = all.filter((check, at) => all.findIndex((other) => other.name === check.name) === at);
  const listed = query.get('filter') === 'all' ? all : latest;
  return { list: listed.map((check) => renderCheck(world, seen, check)), within: 'check_runs' };
}

async function createStatus({ world, repository, params, body, login }: RepositoryCall): Promise<Answer> {
  const sha = params['sha'] ?? '';
  if (!/^[0-9a-f]{40}$/.test(sha) || (await world.bare(repository).commitOf(sha)) !== sha) {
    throw new Refusal(422, `No commit found for SHA: ${sha}`);
  }
  const context = textIn(body, 'context') ?? 'default';
  const description = textIn(body, 'description') ?? null;
  const twins = repository.statuses.filter((status) => status.sha === sha && status.context === context);
  if (twins.length >= statusesMax) {
    throw invalid('Status', 'context', 'This SHA and context has reached the maximum number of statuses.');
  }
  if ((description?.length ?? 0) > 140) {
    throw invalid('Status', 'description', 'description is too long (maximum is 140 characters)');
  }
  const status: CommitStatus = {
    id: world.id(),
    sha,
    state: textIn(body, 'state') ?? '',
    context,
    description,
    targetUrl: textIn(body, 'target_url') ?? null,
    user: login,
    createdAt: world.now(),
  };
  repository.statuses.push(status);
  const creator = renderUser(world, login);
  return { status: 201, body: { ...renderStatus(world, repository, status), creator } };
}

async function listStatuses(call: RepositoryCall): Promise<Answer> {
  const { world, seen } = call;
  const sha = await shaOf(call);
  const all = seen.statuses.filter((status) => status.sha === sha).toReversed();
  const render = (status: CommitStatus): unknown => ({
    ...renderStatus(world, seen, status),
    creator: renderUser(world, status.user),
  });
  return { list: all.map(render) };
}

async function combinedStatus(call: RepositoryCall): Promise<Answer> {
  const { world, seen } = call;
  const sha = await shaOf(call);
  const latest = new Map<string, CommitStatus>();
  for (const status of seen.statuses) if (status.sha === sha) latest.set(status.context, status);
  const states = [...latest.values()].map(({ state }) => state);
  const isFailed = states.some((state) => state === 'failure' || state === 'error');
  const isDone = states.length > 0 && states.every((state) => state === 'success');
  const api = repositoryApi(world, seen);
  return {
    list: [...latest.values()].map((status) => renderStatus(world, seen, status)),
    within: 'statuses',
    beside: {
      state: isFailed ? 'failure' : isDone ? 'success' : 'pending',
      sha,
      repository: renderRepository(world, seen),
      commit_url: `${api}/commits/${sha}`,
      url: `${api}/commits/${sha}/status`,
    },
  };
}
