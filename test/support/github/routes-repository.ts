import { renderCommit } from './commits.ts';
import { renderRepository, renderUser, repositoryApi, type Fields } from './render.ts';
import { isAtLeast, repositoryRoute } from './repository-route.ts';
import { type Answer, type Call, notFound, Refusal, type RepositoryCall, type Route } from './router.ts';
import type { Protection, Repository, Role } from './state.ts';
import type { World } from './world.ts';

const metadata = { app: 'metadata:read', role: 'read' } as const;
const contents = { app: 'contents:read', role: 'read' } as const;
const administration = { app: 'administration:read', role: 'admin' } as const;

export const repositoryRoutes: readonly Route[] = [
  repositoryRoute('GET ', metadata, ({ world, seen }) => ({ status: 200, body: renderRepository(world, seen) })),
  repositoryRoute('GET /collaborators/{username}/permission', metadata, permission),
  repositoryRoute('GET /activity', contents, activity),
  repositoryRoute('GET /branches/{branch}/protection', administration, protection),
  repositoryRoute('GET /branches/{branch}', contents, branch),
  repositoryRoute('GET /branches', contents, branches),
  repositoryRoute('GET /rules/branches/{branch}', metadata, rules),
  repositoryRoute('GET /contents/{path}', contents, content),
  repositoryRoute('GET /compare/{basehead}', contents, compare),
  repositoryRoute('GET /commits/{ref}', contents, commit),
  repositoryRoute('GET /commits', contents, commits),
  { method: 'GET', path: '/orgs/{org}/teams/{team_slug}/memberships/{username}', needs: undefined, answer: membership },
  { method: 'GET', path: '/user', needs: undefined, answer: whoAmI },
  { method: 'GET', path: '/users/{username}', needs: undefined, answer: userNamed },
];

/** The five roles as the four words that the API had before there were five. */
const permissionOf: Readonly<Record<Role, string>> = {
  admin: 'admin',
  maintain: 'write',
  write: 'write',
  triage: 'read',
  read: 'read',
  none: 'none',
};

function permission({ world, seen, params, viewer, login }: RepositoryCall): Answer {
  const name = params['username'] ?? '';
  if (world.user(name) === undefined) throw notFound();
  if (viewer.kind === 'user' && !isAtLeast(world.roleOf(seen, login), 'write')) {
    throw new Refusal(403, 'Must have push access to view collaborator permission.');
  }
  const role = world.roleOf(seen, name);
  const can = (wanted: Role): boolean => isAtLeast(role, wanted);
  const permissions = {
    admin: can('admin'),
    maintain: can('maintain'),
    push: can('write'),
    triage: can('triage'),
    pull: can('read'),
  };
  const user = { ...renderUser(world, name), role_name: role, permissions };
  return { status: 200, body: { permission: permissionOf[role], role_name: role, user } };
}

function activity({ world, seen, query }: RepositoryCall): Answer {
  const ref = query.get('ref');
  const wanted = ref === null || ref.startsWith('refs/') ? ref : `refs/heads/${ref}`;
  const [kind, actor] = [query.get('activity_type'), query.get('actor')];
  const list = seen.activity
    .filter((one) => wanted === null || one.ref === wanted)
    .filter((one) => (kind === null || one.kind === kind) && (actor === null || one.actor === actor))
    .map((one) => ({
      id: one.id,
      node_id: `PSH_${one.id}`,
      before: one.before,
      after: one.after,
      ref: one.ref,
      timestamp: one.at,
      activity_type: one.kind,
      actor: renderUser(world, one.actor),
    }));
  return { list: query.get('direction') === 'asc' ? list : list.toReversed() };
}

function protectionOf(repository: Repository, name: string): Protection | undefined {
  return repository.protections.get(name);
}

function protection({ world, seen, params }: RepositoryCall): Answer {
  const name = params['branch'] ?? '';
  const rule = protectionOf(seen, name);
  if (rule === undefined) throw new Refusal(404, 'Branch not protected');
  const url = `${repositoryApi(world, seen)}/branches/${encodeURIComponent(name)}/protection`;
  const checks = rule.requiredChecks;
  return {
    status: 200,
    body: {
      url,
      ...(checks.length === 0
        ? {}
        : {
            required_status_checks: {
              url: `${url}/required_status_checks`,
              strict: false,
              contexts: checks,
              contexts_url: `${url}/required_status_checks/contexts`,
              checks: checks.map((context) => ({ context, app_id: null })),
            },
          }),
      ...(rule.requiredReviews === 0
        ? {}
        : {
            required_pull_request_reviews: {
              url: `${url}/required_pull_request_reviews`,
              dismiss_stale_reviews: false,
              require_code_owner_reviews: false,
              require_last_push_approval: false,
              required_approving_review_count: rule.requiredReviews,
            },
          }),
      required_signatures: { url: `${url}/required_signatures`, enabled: rule.requiredSignatures },
      enforce_admins: { url: `${url}/enforce_admins`, enabled: rule.enforceAdmins },
      required_linear_history: { enabled: false },
      allow_force_pushes: { enabled: rule.allowForcePushes },
      allow_deletions: { enabled: false },
      block_creations: { enabled: false },
      required_conversation_resolution: { enabled: false },
      lock_branch: { enabled: false },
      allow_fork_syncing: { enabled: false },
    },
  };
}

/** What rulesets and protection ask of a branch, as everybody who may read may see it. */
function rules({ seen, params }: RepositoryCall): Answer {
  const rule = protectionOf(seen, params['branch'] ?? '');
  if (rule === undefined) return { list: [] };
  const from = { ruleset_source_type: 'Repository', ruleset_source: `${seen.owner}/${seen.name}`, ruleset_id: 1 };
  const list: Fields[] = [{ type: 'deletion', ...from }];
  if (!rule.allowForcePushes) list.push({ type: 'non_fast_forward', ...from });
  if (rule.requiredSignatures) list.push({ type: 'required_signatures', ...from });
  return { list };
}

async function branch({ world, seen, params }: RepositoryCall): Promise<Answer> {
  const name = params['branch'] ?? '';
  const sha = await world.bare(seen).commitOf(`refs/heads/${name}`);
  if (sha === undefined) throw new Refusal(404, 'Branch not found');
  const url = `${repositoryApi(world, seen)}/branches/${name}`;
  const rule = protectionOf(seen, name);
  return {
    status: 200,
    body: {
      name,
      commit: await renderCommit(world, seen, sha),
      _links: { self: url, html: `${world.url}/${seen.owner}/${seen.name}/tree/${name}` },
      protected: rule !== undefined,
      protection: {
        enabled: rule !== undefined,
        required_status_checks: {
          enforcement_level: rule === undefined ? 'off' : 'everyone',
          contexts: rule?.requiredChecks ?? [],
          checks: (rule?.requiredChecks ?? []).map((context) => ({ context, app_id: null })),
        },
      },
      protection_url: `${url}/protection`,
    },
  };
}

async function branches({ world, seen }: RepositoryCall): Promise<Answer> {
  const all = await world.bare(seen).branches();
  const api = repositoryApi(world, seen);
  return {
    list: [...all].map(([name, sha]) => ({
      name,
      commit: { sha, url: `${api}/commits/${sha}` },
      protected: seen.protections.has(name),
    })),
  };
}

async function content({ world, seen, params, query }: RepositoryCall): Promise<Answer> {
  const [path, ref] = [params['path'] ?? '', query.get('ref') ?? seen.defaultBranch];
  const bare = world.bare(seen);
  const sha = await bare.tryGit(['rev-parse', '--verify', '--quiet', '--end-of-options', `${ref}:${path}`]);
  if (sha === undefined || (await bare.git(['cat-file', '-t', sha])) !== 'blob') throw notFound();
  const bytes = await bare.gitBytes(['cat-file', 'blob', sha]);
  const url = `${repositoryApi(world, seen)}/contents/${path}?ref=${ref}`;
  const [git, html] = [
    `${repositoryApi(world, seen)}/git/blobs/${sha}`,
    `${world.url}/${seen.owner}/${seen.name}/blob`,
  ];
  return {
    status: 200,
    body: {
      type: 'file',
      encoding: 'base64',
      size: bytes.length,
      name: path.split('/').at(-1),
      path,
      content: bytes.toString('base64'),
      sha,
      url,
      git_url: git,
      html_url: `${html}/${ref}/${path}`,
      download_url: null,
      _links: { self: url, git, html: `${html}/${ref}/${path}` },
    },
  };
}

async function shaNamed(world: World, repository: Repository, name: string): Promise<string> {
  const bare = world.bare(repository);
  const sha = (await bare.commitOf(`refs/heads/${name}`)) ?? (await bare.commitOf(name));
  if (sha === undefined) throw new Refusal(422, `No commit found for SHA: ${name}`);
  return sha;
}

async function commit({ world, seen, params }: RepositoryCall): Promise<Answer> {
  const sha = await shaNamed(world, seen, params['ref'] ?? '');
  return { status: 200, body: { ...(await renderCommit(world, seen, sha)), stats: {}, files: [] } };
}

async function commits({ world, seen, query }: RepositoryCall): Promise<Answer> {
  const sha = await shaNamed(world, seen, query.get('sha') ?? seen.defaultBranch);
  const list = (await world.bare(seen).git(['rev-list', '--max-count=300', sha])).split('\n');
  return { list: await Promise.all(list.map((one) => renderCommit(world, seen, one))) };
}

async function compare({ world, seen, params }: RepositoryCall): Promise<Answer> {
  const [base = '', head = ''] = (params['basehead'] ?? '').split('...');
  const bare = world.bare(seen);
  const [from, to] = [await bare.commitOf(base), await bare.commitOf(head)];
  const mergeBase = from && to && (await bare.tryGit(['merge-base', from, to]));
  if (!from || !to || !mergeBase) throw notFound();
  const count = async (range: string): Promise<number> => Number(await bare.git(['rev-list', '--count', range]));
  const [ahead, behind] = [await count(`${from}..${to}`), await count(`${to}..${from}`)];
  const list = (await bare.git(['rev-list', '--reverse', '--max-count=250', `${from}..${to}`])).split('\n');
  const page = `${world.url}/${seen.owner}/${seen.name}/compare/${base}...${head}`;
  const status = ahead > 0 && behind > 0 ? 'diverged' : ahead > 0 ? 'ahead' : behind > 0 ? 'behind' : 'identical';
  return {
    status: 200,
    body: {
      url: `${repositoryApi(world, seen)}/compare/${base}...${head}`,
      html_url: page,
      permalink_url: page,
      diff_url: `${page}.diff`,
      patch_url: `${page}.patch`,
      base_commit: await renderCommit(world, seen, from),
      merge_base_commit: await renderCommit(world, seen, mergeBase),
      status,
      ahead_by: ahead,
      behind_by: behind,
      total_commits: ahead,
      commits: await Promise.all(list.filter((sha) => sha !== '').map((sha) => renderCommit(world, seen, sha))),
      files: [],
    },
  };
}

/** Only those who belong to the organisation may ask; the App needs `members:read`. */
function membership({ world, params, viewer }: Call): Answer {
  const team = world.teams.get(`${params['org'] ?? ''}/${params['team_slug'] ?? ''}`.toLowerCase());
  const isAllowed =
    viewer.kind === 'user' || (viewer.kind === 'installation' && viewer.permissions['members'] !== undefined);
  if (!isAllowed) throw new Refusal(403, 'Resource not accessible by integration');
  const role = team?.members.get((params['username'] ?? '').toLowerCase());
  if (team === undefined || role === undefined) throw notFound();
  const url = `${world.apiUrl}/teams/1/memberships/${params['username'] ?? ''}`;
  const isPending = role === 'pending';
  return { status: 200, body: { url, role: isPending ? 'member' : role, state: isPending ? 'pending' : 'active' } };
}

function whoAmI({ world, viewer, login }: Call): Answer {
  if (viewer.kind === 'anonymous') throw new Refusal(401, 'Requires authentication');
  if (viewer.kind !== 'user') throw new Refusal(403, 'Resource not accessible by integration');
  return { status: 200, body: wholeUser(world, login) };
}

function userNamed({ world, params }: Call): Answer {
  const user = world.user(params['username'] ?? '');
  if (user === undefined) throw notFound();
  return { status: 200, body: wholeUser(world, user.login) };
}

function wholeUser(world: World, login: string): Fields {
  const at = '2020-01-01T00:00:00Z';
  const unknown = { name: null, company: null, blog: null, location: null, email: null, hireable: null, bio: null };
  const counted = { public_repos: 0, public_gists: 0, followers: 0, following: 0 };
  return { ...renderUser(world, login), ...unknown, ...counted, created_at: at, updated_at: at };
}
