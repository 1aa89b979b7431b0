import { generateKeyPair, SignJWT } from 'jose';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { actionsTokens } from '../../src/api/actions-identity.ts';
import { type ApiServer, startServer } from '../../src/api/server.ts';
import { createLog } from '../../src/log.ts';
import { recordingOperations } from '../api/answers.ts';
import { identify, send, token as ownToken } from '../api/fixture.ts';
import {
  actionsAudience,
  actionsCommit,
  type ActionsIssuer,
  actionsRepositoryId,
  pullRequestClaims,
  startActionsIssuer,
} from '../support/actions-issuer.ts';

let github: ActionsIssuer;
let server: ApiServer;
const lines: string[] = [];
const planned: unknown[] = [];

beforeAll(async () => {
  github = await startActionsIssuer();
  const spent = new Set<string>();
  server = await startServer({
    operations: () => recordingOperations([]),
    identify,
    version: '0.1.0',
    log: createLog('info', { write: (line: string) => void lines.push(line) }),
    ready: () => Promise.resolve(),
    port: 0,
    actionsLimits: { burst: 1_000 },
    actions: {
      prove: prover(),
      spend: ({ token }) => Promise.resolve(spent.size < spent.add(token).size),
      plans: (request) => {
        planned.push(request);
        return Promise.resolve([{ environment: 'production', plan: {}, markdown: '' }]);
      },
    },
  });
});
afterAll(async () => {
  await server.close();
  await github.close();
});

function prover() {
  const { issuer } = github;
  return actionsTokens({ issuer, audience: actionsAudience, repositoryIds: [actionsRepositoryId, '7'] });
}

function ask(token: string, body: unknown = { commit: actionsCommit }) {
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
  return send(server.address, '/v1/actions/plan', { method: 'POST', headers, body: JSON.stringify(body) });
}

const now = (): number => Math.floor(Date.now() / 1_000);

describe('a job is let in', () => {
  test('on a pull request, and its plan is of the commit that GitHub names', async () => {
    const answer = await ask(await github.sign());
    expect(answer.status).toBe(200);
    expect(JSON.parse(answer.body)).toMatchObject({ format_version: '1.0', plans: [{ environment: 'production' }] });
    expect(planned.at(-1)).toMatchObject({
      job: { commit: actionsCommit, branch: 'main', from: { kind: 'pull', number: 12, head: 'topic' } },
    });
  });

  test.each([
    ['push', 'refs/heads/main', 'main'],
    ['schedule', 'refs/heads/main', 'main'],
    ['workflow_dispatch', 'refs/heads/team/x', 'team/x'],
    ['merge_group', `refs/heads/gh-readonly-queue/release/1.x/pr-12-${'b'.repeat(40)}`, 'release/1.x'],
  ])('on %s of %s', async (event_name, ref, branch) => {
    const token = await github.sign({ event_name, ref, head_ref: '', base_ref: '' });
    expect(await prover()(token)).toMatchObject({ job: { branch, from: { kind: 'branch', ref } } });
  });

  test('of a repository that has another name now: its number is the same', async () => {
    const token = await github.sign({ repository: 'octo/renamed', sub: 'repo:octo/renamed:pull_request' });
    expect(await prover()(token)).toHaveProperty('job');
  });
});

const text = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
const liars: readonly (readonly [string, () => Promise<string> | string])[] = [
  ['alg none', () => `${text({ alg: 'none', kid: 'one' })}.${text(pullRequestClaims(github.issuer))}.`],
  ['alg none with a signature', () => `${text({ alg: 'none' })}.${text(pullRequestClaims(github.issuer))}.AAAA`],
  ['HS256 with the public key as the secret', () => shared(github.publicText)],
  ['HS256 with the empty kid’s secret', () => shared('one'.repeat(22))],
  ['another RSA key under the same kid', () => foreign({ kid: 'one' })],
  ['another key that it brings with it (jwk)', async () => foreign({ jwk: JSON.parse(github.publicText) as object })],
  ['a kid that is a path', () => github.sign({}, { kid: '../../../../dev/null' })],
  ['a kid that is SQL', () => github.sign({}, { kid: "' or 1=1 --" })],
  ['a kid of prototypes', () => github.sign({}, { kid: '__proto__' })],
  ['critical headers that nobody knows', () => github.sign({}, { crit: ['x'], x: 1 }).catch(() => foreign({}))],
  ['a payload that was changed after signing', async () => changed(await github.sign(), { repository_id: '7' })],
  ['a signature of another token', async () => swapped(await github.sign(), await github.sign())],
  ['another audience', () => github.sign({ aud: 'https://other.example' })],
  ['GitHub’s own default audience', () => github.sign({ aud: 'https://github.com/octo' })],
  ['two audiences', () => github.sign({ aud: [actionsAudience, 'https://other.example'] })],
  ['an audience with a slash more', () => github.sign({ aud: `${actionsAudience}/` })],
  ['another issuer', () => github.sign({ iss: 'https://token.actions.githubusercontent.com.evil.example' })],
  ['the issuer with a slash more', () => github.sign({ iss: `${github.issuer}/` })],
  ['a repository of the same name, made after the first was deleted', () => github.sign({ repository_id: '9999' })],
  ['a number as a number', () => github.sign({ repository_id: Number(actionsRepositoryId) })],
  ['a list of numbers', () => github.sign({ repository_id: [actionsRepositoryId] })],
  ['no number', () => github.sign({ repository_id: undefined })],
  ['a number with a zero before it', () => github.sign({ repository_id: `0${actionsRepositoryId}` })],
  ['pull_request_target', () => github.sign({ event_name: 'pull_request_target', ref: 'refs/heads/main' })],
  ['pull_request_target under the ref of a pull request', () => github.sign({ event_name: 'pull_request_target' })],
  ['issue_comment', () => github.sign({ event_name: 'issue_comment', ref: 'refs/heads/main' })],
  ['workflow_run', () => github.sign({ event_name: 'workflow_run', ref: 'refs/heads/main' })],
  ['no event', () => github.sign({ event_name: undefined })],
  ['a pull request with the ref of a branch', () => github.sign({ ref: 'refs/heads/main' })],
  ['a pull request with the ref of its head', () => github.sign({ ref: 'refs/pull/12/head' })],
  ['a pull request without a base', () => github.sign({ base_ref: '' })],
  ['a push of a tag', () => github.sign({ event_name: 'push', ref: 'refs/tags/v1', ref_type: 'tag' })],
  ['a queue without a commit', () => github.sign({ event_name: 'merge_group', ref: 'refs/heads/main' })],
  ['a commit that is a branch', () => github.sign({ sha: 'main' })],
  ['a short commit', () => github.sign({ sha: 'aaaaaaa' })],
  ['no commit', () => github.sign({ sha: undefined })],
  ['one that is over', () => github.sign({ iat: now() - 600, exp: now() - 120 })],
  ['one that is not yet good', () => github.sign({ nbf: now() + 600 })],
  ['one from the future', () => github.sign({ iat: now() + 600 })],
  ['one that is good for a year', () => github.sign({ iat: now() - 86_400, exp: now() + 31_536_000 })],
  ['no end', () => github.sign({ exp: undefined })],
  ['no beginning', () => github.sign({ nbf: undefined })],
  ['no id', () => github.sign({ jti: undefined })],
  ['an empty id', () => github.sign({ jti: '' })],
  ['an id without an end', () => github.sign({ jti: 'x'.repeat(201) })],
  ['a huge token', () => github.sign({ actor: 'x'.repeat(200_000) })],
  ['no token', () => ''],
  ['the token of pawl’s own user', () => ownToken],
  ['something of three parts', () => 'a.b.c'],
];

describe('a liar is not let in', () => {
  test.each(liars)('%s', async (_name, make) => {
    const token = await make();
    const [before, said] = [planned.length, lines.length];
    const answer = await ask(token);
    expect([401, 400, 431]).toContain(answer.status);
    expect(planned).toHaveLength(before);
    // Which check failed is in the log, and the answer is the same for all; the token is in neither.
    if (answer.status === 401) expect(JSON.parse(answer.body)).toMatchObject({ code: 'actions.refused', exit: 4 });
    const written = lines.slice(said).join('');
    if (token.length > 20) expect(`${written}${answer.body}`).not.toContain(token.slice(-20));
  });

  test('and no address that its header names is asked', async () => {
    const evil = await startActionsIssuer();
    for (const header of [{ jku: `${evil.issuer}/keys` }, { x5u: `${evil.issuer}/keys` }, { iss: evil.issuer }]) {
      // Signed by the liar’s own key under GitHub’s kid, with a way to that key beside it.
      const answer = await ask(await evil.sign({ iss: github.issuer }, header));
      expect(answer.status).toBe(401);
    }
    expect(evil.asked).toEqual([]);
    await evil.close();
  });

  test('again: a token is good for one request', async () => {
    const token = await github.sign();
    expect((await ask(token)).status).toBe(200);
    const answers = await Promise.all([ask(token), ask(token), ask(token)]);
    expect(answers.map(({ status }) => status)).toEqual([401, 401, 401]);
  });

  test('for another commit than the job’s, and that does not cost the job its token', async () => {
    const token = await github.sign();
    const answer = await ask(token, { commit: 'b'.repeat(40) });
    expect(JSON.parse(answer.body)).toMatchObject({ code: 'actions.other_commit', status: 403 });
    expect((await ask(token)).status).toBe(200);
  });

  test.each([
    [{}],
    [{ commit: 'main' }],
    [{ commit: [actionsCommit] }],
    [{ commit: actionsCommit, manifests: {} }],
    [{ commit: actionsCommit, environments: 'production' }],
    [{ commit: actionsCommit, environments: [] }],
    ['text'],
    [{ commit: actionsCommit, environments: ['x'.repeat(20_000)] }],
  ])('with %j in place of a request', async (body) => {
    const before = planned.length;
    expect((await ask(await github.sign(), body)).status).toBe(400);
    expect(planned).toHaveLength(before);
  });

  test('to anything else under /v1', async () => {
    const authorization = `Bearer ${await github.sign()}`;
    for (const path of ['/v1/whoami', '/v1/environments', '/v1/actions', '/v1/actions/plan']) {
      expect((await send(server.address, path, { headers: { authorization } })).status).toBe(401);
    }
  });

  test('while the issuer does not answer', async () => {
    const gone = await startActionsIssuer();
    const prove = actionsTokens({ issuer: gone.issuer, audience: actionsAudience, repositoryIds: ['7'] });
    const token = await gone.sign({ repository_id: '7' });
    await gone.close();
    expect(await prove(token)).toEqual({ refused: 'provider unreachable' });
  });
});

function shared(secret: string): Promise<string> {
  return new SignJWT(pullRequestClaims(github.issuer))
    .setProtectedHeader({ alg: 'HS256', kid: 'one' })
    .sign(new TextEncoder().encode(secret));
}

async function foreign(header: object): Promise<string> {
  const { privateKey } = await generateKeyPair('RS256');
  return new SignJWT(pullRequestClaims(github.issuer)).setProtectedHeader({ alg: 'RS256', ...header }).sign(privateKey);
}

function changed(token: string, claims: object): string {
  const [header, payload = '', signature] = token.split('.');
  const was = JSON.parse(Buffer.from(payload, 'base64url').toString()) as object;
  return [header, text({ ...was, ...claims }), signature].join('.');
}

function swapped(one: string, other: string): string {
  return [...one.split('.').slice(0, 2), other.split('.')[2]].join('.');
}
