-- What each migration did, as a digest of its statements: a database that another state of one made is told apart.
create table migration (
  name text primary key,
  digest text not null
);

-- An environment is a branch and paths that go live together. `revision` 0 means nothing was ever applied.
create table environment (
  name text primary key,
  lineage uuid not null default gen_random_uuid(),
  revision bigint not null default 0 check (revision >= 0),
  root text not null,
  -- Counts statements that wrote `resource` behind apply's back: with the revision, equal means nothing moved.
  writes bigint not null default 0,
  commit_id text,
  tree_id text,
  -- JSON of who acknowledges, who owns and when a plan is refused, as the commit has it that was last applied: they
  -- judge the next one.
  rules text,
  -- The newest rollback whose quarantine holds commits: the revision that it made. Null: none does.
  pin bigint,
  -- Counts changes of the quarantine: with the revision, equal means that the same targets are held.
  quarantine_writes bigint not null default 0,
  -- Since when controllers do not put drifted rows back, because something undid it again and again.
  heal_stopped_at timestamptz,
  -- Heals before this do not count: a person has looked.
  heal_resumed_at timestamptz,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now()
);

-- Content-addressed bodies: canonical JSON of a resolved resource. Never changed, shared by environments.
create table spec (
  digest text primary key check (digest = encode(sha256(convert_to(body, 'UTF8')), 'hex')),
  body text not null
);

-- Heads: the rows now in force. `digest` is what apply wrote; `body` is what a reader (or a hand) sees and edits.
create table resource (
  environment text not null references environment (name),
  address text not null,
  kind text not null,
  namespace text not null,
  name text not null,
  generation bigint not null default 1 check (generation > 0),
  digest text not null,
  body jsonb not null,
  bucket smallint not null check (bucket between 0 and 255),
  file text not null,
  line integer not null,
  revision bigint not null,
  -- Set by trigger when something other than apply wrote the row; cleared by the next apply of it.
  touched_at timestamptz,
  touched_by text,
  primary key (environment, address),
  unique (environment, kind, namespace, name)
)
-- No indexed column changes when a row gets another content: with room on its page, its indexes stay as they are.
with (fillfactor = 80);
-- In the order in which a bucket is hashed.
create index resource_by_bucket on resource (environment, bucket, address collate "C");
create index resource_touched on resource (environment) where touched_at is not null;

-- Hashes of the 256 buckets whose digest is the environment's root; absent means empty.
create table resource_bucket (
  environment text not null references environment (name),
  bucket smallint not null check (bucket between 0 and 255),
  hash text not null,
  primary key (environment, bucket)
);

-- What each revision holds: rows with from_revision <= R and (to_revision is null or to_revision > R).
create table resource_history (
  environment text not null references environment (name),
  address text not null,
  from_revision bigint not null,
  to_revision bigint check (to_revision > from_revision),
  digest text not null references spec (digest),
  generation bigint not null,
  file text not null,
  line integer not null,
  -- The address that the resource had in the revision before, where it was moved here.
  moved_from text,
  -- Digest of what authors wrote of it: the same under another content is the work of another build of pawl.
  written text,
  primary key (environment, address, from_revision)
);
create unique index resource_history_current on resource_history (environment, address) where to_revision is null;
create index resource_history_revision on resource_history (environment, from_revision);
create index resource_history_moved on resource_history (environment, moved_from) where moved_from is not null;
create index resource_history_ended on resource_history (environment, to_revision) where to_revision is not null;

create table revision (
  environment text not null references environment (name),
  revision bigint not null check (revision > 0),
  base_revision bigint not null,
  root text not null,
  commit_id text not null,
  tree_id text not null,
  commit_subject text not null default '',
  plan_digest text not null,
  -- `{add, change, remove, move, adopt, orphan}` and, for a recognised revert, `{revert: {revision, returned, of}}`;
  -- of a rollback, `{rollback: {to, from, commit, reason, runs}}`.
  summary jsonb not null,
  applied_by text not null,
  applied_at timestamptz not null default now(),
  primary key (environment, revision),
  check (base_revision = revision - 1)
);
create index revision_plan on revision (environment, plan_digest);

-- What rollbacks withdrew: contents by digest and, where it is null, the absence of a resource. While a pair is not
-- released, no target that holds it is applied.
create table quarantine (
  environment text not null,
  -- The revision that the rollback made.
  revision bigint not null,
  address text not null,
  digest text,
  released_at timestamptz,
  released_by text,
  release_reason text,
  foreign key (environment, revision) references revision (environment, revision),
  check ((released_at is null) = (released_by is null))
);
create unique index quarantine_pair on quarantine (environment, address, coalesce(digest, ''))
  where released_at is null;
create index quarantine_revision on quarantine (environment, revision);

-- Failures too, so that status can say why a commit is not live.
create table attempt (
  id bigint generated always as identity primary key,
  environment text not null,
  commit_id text,
  at timestamptz not null default now(),
  -- `superseded`: a newer commit came before this one could be made live.
  outcome text not null check (outcome in ('applied', 'unchanged', 'refused', 'failed', 'superseded')),
  code text,
  message text not null default '',
  revision bigint
);
create index attempt_environment on attempt (environment, id desc);

-- What the control loop owes an environment: it looks while `handled` is behind `wanted`. A webhook, a hand and another
-- process each raise `wanted`; a pass sets `handled` to what it read before it began.
create table sync (
  environment text primary key,
  -- The repository that declares it, by its address without credentials: another one's claim is refused.
  repository text not null,
  wanted bigint not null default 1,
  handled bigint not null default 0,
  handled_at timestamptz,
  -- Who looks at this moment, so that several controllers do not plan the same commit. Losing it is harmless: what is
  -- applied is compared with what was planned for.
  pass_owner uuid,
  pass_until timestamptz,
  -- Nothing is applied while it is suspended and the time is not over.
  suspended_at timestamptz,
  suspended_by text,
  suspend_reason text,
  suspended_until timestamptz,
  check (handled <= wanted),
  check ((suspended_at is null) = (suspended_by is null) and (suspended_at is null) = (suspend_reason is null))
);

-- How long each pass of a controller took, for a day; an idle tick takes none. Rules of alerts are held against it.
create table pass (
  environment text not null,
  at timestamptz not null default clock_timestamp(),
  pass_ms double precision not null,
  -- Null: it came to no plan, or applied nothing.
  plan_ms double precision,
  apply_ms double precision
);
create index pass_environment on pass (environment, at);

-- How far the newest commit of an environment came, stage by stage, and why no further.
create table condition (
  environment text not null,
  type text not null check (type in ('SourceReady', 'Planned', 'Gated', 'Applied', 'Healthy', 'Drifted')),
  status text not null check (status in ('True', 'False', 'Unknown')),
  -- A stable word in CamelCase.
  reason text not null,
  message text not null default '',
  -- What this stage last looked at.
  commit_id text,
  -- When the status last changed.
  since timestamptz not null default now(),
  primary key (environment, type)
);

-- What was seen of a revision until its time of observation was over: what went well may be returned to. Decided once.
create table revision_health (
  environment text not null,
  revision bigint not null,
  -- `unknown`: too few runs ended to say.
  verdict text not null check (verdict in ('healthy', 'unhealthy', 'unknown')),
  message text not null default '',
  -- `owed`: a controller is to roll back; it did, or could not.
  rollback text not null default 'none' check (rollback in ('none', 'owed', 'done', 'refused')),
  decided_at timestamptz not null default now(),
  primary key (environment, revision),
  foreign key (environment, revision) references revision (environment, revision),
  check (rollback = 'none' or verdict = 'unhealthy')
);

-- Webhooks of forges, stored once by their id before anybody acts on them. Each is a hint: what is true is asked.
create table inbox (
  source text not null check (source in ('github')),
  delivery text not null,
  event text not null,
  -- `owner/name`, as the sender says.
  repository text not null,
  -- The few facts of the payload that say where to look.
  hint jsonb not null,
  received_at timestamptz not null default now(),
  handled_at timestamptz,
  primary key (source, delivery)
);
create index inbox_open on inbox (received_at) where handled_at is null;

-- A pull request as it was last seen. `number` is the forge's.
create table pull_request (
  -- `owner/name`
  repository text not null,
  number integer not null check (number > 0),
  state text not null check (state in ('open', 'closed', 'merged')),
  is_draft boolean not null,
  is_fork boolean not null,
  base_ref text not null,
  base_sha text not null,
  head_ref text not null,
  head_sha text not null,
  -- Logins that the forge has authenticated.
  author text not null,
  pushers text[] not null default '{}',
  merged_by text,
  -- By the forge's clock.
  merged_at timestamptz,
  -- The commit on the base branch that it became.
  merge_commit text,
  seen_at timestamptz not null default now(),
  primary key (repository, number)
);
create index pull_request_open on pull_request (repository) where state = 'open';
create index pull_request_merge on pull_request (merge_commit) where merge_commit is not null;

-- What reviewers of a pull request were shown of one environment, and where it stands on the forge.
create table pull_plan (
  repository text not null,
  number integer not null,
  environment text not null,
  head_sha text not null,
  base_sha text not null,
  -- Of the merge result: the same whether it is squashed, rebased or merged. Null: there is no merge result.
  merge_tree text,
  base_revision bigint not null,
  plan_digest text,
  -- `[[address, action, digest], …]` and `[[class, content], …]`: what the plan after the merge is held against.
  operations jsonb not null default '[]',
  risks jsonb not null default '[]',
  comment_id bigint,
  check_id bigint,
  -- Digest of what stands there, so that the same is not written again.
  published text,
  published_at timestamptz,
  planned_at timestamptz not null default now(),
  primary key (repository, number, environment),
  foreign key (repository, number) references pull_request (repository, number)
);
create index pull_plan_tree on pull_plan (environment, merge_tree) where merge_tree is not null;

-- What the forge says of which pull request brought a commit to a branch. Whoever has to know asks with a row; until it
-- is answered, nobody can say whether what is there is what was reviewed.
create table pull_commit (
  repository text not null,
  branch text not null,
  commit_id text not null,
  wanted_at timestamptz not null default now(),
  -- Null: not answered yet.
  looked_at timestamptz,
  -- Null, where it is answered: no pull request brought it.
  number integer,
  -- Where none did: the logins that moved the branch to it, as the forge has authenticated them.
  pushers text[] not null default '{}',
  primary key (repository, branch, commit_id),
  foreign key (repository, number) references pull_request (repository, number),
  check (number is null or looked_at is not null)
);
create index pull_commit_open on pull_commit (repository, wanted_at) where looked_at is null;

-- Commands in comments on pull requests: each is handled once.
create table pull_command (
  repository text not null,
  comment_id bigint not null,
  number integer not null,
  -- The login that the forge has authenticated.
  author text not null,
  outcome text not null check (outcome in ('done', 'refused', 'ignored')),
  -- What there is to say, in Markdown; null: nothing beyond a reaction.
  answer text,
  handled_at timestamptz not null default now(),
  primary key (repository, comment_id)
);
create index pull_command_pull on pull_command (repository, number, comment_id);

-- Comments of pawl's on a pull request beside those of its plans: answers to commands, and what became of it.
create table pull_note (
  repository text not null,
  number integer not null,
  -- `answers`, or `review` or `applied` and an environment.
  subject text not null,
  comment_id bigint,
  -- Digest of what stands there, so that the same is not written again.
  content text,
  primary key (repository, number, subject)
);

-- Deployments on the forge, one of each commit in each environment.
create table deployment (
  repository text not null,
  environment text not null,
  commit_id text not null,
  deployment_id bigint,
  -- The state and its description, as they stand there.
  state text,
  description text,
  created_at timestamptz not null default now(),
  primary key (repository, environment, commit_id)
);

-- How far a list of the forge that is sorted by time was read.
create table forge_cursor (
  repository text not null,
  list text not null,
  read_to timestamptz not null,
  primary key (repository, list)
);

-- A pull request that pawl opens: made once for what it is about, updated in place, closed when it is pointless. Its files
-- and text are not here: they are made again of the request whenever what they come from moves.
create table proposal (
  -- `owner/name`
  repository text not null,
  environment text not null,
  kind text not null check (kind in ('accept-drift', 'revert', 'promote', 'tighten', 'pin')),
  -- What it is about, within its kind.
  subject text not null,
  branch text not null,
  request jsonb not null,
  asked_by text not null,
  asked_at timestamptz not null default now(),
  number integer check (number > 0),
  state text not null check (state in ('wanted', 'open', 'merged', 'closed')),
  -- Commits that pawl made for the branch: the last one that it moved the branch to, and the one that it is about to. A
  -- branch that stands at another one was pushed to by somebody else.
  head text,
  next_head text,
  -- Digest of the files and of the base that they change, as they were last pushed; and of title and text.
  content text,
  published text,
  -- What a person closed: not opened again while it is the same.
  dismissed text,
  -- Somebody else pushed to the branch, so that it is left alone.
  is_foreign boolean not null default false,
  -- Pawl is about to close it: said before it is done, so that a crash does not make it look like a person's doing.
  is_closing boolean not null default false,
  -- Why it is closed, or waits.
  reason text,
  -- Digest of what was looked at when it last settled.
  seen text,
  updated_at timestamptz not null default now(),
  primary key (repository, environment, kind, subject)
);
create unique index proposal_number on proposal (repository, number) where number is not null;
create index proposal_active on proposal (repository) where state in ('wanted', 'open');

-- What is wrong and for how long, as somebody last looked. Messages follow from a row's changes, in their transaction.
create table alert (
  environment text not null,
  -- What it is about, as long as it lasts: `drift`, `applied`, `rule/support/errors`.
  key text not null,
  -- Of what exactly is wrong: another one is told again.
  fingerprint text not null,
  severity text not null check (severity in ('info', 'warning', 'critical')),
  -- `pending`: not for long enough yet.
  state text not null check (state in ('pending', 'firing', 'resolved')),
  -- Times that it fired.
  episode integer not null default 0,
  -- Times that it came back soon after it had gone: the more, the longer it must be gone to be over.
  flaps integer not null default 0,
  -- What is said of it.
  content jsonb not null,
  since timestamptz not null default now(),
  fired_at timestamptz,
  -- Since when it is no longer so; null: it still is.
  cleared_at timestamptz,
  resolved_at timestamptz,
  -- Of the row: two who looked at once do not both write.
  version bigint not null default 1,
  primary key (environment, key)
);
create index alert_open on alert (environment) where state <> 'resolved';

-- Messages to receivers of alerts: at least once, and once for one fingerprint of one receiver while it lasts.
create table outbox (
  id bigint generated always as identity primary key,
  environment text not null,
  -- `namespace/name` of the AlertReceiver.
  receiver text not null,
  -- Of the alert.
  key text not null,
  episode integer not null,
  fingerprint text not null,
  phase text not null check (phase in ('firing', 'resolved')),
  message jsonb not null,
  attempts integer not null default 0,
  due_at timestamptz not null default now(),
  -- Somebody sends it until then.
  lease_until timestamptz,
  -- It may have arrived, though nobody said so.
  reached boolean not null default false,
  delivered_at timestamptz,
  -- `cancelled`: what it told of was over before anybody was told. `abandoned`: tried for days.
  dropped text check (dropped in ('cancelled', 'abandoned')),
  -- What the receiver answered last, without secrets.
  last_error text,
  created_at timestamptz not null default now(),
  check (delivered_at is null or dropped is null),
  unique (environment, receiver, key, episode, fingerprint, phase)
);
create index outbox_due on outbox (due_at) where delivered_at is null and dropped is null;
create index outbox_order on outbox (environment, receiver, key, id) where delivered_at is null and dropped is null;

-- The issue of one alert at one receiver of type githubIssue: made once, edited in place, closed, opened again.
create table alert_issue (
  environment text not null,
  -- `namespace/name` of the AlertReceiver.
  receiver text not null,
  key text not null,
  -- `owner/name` that the number is of.
  repository text not null,
  -- Null: none was made, or it is not known whether one was.
  number integer,
  -- Digest of what stands there.
  published text,
  attempts integer not null default 0,
  due_at timestamptz not null default now(),
  last_error text,
  primary key (environment, receiver, key)
);

-- What workers found of things outside that runs need: reachable, there, readable. The control plane only reads it.
create table probe (
  environment text not null,
  subject text not null check (subject in ('endpoint', 'model', 'secret', 'server')),
  -- `namespace/name`; of a secret with `#key`.
  name text not null,
  state text not null check (state in ('ok', 'failing', 'unknown')),
  -- A stable word.
  reason text not null,
  -- Names and codes; no answer of anybody, and no value.
  detail text not null default '',
  -- Looks in a row with this state.
  streak integer not null default 1,
  since timestamptz not null default now(),
  at timestamptz not null default now(),
  worker text not null,
  primary key (environment, subject, name)
);

-- What an MCP server offered when a worker last had its list, against its pin: names and digests.
create table server_look (
  environment text not null,
  -- `namespace/name`.
  server text not null,
  -- Digest of the McpServer that was asked: a look at another one says nothing of this one.
  asked text not null,
  standing text not null check (standing in ('asPinned', 'moved', 'unpinned', 'identity')),
  tools jsonb not null,
  -- What it calls itself: its own words.
  told jsonb not null,
  -- Of what is not as it was pinned; null: nothing is.
  fingerprint text,
  -- Definitions that the pin does not have, for a pull request that pins them; null: too long, or not fit to be shown.
  definitions jsonb,
  -- When it was first found like this.
  since timestamptz not null default now(),
  at timestamptz not null default now(),
  primary key (environment, server)
);

-- Whose turn it is to look at things outside, and when the next one comes: of an environment, and of each of its servers.
create table probe_turn (
  environment text not null,
  -- `namespace/name` of an McpServer; empty: all else.
  server text not null default '',
  due_at timestamptz not null default now(),
  worker text,
  lease_until timestamptz,
  -- Digest of the McpServer that was last looked at: another one is looked at at once.
  asked text,
  primary key (environment, server)
);
create index probe_turn_due on probe_turn (due_at);

-- Compiled content of one system, by digest: SHA-256 of canonical {content, authority}.
create table bundle (
  digest text primary key,
  engine_schema integer not null,
  -- The content's `limits.timeoutMs`: each submission and each retry would read all of the content for it.
  timeout_ms bigint not null,
  content text not null,
  authority text not null,
  check (digest = encode(sha256(convert_to('{"authority":' || authority || ',"content":' || content || '}', 'UTF8')), 'hex')),
  -- A check passes by null: content without the field is refused too.
  constraint bundle_timeout_check
    check (coalesce(timeout_ms = (content::json #>> '{limits,timeoutMs}')::bigint, false))
);

create table bundle_history (
  environment text not null references environment (name),
  -- `namespace/name` of the AgentSystem.
  system text not null,
  from_revision bigint not null,
  to_revision bigint check (to_revision > from_revision),
  digest text not null references bundle (digest),
  primary key (environment, system, from_revision)
);
create unique index bundle_history_current on bundle_history (environment, system) where to_revision is null;

-- How new runs of a system come to its newest revision, where that is not at once: the last rollout of each system.
-- Routes new runs while `ended_at` is null; the newest revision stays the head all the while.
create table rollout (
  environment text not null references environment (name),
  -- `namespace/name` of the AgentSystem.
  system text not null,
  -- `{strategy, key?, steps}` as the newest revision has it.
  plan jsonb not null,
  -- What every new run saw last, and the last revision that had it.
  from_bundle text not null references bundle (digest),
  from_revision bigint not null,
  to_bundle text not null references bundle (digest),
  to_revision bigint not null,
  step integer not null default 0 check (step >= 0),
  -- The part of new runs that see the new side, in percent.
  weight smallint not null check (weight between 0 and 100),
  state text not null check (state in
    ('progressing', 'paused', 'aborted', 'done', 'reverted', 'superseded', 'removed')),
  -- Of its state; empty: it came to it by itself, and nothing is to be said.
  reason text not null default '',
  -- Counts changes: who decided on an older state of the row loses.
  changes bigint not null default 0,
  started_at timestamptz not null default now(),
  step_since timestamptz not null default now(),
  ended_at timestamptz,
  check ((ended_at is null) = (state in ('progressing', 'paused', 'aborted'))),
  check (state <> 'aborted' or weight = 0),
  primary key (environment, system)
);
create index rollout_open on rollout (environment, system) where ended_at is null;

-- Append-only record of who did what to an environment.
create table event (
  id bigint generated always as identity primary key,
  environment text not null,
  at timestamptz not null default now(),
  actor text not null,
  action text not null,
  detail jsonb not null default '{}',
  -- In which order events became visible, for who folds them into the record.
  xid xid8 not null default pg_current_xact_id()
);
create index event_environment on event (environment, id desc);
create index event_xid on event (xid);
-- What `pawl history` counts; there are few of them among very many.
create index event_overrun on event (environment) where action = 'budget.overrun';

-- A way in for one person, with what they may do and until when. A token is `pawl_<id>_<secret>`; nobody keeps the
-- secret but its owner.
create table api_token (
  id text primary key check (id ~ '^[0-9a-f]{12}$'),
  -- Whose it is: one person may have several.
  name text not null check (name ~ '[^[:space:]]'),
  -- SHA-256 of the secret.
  digest text not null check (digest ~ '^[0-9a-f]{64}$'),
  roles jsonb not null,
  -- Of `pawl.yaml`, by name.
  groups text[] not null,
  created_by text not null,
  created_at timestamptz not null default now(),
  expires_at timestamptz not null check (expires_at > created_at),
  -- To the minute: what is asked often would write often.
  used_at timestamptz,
  revoked_at timestamptz,
  revoked_by text
);

-- Who agreed to what a plan would newly permit, spend or reach. It holds for what it was given for, however often that
-- is planned, and until a revision has used it.
create table acknowledgement (
  id bigint generated always as identity primary key,
  environment text not null references environment (name),
  -- Of the environment when it was given: another database's is another.
  lineage uuid not null,
  -- `R1` to `R13` or `bootstrap`, of a guard its id.
  class text not null,
  -- Digest of what it is about: the risk's content, of a guard the plan's digest.
  content text not null check (content ~ '^[0-9a-f]{64}$'),
  -- As it was shown.
  shown_id text not null,
  given_by text not null,
  -- Groups that their token had, and claims of their identity provider that the rules named.
  membership jsonb not null default '{"groups": []}',
  given_at timestamptz not null default now(),
  reason text not null default '',
  plan_digest text not null,
  -- The revision that used it.
  used_by_revision bigint check (used_by_revision > 0)
);
create unique index acknowledgement_open on acknowledgement (environment, lineage, class, content, given_by)
  where used_by_revision is null;
create index acknowledgement_environment on acknowledgement (environment, id);

-- A change of one live resource by hand, over what Git says, with a reason and an end. In force while `ended_at` is
-- null: from the revision that it came with to the one that took it back.
create table override (
  id text primary key check (id ~ '^[0-9a-f]{8}$'),
  environment text not null references environment (name),
  address text not null,
  -- RFC 7386 merge patch of the manifest.
  patch jsonb not null,
  reason text not null check (reason ~ '[^[:space:]]'),
  set_by text not null,
  set_at timestamptz not null default clock_timestamp(),
  expires_at timestamptz not null,
  revision bigint not null,
  -- Root and commit right before: going back to both is no news to anybody.
  base_root text not null,
  base_commit text not null,
  ended_at timestamptz,
  -- Absent while in force, and where the time was up.
  ended_by text,
  ended_revision bigint,
  check (expires_at > set_at and expires_at <= set_at + interval '7 days 1 minute')
);
create index override_in_force on override (environment, set_at) where ended_at is null;
create index override_environment on override (environment, set_at desc);

-- A switch that stops calls. It holds while it was neither lifted nor is past its time, by this clock.
create table halt (
  id uuid primary key default gen_random_uuid(),
  -- Null: in all.
  environment text,
  kind text not null check (kind in
    ('global', 'environment', 'namespace', 'system', 'agent', 'server', 'tool', 'model', 'provider')),
  -- `namespace/name`, or what else the kind is named by; empty of `global`.
  name text not null,
  reason text not null check (reason ~ '[^[:space:]]'),
  created_by text not null,
  -- The role that they set it by: nobody with a lower one lifts it.
  set_as text not null check (set_as in ('operator', 'admin')),
  -- Calls in flight are given up too.
  aborts boolean not null default false,
  -- Calls are refused and runs go on; else runs wait until it is lifted.
  denies boolean not null default false,
  created_at timestamptz not null default now(),
  expires_at timestamptz check (expires_at > created_at),
  ended_at timestamptz,
  -- Null: its time was over.
  ended_by text,
  end_reason text,
  -- The runs that waited for it are ready again.
  released boolean not null default false,
  check ((kind = 'global') = (environment is null)),
  check ((kind = 'global') = (name = ''))
);
create index halt_unended on halt (environment) where ended_at is null;
create index halt_unreleased on halt (id) where not released;

-- Rises whenever a halt begins or ends, so that a decision can be seen to be older than that. One row.
create table halt_epoch (
  is_one boolean primary key default true check (is_one),
  epoch bigint not null default 1
);
insert into halt_epoch default values;

-- What the journal compares its intents with. Whoever begins or ends a halt takes the same lock alone: it waits for
-- batches that are being written, and those that come later read the new epoch, because a volatile function reads
-- with a snapshot of its own, which is taken after the lock.
create function current_halt_epoch() returns bigint volatile language plpgsql as $$
begin
  perform pg_advisory_xact_lock_shared(7024881);
  return (select epoch from halt_epoch);
end $$;

-- Values of Secrets with `source: stored`, encrypted under keys that are not in the database. Numbers of versions are
-- never used again: what was removed leaves its row without its ciphertext.
create table stored_secret (
  environment text not null,
  namespace text not null,
  name text not null,
  key text not null,
  version integer not null check (version > 0),
  -- Which of the operator's keys the value's own key is encrypted under; with nonce and tag around it.
  kek text,
  wrapped bytea,
  nonce bytea,
  ciphertext bytea,
  tag bytea,
  created_at timestamptz not null default now(),
  created_by text not null,
  removed_at timestamptz,
  primary key (environment, namespace, name, key, version),
  check ((removed_at is null) = (kek is not null)),
  check (num_nulls(kek, wrapped, nonce, ciphertext, tag) in (0, 5))
);

create table worker (
  id uuid primary key,
  host text not null,
  pid integer not null,
  version text not null,
  backend_pid integer,
  -- The pool whose runs it takes.
  pool text not null default 'default',
  slots integer not null check (slots > 0),
  -- Shares of 1 that it used of a core and of its memory when it last renewed its lease.
  cpu real,
  memory real,
  -- The isolation tiers that its self-test proved; null: it has not tried them yet.
  tiers text[],
  -- Why it does not offer the others, by tier.
  withheld jsonb,
  started_at timestamptz not null default now(),
  -- When it last renewed its lease.
  heard_at timestamptz not null default now(),
  lease_until timestamptz not null
);

-- Inputs, outputs, arguments and messages over 8 kB.
create table blob (
  digest text primary key check (digest ~ '^[0-9a-f]{64}$'),
  body text not null
);

create table run (
  id uuid primary key,
  environment text not null references environment (name),
  namespace text not null,
  -- `namespace/name` of the AgentSystem.
  system text not null,
  revision bigint not null,
  bundle text not null references bundle (digest),
  pool text not null default 'default',
  -- What it asked of its workers when it was given its pool; null: nothing.
  requires jsonb,
  priority smallint not null default 5 check (priority between 0 and 9),
  fair_key bigint not null default 0,
  state text not null default 'Queued' check (state in
    ('Queued', 'Running', 'Waiting', 'Succeeded', 'Failed', 'Cancelled', 'TimedOut', 'DeadLetter')),
  run_at timestamptz,
  deadline_at timestamptz,
  -- What it is counted by together with other runs of its system; null: it is not.
  concurrency_key text,
  -- Its key has no slot free: it is queued, and not ready.
  blocked boolean not null default false,
  cancel_requested_at timestamptz,
  -- A rollback withdrew what the run is pinned to: it begins no further step.
  drain_requested_at timestamptz,
  owner uuid,
  fence bigint not null default 0,
  -- It asked for approvals: what is left of them ends with it.
  asks_approval boolean not null default false,
  -- A person answered since the last claim: a run that parks is then ready again at once.
  answered boolean not null default false,
  -- Since when it waits for people, which is no time of its own.
  asked_at timestamptz,
  -- Claims that ended by a lost lease.
  crashes smallint not null default 0,
  -- Times that it was started again from its journal, by a person or by its task.
  retries integer not null default 0,
  -- The fence by then: failures that were written under it or before may be tried anew.
  retried_fence bigint,
  -- Which attempt it is of those that its task allows (`cause.retry`).
  attempt smallint not null default 1,
  -- When the task's next attempt begins; null: nobody decided on one yet.
  retry_at timestamptz,
  -- No attempt follows by itself.
  retry_over boolean not null default false,
  -- The run whose input this one was given again.
  retried_from uuid,
  -- The run of the same key that took its place.
  replaced_by uuid,
  idempotency_key text,
  -- What joins runs to one conversation, for agents that have a memory.
  session text,
  submitted_by text not null,
  -- What started it, where that was no person's submission of a system: `{kind: schedule | webhook | task, …}`.
  cause jsonb,
  -- json, not jsonb: these are contents that pawl never looks into, and jsonb refuses an escaped NUL in a string.
  input json not null,
  output json,
  -- `{code, message, node?, path?}` of a run that did not succeed.
  error json,
  created_at timestamptz not null default now(),
  started_at timestamptz,
  ended_at timestamptz,
  check ((state = 'Running') = (owner is not null)),
  check ((ended_at is not null) = (state in ('Succeeded', 'Failed', 'Cancelled', 'TimedOut', 'DeadLetter')))
) with (fillfactor = 80);
-- Most runs have no key, and are not in it: each change of a run's state writes every index that it is in.
create unique index run_idempotency on run (environment, system, idempotency_key) where idempotency_key is not null;
-- A run that was there when two workers died is a suspect: it is claimed apart, so that it takes no other run along.
create index run_ready on run (pool, priority desc, fair_key, id)
  where state = 'Queued' and not blocked and crashes < 2;
create index run_suspect on run (pool, priority desc, fair_key, id)
  where state = 'Queued' and not blocked and crashes >= 2;
create index run_fair on run (pool, namespace, fair_key desc) where state = 'Queued' and not blocked;
create index run_blocked on run (environment, system, concurrency_key, priority desc, created_at, id)
  where state = 'Queued' and blocked;
create index run_owned on run (owner) where state = 'Running';
create index run_due on run (run_at) where state = 'Waiting' and run_at is not null;
create index run_expired on run (deadline_at) where state = 'Queued' and deadline_at is not null;
-- Failed runs of tasks that say how often to try; no other run is ever in it.
create index run_retry on run (retry_at nulls first)
  where state in ('Failed', 'TimedOut') and cause ? 'retry' and not retry_over;
-- What a plan that deletes something would take away from runs.
create index run_open on run (environment, system, bundle) where ended_at is null;
-- The last runs of some systems, whose calls a plan decides again.
create index run_ended on run (environment, system, ended_at desc, id desc) where ended_at is not null;
create index run_recent on run (environment, created_at desc, id desc);

-- Takes ready runs for a worker whose lease holds. The worker's row is locked against the reaper, so that no run is
-- given to a worker that is just being buried. Suspects come first: else a poisonous run would never be reached.
-- A function, so that each session keeps the plans (parsing and planning took eight times as long as the claim): generic
-- ones, as the planner would else go on planning anew for a claim of few runs, which it takes for a tenth of the queue;
-- and by the index in its order alone, because a plan of a small table is kept until statistics are taken anew, and
-- would read all of a queue that has grown by then. It does not wait for the disk: nothing is done before an intent is
-- durable, and what makes that durable makes the claim so too. A claim that is lost was never anybody's.
-- Its columns are named as the members of what the worker claims: no row is copied for a name.
create function claim_runs(claimer uuid, of_pool text, slots integer, suspects integer, except_environments text[])
returns table (
  id uuid, environment text, namespace text, system text, revision bigint, bundle text, fence bigint, crashes smallint,
  input json, session text, cancelled boolean, overdue boolean, "deadlineInMs" double precision, drained boolean,
  keyed boolean, "liveRevision" bigint, "haltEpoch" bigint
)
language plpgsql set plan_cache_mode = force_generic_plan set enable_seqscan = off set enable_bitmapscan = off
  set enable_sort = off set jit = off as $$
#variable_conflict use_column
declare
  picked uuid[] := '{}';
begin
  perform from worker where id = claimer and lease_until > now() for key share;
  if not found then
    return;
  end if;
  if suspects > 0 then
    picked := array(
      select id from run
      where state = 'Queued' and not blocked and crashes >= 2 and pool = of_pool
        and environment <> all (except_environments)
      order by priority desc, fair_key, id limit suspects for no key update skip locked
    );
  end if;
  picked := picked || array(
    select id from run
    where state = 'Queued' and not blocked and crashes < 2 and pool = of_pool
      and environment <> all (except_environments)
    order by priority desc, fair_key, id limit greatest(0, slots - cardinality(picked)) for no key update skip locked
  );
  if cardinality(picked) = 0 then
    return;
  end if;
  perform set_config('synchronous_commit', 'off', true);
  return query
  update run r set state = 'Running', owner = claimer, fence = r.fence + 1, run_at = null, answered = false,
    started_at = coalesce(r.started_at, now())
  from environment e
  where r.id = any (picked) and e.name = r.environment
  returning r.id, r.environment, r.namespace, r.system, r.revision, r.bundle, r.fence, r.crashes, r.input, r.session,
    r.cancel_requested_at is not null, coalesce(r.deadline_at <= now(), false),
    (extract(epoch from r.deadline_at - now()) * 1000)::double precision,
    r.drain_requested_at is not null, r.concurrency_key is not null,
    e.revision, (select epoch from halt_epoch where is_one);
end $$;

-- Whether so many runs wait for a pool. Rows are looked at up to the bound and never beyond it, by an index whatever the
-- size of the table was when a session made the plan that it keeps.
create function pool_full(of_pool text, bound bigint) returns boolean
language plpgsql stable set plan_cache_mode = force_generic_plan set enable_seqscan = off set enable_bitmapscan = off
  set jit = off as $$
begin
  return exists (
    select from run where state = 'Queued' and not blocked and pool = of_pool offset bound - 1 limit 1
  );
end $$;

-- A virtual start time: a namespace's next run starts one after its last queued one, but never before the earliest run
-- that still waits, so that a namespace which queued a thousand runs does not hold up another's first. Two submissions at
-- once may get the same key: no matter. By the indexes alone, as above.
create function next_fair_key(of_pool text, of_priority smallint, of_namespace text) returns bigint
language plpgsql stable set plan_cache_mode = force_generic_plan set enable_seqscan = off set enable_bitmapscan = off
  set enable_sort = off set jit = off as $$
begin
  return greatest(
    coalesce((select fair_key from run where state = 'Queued' and not blocked and crashes < 2
      and pool = of_pool and priority = of_priority order by fair_key limit 1), 0),
    coalesce((select fair_key from run where state = 'Queued' and not blocked and pool = of_pool
      and namespace = of_namespace order by fair_key desc limit 1), 0) + 1
  );
end $$;

-- The keys of which runs are under way or blocked. Its row is the lock under which runs are let begin.
create table concurrency (
  environment text not null references environment (name),
  -- `namespace/name` of the AgentSystem.
  system text not null,
  key text not null,
  -- How many may be under way, as the newest submission found it.
  slots integer not null check (slots > 0),
  primary key (environment, system, key)
);

-- Which runs are under way for a key: from when they are ready until they end, waits included.
create table slot (
  environment text not null,
  system text not null,
  key text not null,
  n integer not null check (n > 0),
  run uuid not null unique references run (id) on delete cascade,
  -- The run has ended, and nobody has yet looked who comes next.
  released boolean not null default false,
  primary key (environment, system, key, n)
);
create index slot_released on slot (environment, system, key) where released;

-- Whoever ends a run frees its slot with it. Who comes next is looked for under the key's lock, which a statement that
-- ends many runs must not wait for. Of `ended_at`, which a check has whoever ends a run write: the condition of a trigger
-- is parsed for each statement that it may be for, which was a sixteenth of a claim.
create function release_slot() returns trigger language plpgsql as $$
begin
  update slot set released = true where run = new.id;
  return null;
end $$;
create trigger run_ended_releases after update of ended_at on run
  for each row when (old.concurrency_key is not null and old.ended_at is null and new.ended_at is not null)
  execute function release_slot();

-- Token buckets of what is called at a limited rate, by `environment ModelEndpoint/namespace/name`.
create table rate (
  key text primary key,
  -- The newest revision that said what the limits are, and what it said: `{requestsPerMinute?, tokensPerMinute?}`.
  revision bigint not null,
  limits jsonb not null,
  -- What may be taken now; less than nothing where a call took more than there was.
  requests double precision not null,
  tokens double precision not null,
  refilled_at timestamptz not null,
  -- When the last of those who wait comes again.
  waiting_until timestamptz not null
);

-- What runs share of a budget in one window, under its id: `AgentPolicy/ns/name#scope-unit-window`, who shares it, and
-- the window's start. Runs draw from it, and book what they used.
create table account (
  environment text not null references environment (name),
  id text not null,
  ends_at timestamptz not null,
  -- As the newest revision that drew says it; each draw is held against its own.
  lim bigint not null,
  revision bigint not null,
  -- Tokens, micro-USD or calls: settled.
  used bigint not null default 0,
  -- What runs have drawn and not told to be used.
  drawn bigint not null default 0 check (drawn >= 0),
  primary key (environment, id)
) with (fillfactor = 50);
create index account_ended on account (ends_at);

-- One run's part in an account: all that it drew and did not give back, and what it has told to be used of it.
create table allotment (
  run uuid not null references run (id) on delete cascade,
  account text not null,
  drawn bigint not null check (drawn >= used),
  used bigint not null default 0,
  primary key (run, account)
) with (fillfactor = 50);
create index allotment_open on allotment (run) where drawn > used;

-- Numbers the statements that write the journal.
create sequence step_write;

-- The journal: append-only. A call is an intent, then a result; a refused call is a result alone. Columns of a fixed
-- width come first, so that nothing is lost between them.
create table step (
  -- In which order a run's rows were written: the statement's number, and beneath it the place among the run's rows.
  seq bigint not null default nextval('step_write') * 65536,
  fence bigint not null,
  at timestamptz not null default clock_timestamp(),
  -- No foreign key: rows come from statements alone that lock the run's row, and the check cost a fifth of them.
  run uuid not null,
  -- Micro-USD.
  cost bigint,
  tokens_reserved integer,
  tokens_in integer,
  tokens_out integer,
  phase text not null check (phase in ('intent', 'result')),
  -- A call, or what came out in this order and must come out so again: what a join saw, how a step failed that the
  -- graph goes on from, what a person answered, what an agent remembered. Those are results alone.
  kind text not null check (kind in ('model', 'tool', 'join', 'node', 'human', 'memory')),
  -- Node, then call: `research/1.2` is the second call of the first turn of node `research`.
  path text not null,
  node text not null,
  -- The model endpoint's or the tool's `namespace/name`; for an unknown tool, the name asked for.
  target text not null,
  -- Result only: `done`, `failed`, `denied` or `unknown`.
  outcome text check (outcome in ('done', 'failed', 'denied', 'unknown')),
  args_digest bytea,
  -- `{kind, rule, reason?}`: the decision, on the first row of a call.
  decision json,
  -- Result only: `{code, message, retryable?}` of a failure.
  error json,
  -- No foreign key either: the one statement that writes it writes the blob.
  body_digest text,
  -- Intent: arguments. Result: output. JSON text, in `blob` when over 8 kB.
  body text,
  primary key (run, path, phase),
  check ((phase = 'result') = (outcome is not null))
);
-- A row stays in one piece while it fits a page, compressed where that helps. In pieces of 2 kB each of them was a row of
-- its own with an entry in an index, which cost a twelfth of what a result of 8 kB writes.
alter table step
  alter column phase set storage main, alter column kind set storage main, alter column path set storage main,
  alter column node set storage main, alter column target set storage main, alter column outcome set storage main,
  alter column args_digest set storage main, alter column decision set storage main, alter column error set storage main,
  alter column body_digest set storage main, alter column body set storage main;

-- What each run was let do, and what it was not: one chain of hashes a run, written by its owner with the journal. A row
-- is one write of it and may tell of several calls. The text is kept, so that nothing is hashed that was read anew.
create table audit (
  -- In which order rows became visible, for who folds them.
  xid xid8 not null default pg_current_xact_id(),
  at timestamptz not null default clock_timestamp(),
  -- No foreign key, as the journal has none.
  run uuid not null,
  seq integer not null check (seq > 0),
  -- SHA-256 of the hash of the row before it (of nothing at first) and the text.
  hash bytea not null,
  -- Canonical JSON: names, rules, reasons, amounts and digests; never contents.
  text text not null,
  -- The runs of which the same statement wrote, this one among them: on one row of each statement, for who folds.
  runs uuid[],
  primary key (run, seq)
);
create index audit_xid on audit (xid) where runs is not null;

-- The parameters of the journal's statement: a write of each run with its end and the row of its record, and the
-- entries of all. As types, so that they travel in binary: as JSON they took a fifth of the statement's time to read.
create type journal_write as (
  id uuid, fence bigint, owner uuid, seq bigint, text text, hash bytea,
  state text, output json, error json, delay bigint, people boolean, halt_epoch bigint
);
create type journal_entry as (
  run uuid, path text, phase text, node text, kind text, target text, args_digest bytea, decision json, body text,
  body_digest text, outcome text, error json, tokens_reserved bigint, tokens_in bigint, tokens_out bigint, cost bigint,
  revision bigint, halt_epoch bigint, approval text, action_digest text, class_digest text, place bigint
);

-- The environment's chain: where the chain of each run had come to, and what people did.
create table audit_chain (
  environment text not null,
  seq bigint not null check (seq > 0),
  at timestamptz not null default now(),
  kind text not null check (kind in ('run', 'event')),
  run uuid,
  run_seq integer,
  -- The event's id.
  event bigint,
  text text not null,
  hash bytea not null,
  primary key (environment, seq),
  check (kind = 'run' and run is not null and run_seq is not null and event is null
    or kind = 'event' and run is null and run_seq is null and event is not null)
);
create index audit_chain_run on audit_chain (run, run_seq) where kind = 'run';
create unique index audit_chain_event on audit_chain (event) where kind = 'event';

-- Up to where rows are folded into the environments' chains; one row.
create table audit_fold (
  is_only boolean primary key default true check (is_only),
  -- Rows of this transaction and later ones are not.
  xid xid8 not null,
  folded_at timestamptz not null default now()
);

-- Why a run waits: `timer` and `rate` (until run.run_at), `unknown` (a person says what became of a call), `human` (a
-- person fills in a form), `review` (people approve, deny or ask for changes), `approval` (people release a call).
create table wait (
  run uuid not null references run (id),
  path text not null,
  kind text not null check (kind in ('timer', 'rate', 'unknown', 'human', 'review', 'approval', 'halt')),
  due_at timestamptz,
  -- What is asked of whom; json, because it holds contents.
  detail json,
  -- Of a review, in order: `{by, key, as, text?, at}`, one of each person.
  votes jsonb not null default '[]',
  -- `{as, by, at}` once people resolved it.
  resolution jsonb,
  created_at timestamptz not null default now(),
  primary key (run, path)
);
-- What people may answer now.
create index wait_asked on wait (created_at) where kind in ('human', 'review') and resolution is null;

-- What a run asks people to release: one exact call, and where its rules say so further ones of its class. Every change
-- of `state` is one update that names the state before it.
create table approval (
  -- What people call it. Knowing it gives nothing: who decides has to be an approver.
  id text primary key check (id ~ '^[0-9a-z]{10}$'),
  environment text not null references environment (name),
  -- Of the run: whose approvers are asked where a rule names nobody.
  namespace text not null,
  run uuid not null references run (id),
  -- The run's by then: requests of before a retry are not looked at.
  fence bigint not null,
  -- The call's path without its attempt, and its place.
  path text not null,
  node text not null,
  action_digest text not null check (action_digest = encode(sha256(convert_to(action, 'UTF8')), 'hex')),
  -- Canonical JSON of all that the decision binds to: digests and names, no contents.
  action text not null,
  -- Canonical JSON of the arguments as people see them: fields that the tool's schema calls sensitive are left out.
  args text not null,
  -- `[{rule, ttlMs, fourEyes, approvers?, batch?}]`: each must be satisfied by itself.
  asks jsonb not null,
  -- Who submitted the run, or wrote what a machine started it by.
  subject text not null,
  state text not null default 'pending' check (state in
    ('pending', 'approved', 'consumed', 'denied', 'expired', 'cancelled')),
  -- In order: `{by, key, as, asks, batch?, text?, at}`, one of each person; `asks` are the indices that it counts for.
  votes jsonb not null default '[]',
  -- Who decided it, or what ended it.
  decided_by text,
  reason text,
  -- Paths of the intents that used it, and how many may.
  used_by text[] not null default '{}',
  uses_max integer not null default 1 check (uses_max between 1 and 1001),
  -- Digest of what calls must have in common to be released along with this one; null: none are.
  class_digest text,
  created_at timestamptz not null default clock_timestamp(),
  expires_at timestamptz not null,
  decided_at timestamptz,
  check (cardinality(used_by) <= uses_max),
  check ((state = 'consumed') = (cardinality(used_by) = uses_max) or state in ('expired', 'cancelled')),
  check (expires_at <= created_at + interval '24 hours 1 minute')
);
-- One open request for each call.
create unique index approval_open on approval (run, path) where state in ('pending', 'approved');
create index approval_due on approval (expires_at) where state in ('pending', 'approved');
create index approval_listed on approval (environment, state, created_at, id);
create index approval_run on approval (run);

-- Whoever ends a run ends what it asked: nobody decides on a call that cannot come any more.
create function cancel_approvals() returns trigger language plpgsql as $$
begin
  update approval set state = 'cancelled', decided_at = now(), reason = 'The run has ended.'
    where run = new.id and state in ('pending', 'approved');
  return null;
end $$;
create trigger run_ended_cancels after update of ended_at on run
  for each row when (old.asks_approval and old.ended_at is null and new.ended_at is not null)
  execute function cancel_approvals();

-- When each TaskSchedule comes next. Apply marks the row in its own transaction by setting `next_at` to now: whoever
-- fires it takes the row first and then reads what the revision holds, so that the two cannot disagree.
create table schedule (
  id bigint generated always as identity primary key,
  environment text not null references environment (name),
  -- `namespace/name` of the TaskSchedule.
  name text not null,
  -- When it is looked at next. Null: it was removed, is suspended, or never comes again.
  next_at timestamptz,
  -- The time that `next_at` stands for, before its jitter. Null: it was changed and nobody has looked yet.
  next_tick timestamptz,
  -- Times up to this one are decided.
  decided_at timestamptz not null default now(),
  -- The last apply that changed or removed it.
  changed_at timestamptz not null default now(),
  -- The cron and zone that `next_tick` follows from. Null: it is suspended or removed.
  timing text,
  -- Times that were too late to be made up for.
  missed bigint not null default 0,
  unique (environment, name)
);
create index schedule_due on schedule (next_at) where next_at is not null;

-- What became of a schedule's times: one row each, written with the run that it starts, so that one scheduler wins.
create table tick (
  schedule bigint not null references schedule (id) on delete cascade,
  tick timestamptz not null,
  outcome text not null check (outcome in ('started', 'skipped', 'missed', 'failed')),
  -- Several that were missed start one run, or are recorded in one row.
  times integer not null default 1 check (times > 0),
  run uuid,
  -- `{code, message}` of one that failed.
  error json,
  -- Who started it beside the schedule. Absent: the schedule did.
  by text,
  at timestamptz not null default now(),
  check ((outcome = 'started') = (run is not null)),
  primary key (schedule, tick)
);

-- Requests to TaskWebhooks that proved where they come from. One that started a run is the same one again until it
-- expires; one that was turned down is looked at anew when it is sent again.
create table delivery (
  environment text not null references environment (name),
  -- `namespace/name` of the TaskWebhook.
  webhook text not null,
  -- The id that the sender gave it, else the digest of its body.
  delivery text not null,
  outcome text not null check (outcome in ('started', 'filtered', 'suspended', 'refused')),
  run uuid,
  -- `{code, message}` of one that was refused.
  error json,
  received_at timestamptz not null default now(),
  expires_at timestamptz not null,
  check ((outcome = 'started') = (run is not null)),
  primary key (environment, webhook, delivery)
);
create index delivery_expired on delivery (expires_at);
create index delivery_recent on delivery (environment, webhook, received_at desc);

-- Tokens of jobs of GitHub Actions that a plan was made for, each once: no second request is answered for one.
create table actions_token (
  -- `jti`, as GitHub signed it.
  id text primary key,
  expires_at timestamptz not null
);
create index actions_token_expired on actions_token (expires_at);

-- What agents remember. Contents hang on an id, so that a Memory that moves takes them along; the row is made when an
-- agent first uses it.
create table memory (
  id uuid primary key default gen_random_uuid(),
  environment text not null references environment (name),
  -- `namespace/name` of the Memory.
  path text not null,
  -- Names that it had before: runs that began under one of them go on with what it holds.
  former text[] not null default '{}',
  -- Since when Git has no such Memory: its contents are kept for a while, in case it comes back.
  removed_at timestamptz,
  created_at timestamptz not null default now()
);
create unique index memory_path on memory (environment, path);
create index memory_removed on memory (removed_at) where removed_at is not null;

-- One session of one agent. Its row is the lock under which exchanges are appended.
create table memory_session (
  id bigint generated always as identity primary key,
  memory uuid not null references memory (id) on delete cascade,
  -- `namespace/name`.
  agent text not null,
  session text not null,
  -- Messages ever appended.
  appended bigint not null default 0,
  used_at timestamptz not null default now(),
  expires_at timestamptz not null,
  unique (memory, agent, session)
);
create index memory_session_expired on memory_session (expires_at);

create table memory_message (
  session bigint not null references memory_session (id) on delete cascade,
  ordinal bigint not null,
  role text not null check (role in ('user', 'assistant')),
  -- JSON text of a string: text itself can hold no NUL.
  body text not null,
  -- One execution of one node appends once, however often it is taken up.
  run uuid not null,
  place text not null,
  part smallint not null,
  at timestamptz not null default clock_timestamp(),
  primary key (session, ordinal),
  unique (run, place, part)
);

-- What is remembered beyond sessions, by key; a document that was taken in is several chunks of one key.
create table memory_entry (
  memory uuid not null references memory (id) on delete cascade,
  key text not null,
  chunk integer not null default 0,
  -- JSON text.
  value text not null,
  -- What a search by words looks at.
  body text not null,
  words tsvector generated always as (to_tsvector('simple', body)) stored,
  -- What a search by meaning compares. An array, and no type of an extension: it is there on every PostgreSQL.
  embedding real[],
  -- What made it: provider, model and length. Embeddings of one alone are ever compared.
  embedded_by text,
  -- Who wrote it: `Agent/ns/name`, and in which run.
  written_by text not null,
  run uuid not null,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  expires_at timestamptz,
  primary key (memory, key, chunk),
  check ((embedding is null) = (embedded_by is null))
);
create index memory_entry_words on memory_entry using gin (words);
create index memory_entry_expired on memory_entry (expires_at) where expires_at is not null;

-- Calls that have written: one that is made again after a crash must not write over what came after it.
create table memory_call (
  id text primary key,
  memory uuid not null references memory (id) on delete cascade,
  at timestamptz not null default now()
);
create index memory_call_at on memory_call (at);

-- What became of runs, for whoever follows: names, states and codes, no contents. Rows are written by triggers, in the
-- transaction of the change, while events are kept (`pawl migrate --events on`); else the triggers are off.
create table run_event (
  id bigint generated always as identity primary key,
  -- The order that readers go by, given once the row is visible to everybody. Null: not yet.
  position bigint unique,
  environment text not null,
  namespace text not null,
  -- `namespace/name` of the AgentSystem.
  system text not null,
  run uuid not null,
  kind text not null,
  detail jsonb not null default '{}',
  at timestamptz not null default clock_timestamp()
);
create index run_event_new on run_event (id) where position is null;
create index run_event_environment on run_event (environment, position);

-- Whether events are kept, and how far they are; one row.
create table run_event_feed (
  is_only boolean primary key default true check (is_only),
  is_on boolean not null default false,
  -- Of the newest event that has one.
  position bigint not null default 0,
  -- Events up to here were given to the bus.
  published bigint not null default 0,
  -- Which process gives them to it, and until when it may.
  fed_by uuid,
  fed_until timestamptz,
  -- Events up to here were kept for long enough, and removed.
  removed bigint not null default 0,
  check ((fed_by is null) = (fed_until is null))
);
insert into run_event_feed default values;

create function tell_run() returns trigger language plpgsql as $$
begin
  insert into run_event (environment, namespace, system, run, kind, detail)
  values (new.environment, new.namespace, new.system, new.id,
    'run.' || case when tg_op = 'INSERT' then 'submitted' else lower(left(new.state, 1)) || substr(new.state, 2) end,
    jsonb_strip_nulls(jsonb_build_object('from', case when tg_op = 'UPDATE' then old.state end, 'fence', new.fence,
      'revision', new.revision, 'code', new.error ->> 'code')));
  return null;
end $$;
create trigger run_submitted_tells after insert on run for each row execute function tell_run();
create trigger run_changed_tells after update on run
  for each row when (old.state is distinct from new.state) execute function tell_run();

create function tell_wait() returns trigger language plpgsql as $$
begin
  insert into run_event (environment, namespace, system, run, kind, detail)
  select r.environment, r.namespace, r.system, r.id,
    case when new.resolution is null then 'wait.opened' else 'wait.resolved' end,
    jsonb_strip_nulls(jsonb_build_object('path', new.path, 'kind', new.kind,
      'as', new.resolution ->> 'as', 'by', new.resolution ->> 'by',
      'dueAt', case when new.resolution is null then to_char(new.due_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') end))
  from run r where r.id = new.run;
  return null;
end $$;
-- What people are asked; of the rest the run's state tells.
create trigger wait_opened_tells after insert on wait
  for each row when (new.kind in ('human', 'review', 'unknown')) execute function tell_wait();
create trigger wait_resolved_tells after update on wait
  for each row when (new.kind in ('human', 'review', 'unknown') and old.resolution is null and new.resolution is not null)
  execute function tell_wait();

create function tell_approval() returns trigger language plpgsql as $$
begin
  insert into run_event (environment, namespace, system, run, kind, detail)
  select r.environment, r.namespace, r.system, r.id,
    'approval.' || case when new.state = 'pending' then 'asked' else new.state end,
    jsonb_strip_nulls(jsonb_build_object('approval', new.id, 'path', new.path, 'by', new.decided_by,
      'dueAt', case when new.state = 'pending' then to_char(new.expires_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') end))
  from run r where r.id = new.run;
  return null;
end $$;
create trigger approval_asked_tells after insert on approval for each row execute function tell_approval();
create trigger approval_decided_tells after update on approval
  for each row when (old.state is distinct from new.state) execute function tell_approval();

alter table run disable trigger run_submitted_tells;
alter table run disable trigger run_changed_tells;
alter table wait disable trigger wait_opened_tells;
alter table wait disable trigger wait_resolved_tells;
alter table approval disable trigger approval_asked_tells;
alter table approval disable trigger approval_decided_tells;

create function refuse_change() returns trigger language plpgsql as $$
begin
  raise exception '% rows are append-only', tg_table_name using errcode = 'restrict_violation';
end $$;
create trigger event_append_only before update or delete or truncate on event
  for each statement execute function refuse_change();
create trigger revision_append_only before update or delete or truncate on revision
  for each statement execute function refuse_change();
create trigger step_append_only before update or truncate on step
  for each statement execute function refuse_change();
create trigger audit_append_only before update or delete or truncate on audit
  for each statement execute function refuse_change();
create trigger audit_chain_append_only before update or delete or truncate on audit_chain
  for each statement execute function refuse_change();
create trigger spec_immutable before update or truncate on spec
  for each statement execute function refuse_change();
create trigger bundle_immutable before update or truncate on bundle
  for each statement execute function refuse_change();

-- Apply marks its transaction with `set local pawl.apply = 'on'`; any other writer leaves its name and the time.
create function mark_touched() returns trigger language plpgsql as $$
begin
  if current_setting('pawl.apply', true) = 'on' then
    new.touched_at := null;
    new.touched_by := null;
  else
    new.touched_at := clock_timestamp();
    new.touched_by := concat_ws(' ', session_user, nullif(current_setting('application_name', true), ''));
  end if;
  return new;
end $$;
create trigger resource_touched before insert or update on resource
  for each row execute function mark_touched();

-- Statements by hand alone are counted: apply's own are told by the revision.
create function count_writes() returns trigger language plpgsql as $$
begin
  if current_setting('pawl.apply', true) = 'on' then
    return null;
  end if;
  if tg_op = 'INSERT' then
    update environment set writes = writes + 1 where name in (select environment from written);
  elsif tg_op = 'DELETE' then
    update environment set writes = writes + 1 where name in (select environment from removed);
  elsif tg_op = 'UPDATE' then
    update environment set writes = writes + 1
      where name in (select environment from written union select environment from removed);
  else
    update environment set writes = writes + 1;
  end if;
  return null;
end $$;
create trigger resource_inserted after insert on resource
  referencing new table as written for each statement execute function count_writes();
create trigger resource_updated after update on resource
  referencing old table as removed new table as written for each statement execute function count_writes();
create trigger resource_deleted after delete on resource
  referencing old table as removed for each statement execute function count_writes();
create trigger resource_truncated after truncate on resource
  for each statement execute function count_writes();

-- What a revision held is history: apply closes a row when the next one begins, and nobody else writes it.
create function refuse_hand() returns trigger language plpgsql as $$
begin
  if current_setting('pawl.apply', true) is distinct from 'on' then
    raise exception '% rows are written by apply alone', tg_table_name using errcode = 'restrict_violation';
  end if;
  return null;
end $$;
create trigger resource_history_guarded before insert or update or delete or truncate on resource_history
  for each statement execute function refuse_hand();
create trigger bundle_history_guarded before insert or update or delete or truncate on bundle_history
  for each statement execute function refuse_hand();
