import { fullName, type Repository } from './state.ts';
import type { World } from './world.ts';

export type Fields = Record<string, unknown>;

/** What GitHub's API says of a person, an organisation or a bot. */
export function renderUser(world: World, login: string): Fields {
  const user = world.user(login) ?? { id: 10_137, login: 'ghost', type: 'User' };
  const url = `${world.apiUrl}/users/${encodeURIComponent(user.login)}`;
  return {
    login: user.login,
    id: user.id,
    node_id: `U_${user.id}`,
    avatar_url: `${world.url}/avatars/${user.id}`,
    gravatar_id: '',
    url,
    html_url: `${world.url}/${encodeURIComponent(user.login)}`,
    followers_url: `${url}/followers`,
    following_url: `${url}/following{/other_user}`,
    gists_url: `${url}/gists{/gist_id}`,
    starred_url: `${url}/starred{/owner}{/repo}`,
    subscriptions_url: `${url}/subscriptions`,
    organizations_url: `${url}/orgs`,
    repos_url: `${url}/repos`,
    events_url: `${url}/events{/privacy}`,
    received_events_url: `${url}/received_events`,
    type: user.type,
    site_admin: false,
  };
}

const repositoryUrls = {
  archive: '{archive_format}{/ref}',
  assignees: 'assignees{/user}',
  blobs: 'git/blobs{/sha}',
  branches: 'branches{/branch}',
  collaborators: 'collaborators{/collaborator}',
  comments: 'comments{/number}',
  commits: 'commits{/sha}',
  compare: 'compare/{base}...{head}',
  contents: 'contents/{+path}',
  contributors: 'contributors',
  deployments: 'deployments',
  downloads: 'downloads',
  events: 'events',
  forks: 'forks',
  git_commits: 'git/commits{/sha}',
  git_refs: 'git/refs{/sha}',
  git_tags: 'git/tags{/sha}',
  hooks: 'hooks',
  issue_comment: 'issues/comments{/number}',
  issue_events: 'issues/events{/number}',
  issues: 'issues{/number}',
  keys: 'keys{/key_id}',
  labels: 'labels{/name}',
  languages: 'languages',
  merges: 'merges',
  milestones: 'milestones{/number}',
  notifications: 'notifications{?since,all,participating}',
  pulls: 'pulls{/number}',
  releases: 'releases{/id}',
  stargazers: 'stargazers',
  statuses: 'statuses/{sha}',
  subscribers: 'subscribers',
  subscription: 'subscription',
  tags: 'tags',
  teams: 'teams',
  trees: 'git/trees{/sha}',
};

export function repositoryApi(world: World, repository: Repository): string {
  return `${world.apiUrl}/repos/${fullName(repository)}`;
}

export function repositoryPage(world: World, repository: Repository): string {
  return `${world.url}/${fullName(repository)}`;
}

export function renderRepository(world: World, repository: Repository): Fields {
  const name = fullName(repository);
  const [api, page] = [repositoryApi(world, repository), repositoryPage(world, repository)];
  const urls = Object.entries(repositoryUrls).map(([key, suffix]) => [`${key}_url`, `${api}/${suffix}`]);
  const open = openIssues(repository);
  return {
    id: repository.id,
    node_id: `R_${repository.id}`,
    name: repository.name,
    full_name: name,
    private: repository.private,
    owner: renderUser(world, repository.owner),
    html_url: page,
    description: null,
    fork: repository.parent !== undefined,
    url: api,
    ...Object.fromEntries(urls),
    git_url: `${page.replace('http:', 'git:')}.git`,
    ssh_url: `ssh://git@127.0.0.1/${name}.git`,
    clone_url: `${page}.git`,
    svn_url: page,
    mirror_url: null,
    homepage: null,
    language: null,
    license: null,
    default_branch: repository.defaultBranch,
    created_at: repository.createdAt,
    updated_at: repository.createdAt,
    pushed_at: repository.activity.at(-1)?.at ?? repository.createdAt,
    size: 1,
    ...counts(open),
    ...features,
    topics: [],
    visibility: repository.private ? 'private' : 'public',
    permissions: { admin: false, push: true, pull: true },
  };
}

function counts(open: number): Fields {
  return {
    forks: 0,
    network_count: 0,
    subscribers_count: 0,
    forks_count: 0,
    open_issues: open,
    open_issues_count: open,
    stargazers_count: 0,
    watchers: 0,
    watchers_count: 0,
  };
}

const features = {
  archived: false,
  disabled: false,
  is_template: false,
  has_issues: true,
  has_projects: false,
  has_downloads: true,
  has_wiki: false,
  has_pages: false,
  has_discussions: false,
  allow_forking: true,
  allow_squash_merge: true,
  allow_merge_commit: true,
  allow_rebase_merge: true,
  allow_auto_merge: false,
  delete_branch_on_merge: false,
  web_commit_signoff_required: false,
};

function openIssues(repository: Repository): number {
  const all = [...repository.issues.values(), ...repository.pulls.values()];
  return all.filter(({ state }) => state === 'open').length;
}

export function renderApp(world: World): Fields {
  const { slug, id } = world.app;
  return {
    id,
    slug,
    node_id: `A_${id}`,
    client_id: 'Iv1.0000000000000000',
    owner: renderUser(world, `${slug}[bot]`),
    name: slug,
    description: null,
    external_url: `${world.url}/apps/${slug}`,
    html_url: `${world.url}/apps/${slug}`,
    created_at: '2024-01-01T00:00:00Z',
    updated_at: '2024-01-01T00:00:00Z',
    permissions: world.permissions,
    events: ['issue_comment', 'merge_group', 'pull_request', 'push'],
  };
}
