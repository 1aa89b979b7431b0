import { z } from '@hono/zod-openapi';
import type { Context } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import { exitCodes, RetryableError, TerminalError } from '../errors.ts';
import type { Log } from '../log.ts';
import { parseStrictJson } from '../policy/strict-json.ts';
import type { ActionsJob, ProveJob } from './actions-identity.ts';
import type { ActionsPlan, ActionsPlanRequest } from './actions-plan.ts';
import { RequestRates } from './request-rates.ts';
import type { Api } from './route.ts';
import { sourceOf } from './visitor.ts';

/** What answers jobs of GitHub Actions. */
export interface ActionsDoor {
  readonly prove: ProveJob;
  /** Whether the token was not used before; from now on it was. */
  readonly spend: (job: ActionsJob) => Promise<boolean>;
  readonly plans: (request: ActionsPlanRequest) => Promise<readonly ActionsPlan[]>;
}

export interface ActionsLimits {
  readonly perSecond?: number;
  readonly burst?: number;
  /** A proxy in front says who asks. */
  readonly isProxied?: boolean;
}

const bodyBytesMax = 16 * 1024;
const sourcesMax = 10_000;
const requestBody = z.strictObject({
  commit: z.string().regex(/^[0-9a-f]{40}$/),
  environments: z.array(z.string().min(1).max(253)).min(1).max(100).optional(),
});

/**
 * The one route under /v1 that no bearer token of ours opens, and that no role is needed for: GitHub vouches for the
 * job, and it learns what the comment on its pull request says. Stands before the routes that people ask.
 */
export function addActions(app: Api, door: ActionsDoor, { log, ...limits }: ActionsLimits & { log: Log }): void {
  const { perSecond = 1, burst = 60, isProxied = false } = limits;
  const rates = new RequestRates({ perSecond, burst, sourcesMax });
  const small = bodyLimit({
    maxSize: bodyBytesMax,
    onError: () => {
      throw invalid();
    },
  });
  app.post('/v1/actions/plan', small, async (context) => {
    const waitMs = rates.take(sourceOf(context, isProxied), performance.now());
    if (waitMs > 0) throw flood(waitMs);
    const job = await jobOf(context, door, log);
    const { commit, environments } = await bodyOf(context);
    if (commit !== job.commit) throw otherCommit();
    // Last of the checks, so that a mistake in the request does not cost the job its token.
    if (!(await door.spend(job))) throw refused(log, 'used before');
    const plans = await door.plans({ job, environments });
    log.info({ run: job.run, commit, plans: plans.length }, 'planned for a job of GitHub Actions');
    return context.json({ format_version: '1.0', plans });
  });
}

async function jobOf(context: Context, { prove }: ActionsDoor, log: Log): Promise<ActionsJob> {
  const [scheme, token = '', ...more] = (context.req.header('authorization') ?? '').split(' ');
  if (scheme?.toLowerCase() !== 'bearer' || more.length > 0) throw refused(log, 'no token');
  const proved = await prove(token);
  if ('job' in proved) return proved.job;
  throw refused(log, proved.refused);
}

async function bodyOf(context: Context): Promise<z.infer<typeof requestBody>> {
  const parsed = parseStrictJson(await context.req.text(), { bytes: bodyBytesMax, depth: 4, values: 200 });
  const body = requestBody.safeParse(parsed.kind === 'parsed' ? parsed.value : undefined);
  if (body.success) return body.data;
  throw invalid();
}

/** Which check failed is for the log: whoever holds a forged token is not told. */
function refused(log: Log, reason: string): TerminalError {
  log.warn({ reason }, 'a job of GitHub Actions was refused');
  return new TerminalError('The token of the job is not one that is taken here.', {
    code: 'actions.refused',
    help: 'Compare the workflow with docs/github-action.md; the log of the server says which check failed.',
    exit: exitCodes.unauthorised,
  });
}

function otherCommit(): TerminalError {
  return new TerminalError('The job asks for another commit than the one that it runs for.', {
    code: 'actions.other_commit',
    help: 'Leave GITHUB_SHA as the runner sets it.',
    exit: exitCodes.unauthorised,
  });
}

function invalid(): TerminalError {
  return new TerminalError('The body is not the request of a job.', {
    code: 'api.invalid_request',
    help: 'Send a JSON object with `commit` and, at will, `environments`.',
    exit: exitCodes.usage,
  });
}

function flood(waitMs: number): RetryableError {
  return new RetryableError('Too many requests for plans came from this address.', {
    code: 'actions.flood',
    help: 'Send it again later.',
    retryAfterMs: waitMs,
  });
}
