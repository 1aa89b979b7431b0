interface PullRequest {
  readonly base: string;
  readonly head: string;
  readonly branch?: string;
  readonly fork?: 'another' | 'deleted';
}

const repository = { id: 1296269, full_name: 'octo/agents', name: 'agents', owner: { login: 'octo', id: 1 } };
const forked = { id: 7777777, full_name: 'stranger/agents', name: 'agents', owner: { login: 'stranger', id: 9 } };

/** The files that GITHUB_EVENT_PATH names, with the members that matter and some that lead astray. */
export function pullRequestEvent({ base, head, branch = 'main', fork }: PullRequest, name = 'pull_request') {
  const from = fork === undefined ? repository : fork === 'another' ? forked : null;
  return {
    name,
    payload: {
      action: 'synchronize',
      number: 12,
      pull_request: {
        number: 12,
        title: 'Change ::error::an agent',
        base: { ref: branch, sha: base, repo: repository },
        head: { ref: 'topic', sha: head, repo: from },
        merge_commit_sha: null,
      },
      repository,
      sender: { login: 'octo', id: 1 },
    },
  };
}

export function pushEvent({
  before,
  after,
  branch = 'main',
}: Record<'before' | 'after', string> & { branch?: string }) {
  return {
    name: 'push',
    payload: { ref: `refs/heads/${branch}`, before, after, created: /^0+$/.test(before), repository },
  };
}

export function mergeGroupEvent({ base, head, branch = 'main' }: PullRequest) {
  const head_ref = `refs/heads/gh-readonly-queue/${branch}/pr-12-${base}`;
  return {
    name: 'merge_group',
    payload: {
      action: 'checks_requested',
      merge_group: { base_sha: base, base_ref: `refs/heads/${branch}`, head_sha: head, head_ref },
      repository,
    },
  };
}
