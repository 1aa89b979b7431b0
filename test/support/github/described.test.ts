import { Octokit } from '@octokit/rest';
import { expect, onTestFinished, test } from 'vitest';
import { routes } from './routes.ts';
import { startGitHub, type TestGitHub } from './start-github.ts';

const repository = { owner: 'acme', repo: 'agents' };

/** One of each thing that there can be, and what each name in a path stands for. */
async function filled(github: TestGitHub, octokit: Octokit): Promise<Readonly<Record<string, string>>> {
  await github.createRepository({ owner: 'acme', name: 'agents', files: { 'a.txt': 'a\n' }, roles: { ann: 'write' } });
  github.setTeam('acme/platform', { ann: 'maintainer' });
  const sha = await github.people.push('acme/agents', { branch: 'change', files: { 'b.txt': 'b\n' }, as: 'ann' });
  const { data: pull } = await octokit.rest.pulls.create({ ...repository, head: 'change', base: 'main', title: 'x' });
  await github.people.review('acme/agents', pull.number, { as: 'ann' });
  await octokit.rest.pulls.update({ ...repository, pull_number: pull.number, title: 'y', body: 'z' });
  const on = { ...repository, issue_number: pull.number };
  const { data: comment } = await octokit.rest.issues.createComment({ ...on, body: 'x' });
  await octokit.rest.reactions.createForIssueComment({ ...repository, comment_id: comment.id, content: 'eyes' });
  await octokit.rest.issues.addLabels({ ...on, labels: ['pawl'] });
  const { data: issue } = await octokit.rest.issues.create({
    ...repository,
    title: 'Drift',
    body: 'x',
    labels: ['pawl'],
  });
  await octokit.rest.issues.update({ ...repository, issue_number: issue.number, state: 'closed' });
  const annotations = [
    { path: 'b.txt', start_line: 1, end_line: 1, annotation_level: 'notice' as const, message: 'm' },
  ];
  const output = { title: 't', summary: 's', annotations };
  const { data: check } = await octokit.rest.checks.create({ ...repository, name: 'pawl', head_sha: sha, output });
  await octokit.rest.checks.update({ ...repository, check_run_id: check.id, conclusion: 'success' });
  await octokit.rest.repos.createCommitStatus({ ...repository, sha, state: 'success', context: 'pawl' });
  const made = await octokit.rest.repos.createDeployment({ ...repository, ref: sha, required_contexts: [] });
  const deployment = 'id' in made.data ? made.data.id : 0;
  await octokit.rest.repos.createDeploymentStatus({ ...repository, deployment_id: deployment, state: 'success' });
  const blob = await octokit.rest.git.createBlob({ ...repository, content: 'x' });
  await github.protect('acme/agents', 'main', {
    requiredChecks: ['pawl'],
    requiredReviews: 1,
    requiredSignatures: true,
  });
  return {
    ...repository,
    pull_number: String(pull.number),
    issue_number: String(issue.number),
    comment_id: String(comment.id),
    check_run_id: String(check.id),
    deployment_id: String(deployment),
    file_sha: blob.data.sha,
    tree_sha: 'main',
    commit_sha: sha,
    basehead: 'main...change',
    branch: 'main',
    path: 'a.txt',
    org: 'acme',
    team_slug: 'platform',
    username: 'ann',
    installation_id: String(github.app.installationId),
  };
}

test('every answer of the double is one that GitHub describes, and it describes every route', async () => {
  const github = await startGitHub();
  onTestFinished(() => github.close());
  const auth = github.installationToken();
  const octokit = new Octokit({ baseUrl: github.apiUrl, auth });
  const values = await filled(github, octokit);
  const answers: Record<string, number> = {};
  for (const { method, path } of routes) {
    if (method !== 'GET') continue;
    const ref = path.includes('/git/') ? 'heads/main' : 'change';
    const filledIn = path.replaceAll(/\{(\w+)\}/g, (_, name: string) =>
      name === 'ref' ? ref : (values[name] ?? name),
    );
    const response = await fetch(`${github.apiUrl}${filledIn}`, { headers: { authorization: `token ${auth}` } });
    if (!response.ok) answers[path] = response.status;
    await response.text();
  }
  // What is for the App's JWT, for a person, or for a pull request that was merged.
  expect(answers).toEqual({
    '/app': 401,
    '/repos/{owner}/{repo}/installation': 401,
    '/app/installations/{installation_id}': 401,
    '/repos/{owner}/{repo}/pulls/{pull_number}/merge': 404,
    '/user': 403,
  });
  const me = await new Octokit({ baseUrl: github.apiUrl, auth: github.tokenOf('ann') }).rest.users.getAuthenticated();
  expect(me.data.login).toBe('ann');
  expect(github.violations).toEqual([]);
});
