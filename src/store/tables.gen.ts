// Generated from src/store/migrations by tooling/generate-tables.ts. Do not edit.
import type { ColumnType } from 'kysely';
import type { Json, JsonObject } from '../manifest/json.ts';
import type { Membership, RoleBinding } from '../policy/person.ts';
import type { JsonColumn, JsonColumnDefault, JsonColumnOrNull, RevisionSummary, RunFailure } from './json-column.ts';

export type Generated<T> =
  T extends ColumnType<infer S, infer I, infer U> ? ColumnType<S, I | undefined, U> : ColumnType<T, T | undefined, T>;

export type Timestamp = ColumnType<Date, Date | string, Date | string>;

export interface Account {
  drawn: Generated<number>;
  ends_at: Timestamp;
  environment: string;
  id: string;
  lim: number;
  revision: number;
  used: Generated<number>;
}

export interface Acknowledgement {
  class: string;
  content: string;
  environment: string;
  given_at: Generated<Timestamp>;
  given_by: string;
  id: Generated<number>;
  lineage: string;
  membership: JsonColumnDefault<Membership>;
  plan_digest: string;
  reason: Generated<string>;
  shown_id: string;
  used_by_revision: number | null;
}

export interface ActionsToken {
  expires_at: Timestamp;
  id: string;
}

export interface Alert {
  cleared_at: Timestamp | null;
  content: Json;
  environment: string;
  episode: Generated<number>;
  fingerprint: string;
  fired_at: Timestamp | null;
  flaps: Generated<number>;
  key: string;
  resolved_at: Timestamp | null;
  severity: string;
  since: Generated<Timestamp>;
  state: string;
  version: Generated<number>;
}

export interface AlertIssue {
  attempts: Generated<number>;
  due_at: Generated<Timestamp>;
  environment: string;
  key: string;
  last_error: string | null;
  number: number | null;
  published: string | null;
  receiver: string;
  repository: string;
}

export interface Allotment {
  account: string;
  drawn: number;
  run: string;
  used: Generated<number>;
}

export interface ApiToken {
  created_at: Generated<Timestamp>;
  created_by: string;
  digest: string;
  expires_at: Timestamp;
  groups: string[];
  id: string;
  name: string;
  revoked_at: Timestamp | null;
  revoked_by: string | null;
  roles: JsonColumn<readonly RoleBinding[]>;
  used_at: Timestamp | null;
}

export interface Approval {
  action: string;
  action_digest: string;
  args: string;
  asks: Json;
  class_digest: string | null;
  created_at: Generated<Timestamp>;
  decided_at: Timestamp | null;
  decided_by: string | null;
  environment: string;
  expires_at: Timestamp;
  fence: number;
  id: string;
  namespace: string;
  node: string;
  path: string;
  reason: string | null;
  run: string;
  state: Generated<string>;
  subject: string;
  used_by: Generated<string[]>;
  uses_max: Generated<number>;
  votes: Generated<Json>;
}

export interface Attempt {
  at: Generated<Timestamp>;
  code: string | null;
  commit_id: string | null;
  environment: string;
  id: Generated<number>;
  message: Generated<string>;
  outcome: string;
  revision: number | null;
}

export interface Audit {
  at: Generated<Timestamp>;
  hash: Buffer;
  run: string;
  runs: string[] | null;
  seq: number;
  text: string;
  xid: Generated<string>;
}

export interface AuditChain {
  at: Generated<Timestamp>;
  environment: string;
  event: number | null;
  hash: Buffer;
  kind: string;
  run: string | null;
  run_seq: number | null;
  seq: number;
  text: string;
}

export interface AuditFold {
  folded_at: Generated<Timestamp>;
  is_only: Generated<boolean>;
  xid: string;
}

export interface Blob {
  body: string;
  digest: string;
}

export interface Bundle {
  authority: string;
  content: string;
  digest: string;
  engine_schema: number;
  timeout_ms: number;
}

export interface BundleHistory {
  digest: string;
  environment: string;
  from_revision: number;
  system: string;
  to_revision: number | null;
}

export interface Concurrency {
  environment: string;
  key: string;
  slots: number;
  system: string;
}

export interface Condition {
  commit_id: string | null;
  environment: string;
  message: Generated<string>;
  reason: string;
  since: Generated<Timestamp>;
  status: string;
  type: string;
}

export interface Delivery {
  delivery: string;
  environment: string;
  error: JsonColumnOrNull<RunFailure>;
  expires_at: Timestamp;
  outcome: string;
  received_at: Generated<Timestamp>;
  run: string | null;
  webhook: string;
}

export interface Deployment {
  commit_id: string;
  created_at: Generated<Timestamp>;
  deployment_id: number | null;
  description: string | null;
  environment: string;
  repository: string;
  state: string | null;
}

export interface Environment {
  commit_id: string | null;
  created_at: Generated<Timestamp>;
  heal_resumed_at: Timestamp | null;
  heal_stopped_at: Timestamp | null;
  lineage: Generated<string>;
  name: string;
  pin: number | null;
  quarantine_writes: Generated<number>;
  revision: Generated<number>;
  root: string;
  rules: string | null;
  tree_id: string | null;
  updated_at: Generated<Timestamp>;
  writes: Generated<number>;
}

export interface Event {
  action: string;
  actor: string;
  at: Generated<Timestamp>;
  detail: JsonColumnDefault<JsonObject>;
  environment: string;
  id: Generated<number>;
  xid: Generated<string>;
}

export interface ForgeCursor {
  list: string;
  read_to: Timestamp;
  repository: string;
}

export interface Halt {
  aborts: Generated<boolean>;
  created_at: Generated<Timestamp>;
  created_by: string;
  denies: Generated<boolean>;
  end_reason: string | null;
  ended_at: Timestamp | null;
  ended_by: string | null;
  environment: string | null;
  expires_at: Timestamp | null;
  id: Generated<string>;
  kind: string;
  name: string;
  reason: string;
  released: Generated<boolean>;
  set_as: string;
}

export interface HaltEpoch {
  epoch: Generated<number>;
  is_one: Generated<boolean>;
}

export interface Inbox {
  delivery: string;
  event: string;
  handled_at: Timestamp | null;
  hint: Json;
  received_at: Generated<Timestamp>;
  repository: string;
  source: string;
}

export interface Memory {
  created_at: Generated<Timestamp>;
  environment: string;
  former: Generated<string[]>;
  id: Generated<string>;
  path: string;
  removed_at: Timestamp | null;
}

export interface MemoryCall {
  at: Generated<Timestamp>;
  id: string;
  memory: string;
}

export interface MemoryEntry {
  body: string;
  chunk: Generated<number>;
  created_at: Generated<Timestamp>;
  embedded_by: string | null;
  embedding: number[] | null;
  expires_at: Timestamp | null;
  key: string;
  memory: string;
  run: string;
  updated_at: Generated<Timestamp>;
  value: string;
  words: Generated<string | null>;
  written_by: string;
}

export interface MemoryMessage {
  at: Generated<Timestamp>;
  body: string;
  ordinal: number;
  part: number;
  place: string;
  role: string;
  run: string;
  session: number;
}

export interface MemorySession {
  agent: string;
  appended: Generated<number>;
  expires_at: Timestamp;
  id: Generated<number>;
  memory: string;
  session: string;
  used_at: Generated<Timestamp>;
}

export interface Migration {
  digest: string;
  name: string;
}

export interface Outbox {
  attempts: Generated<number>;
  created_at: Generated<Timestamp>;
  delivered_at: Timestamp | null;
  dropped: string | null;
  due_at: Generated<Timestamp>;
  environment: string;
  episode: number;
  fingerprint: string;
  id: Generated<number>;
  key: string;
  last_error: string | null;
  lease_until: Timestamp | null;
  message: Json;
  phase: string;
  reached: Generated<boolean>;
  receiver: string;
}

export interface Override {
  address: string;
  base_commit: string;
  base_root: string;
  ended_at: Timestamp | null;
  ended_by: string | null;
  ended_revision: number | null;
  environment: string;
  expires_at: Timestamp;
  id: string;
  patch: JsonColumn<JsonObject>;
  reason: string;
  revision: number;
  set_at: Generated<Timestamp>;
  set_by: string;
}

export interface Pass {
  apply_ms: number | null;
  at: Generated<Timestamp>;
  environment: string;
  pass_ms: number;
  plan_ms: number | null;
}

export interface Probe {
  at: Generated<Timestamp>;
  detail: Generated<string>;
  environment: string;
  name: string;
  reason: string;
  since: Generated<Timestamp>;
  state: string;
  streak: Generated<number>;
  subject: string;
  worker: string;
}

export interface ProbeTurn {
  asked: string | null;
  due_at: Generated<Timestamp>;
  environment: string;
  lease_until: Timestamp | null;
  server: Generated<string>;
  worker: string | null;
}

export interface Proposal {
  asked_at: Generated<Timestamp>;
  asked_by: string;
  branch: string;
  content: string | null;
  dismissed: string | null;
  environment: string;
  head: string | null;
  is_closing: Generated<boolean>;
  is_foreign: Generated<boolean>;
  kind: string;
  next_head: string | null;
  number: number | null;
  published: string | null;
  reason: string | null;
  repository: string;
  request: Json;
  seen: string | null;
  state: string;
  subject: string;
  updated_at: Generated<Timestamp>;
}

export interface PullCommand {
  answer: string | null;
  author: string;
  comment_id: number;
  handled_at: Generated<Timestamp>;
  number: number;
  outcome: string;
  repository: string;
}

export interface PullCommit {
  branch: string;
  commit_id: string;
  looked_at: Timestamp | null;
  number: number | null;
  pushers: Generated<string[]>;
  repository: string;
  wanted_at: Generated<Timestamp>;
}

export interface PullNote {
  comment_id: number | null;
  content: string | null;
  number: number;
  repository: string;
  subject: string;
}

export interface PullPlan {
  base_revision: number;
  base_sha: string;
  check_id: number | null;
  comment_id: number | null;
  environment: string;
  head_sha: string;
  merge_tree: string | null;
  number: number;
  operations: Generated<Json>;
  plan_digest: string | null;
  planned_at: Generated<Timestamp>;
  published: string | null;
  published_at: Timestamp | null;
  repository: string;
  risks: Generated<Json>;
}

export interface PullRequest {
  author: string;
  base_ref: string;
  base_sha: string;
  head_ref: string;
  head_sha: string;
  is_draft: boolean;
  is_fork: boolean;
  merge_commit: string | null;
  merged_at: Timestamp | null;
  merged_by: string | null;
  number: number;
  pushers: Generated<string[]>;
  repository: string;
  seen_at: Generated<Timestamp>;
  state: string;
}

export interface Quarantine {
  address: string;
  digest: string | null;
  environment: string;
  release_reason: string | null;
  released_at: Timestamp | null;
  released_by: string | null;
  revision: number;
}

export interface Rate {
  key: string;
  limits: JsonColumn<JsonObject>;
  refilled_at: Timestamp;
  requests: number;
  revision: number;
  tokens: number;
  waiting_until: Timestamp;
}

export interface Resource {
  address: string;
  body: JsonColumn<JsonObject>;
  bucket: number;
  digest: string;
  environment: string;
  file: string;
  generation: Generated<number>;
  kind: string;
  line: number;
  name: string;
  namespace: string;
  revision: number;
  touched_at: Timestamp | null;
  touched_by: string | null;
}

export interface ResourceBucket {
  bucket: number;
  environment: string;
  hash: string;
}

export interface ResourceHistory {
  address: string;
  digest: string;
  environment: string;
  file: string;
  from_revision: number;
  generation: number;
  line: number;
  moved_from: string | null;
  to_revision: number | null;
  written: string | null;
}

export interface Revision {
  applied_at: Generated<Timestamp>;
  applied_by: string;
  base_revision: number;
  commit_id: string;
  commit_subject: Generated<string>;
  environment: string;
  plan_digest: string;
  revision: number;
  root: string;
  summary: JsonColumn<RevisionSummary>;
  tree_id: string;
}

export interface RevisionHealth {
  decided_at: Generated<Timestamp>;
  environment: string;
  message: Generated<string>;
  revision: number;
  rollback: Generated<string>;
  verdict: string;
}

export interface Rollout {
  changes: Generated<number>;
  ended_at: Timestamp | null;
  environment: string;
  from_bundle: string;
  from_revision: number;
  plan: Json;
  reason: Generated<string>;
  started_at: Generated<Timestamp>;
  state: string;
  step: Generated<number>;
  step_since: Generated<Timestamp>;
  system: string;
  to_bundle: string;
  to_revision: number;
  weight: number;
}

export interface Run {
  answered: Generated<boolean>;
  asked_at: Timestamp | null;
  asks_approval: Generated<boolean>;
  attempt: Generated<number>;
  blocked: Generated<boolean>;
  bundle: string;
  cancel_requested_at: Timestamp | null;
  cause: JsonColumnOrNull<JsonObject>;
  concurrency_key: string | null;
  crashes: Generated<number>;
  created_at: Generated<Timestamp>;
  deadline_at: Timestamp | null;
  drain_requested_at: Timestamp | null;
  ended_at: Timestamp | null;
  environment: string;
  error: JsonColumnOrNull<RunFailure>;
  fair_key: Generated<number>;
  fence: Generated<number>;
  id: string;
  idempotency_key: string | null;
  input: JsonColumn<Json>;
  namespace: string;
  output: JsonColumnOrNull<Json>;
  owner: string | null;
  pool: Generated<string>;
  priority: Generated<number>;
  replaced_by: string | null;
  requires: JsonColumnOrNull<JsonObject>;
  retried_fence: number | null;
  retried_from: string | null;
  retries: Generated<number>;
  retry_at: Timestamp | null;
  retry_over: Generated<boolean>;
  revision: number;
  run_at: Timestamp | null;
  session: string | null;
  started_at: Timestamp | null;
  state: Generated<string>;
  submitted_by: string;
  system: string;
}

export interface RunEvent {
  at: Generated<Timestamp>;
  detail: Generated<Json>;
  environment: string;
  id: Generated<number>;
  kind: string;
  namespace: string;
  position: number | null;
  run: string;
  system: string;
}

export interface RunEventFeed {
  fed_by: string | null;
  fed_until: Timestamp | null;
  is_on: Generated<boolean>;
  is_only: Generated<boolean>;
  position: Generated<number>;
  published: Generated<number>;
  removed: Generated<number>;
}

export interface Schedule {
  changed_at: Generated<Timestamp>;
  decided_at: Generated<Timestamp>;
  environment: string;
  id: Generated<number>;
  missed: Generated<number>;
  name: string;
  next_at: Timestamp | null;
  next_tick: Timestamp | null;
  timing: string | null;
}

export interface ServerLook {
  asked: string;
  at: Generated<Timestamp>;
  definitions: JsonColumnOrNull<JsonObject>;
  environment: string;
  fingerprint: string | null;
  server: string;
  since: Generated<Timestamp>;
  standing: string;
  told: JsonColumn<JsonObject>;
  tools: JsonColumn<readonly JsonObject[]>;
}

export interface Slot {
  environment: string;
  key: string;
  n: number;
  released: Generated<boolean>;
  run: string;
  system: string;
}

export interface Spec {
  body: string;
  digest: string;
}

export interface Step {
  args_digest: Buffer | null;
  at: Generated<Timestamp>;
  body: string | null;
  body_digest: string | null;
  cost: number | null;
  decision: JsonColumnOrNull<JsonObject>;
  error: JsonColumnOrNull<JsonObject>;
  fence: number;
  kind: string;
  node: string;
  outcome: string | null;
  path: string;
  phase: string;
  run: string;
  seq: Generated<number>;
  target: string;
  tokens_in: number | null;
  tokens_out: number | null;
  tokens_reserved: number | null;
}

export interface StoredSecret {
  ciphertext: Buffer | null;
  created_at: Generated<Timestamp>;
  created_by: string;
  environment: string;
  kek: string | null;
  key: string;
  name: string;
  namespace: string;
  nonce: Buffer | null;
  removed_at: Timestamp | null;
  tag: Buffer | null;
  version: number;
  wrapped: Buffer | null;
}

export interface Sync {
  environment: string;
  handled: Generated<number>;
  handled_at: Timestamp | null;
  pass_owner: string | null;
  pass_until: Timestamp | null;
  repository: string;
  suspend_reason: string | null;
  suspended_at: Timestamp | null;
  suspended_by: string | null;
  suspended_until: Timestamp | null;
  wanted: Generated<number>;
}

export interface Tick {
  at: Generated<Timestamp>;
  by: string | null;
  error: JsonColumnOrNull<RunFailure>;
  outcome: string;
  run: string | null;
  schedule: number;
  tick: Timestamp;
  times: Generated<number>;
}

export interface Wait {
  created_at: Generated<Timestamp>;
  detail: Json | null;
  due_at: Timestamp | null;
  kind: string;
  path: string;
  resolution: JsonColumnOrNull<JsonObject>;
  run: string;
  votes: Generated<Json>;
}

export interface Worker {
  backend_pid: number | null;
  cpu: number | null;
  heard_at: Generated<Timestamp>;
  host: string;
  id: string;
  lease_until: Timestamp;
  memory: number | null;
  pid: number;
  pool: Generated<string>;
  slots: number;
  started_at: Generated<Timestamp>;
  tiers: string[] | null;
  version: string;
  withheld: Json | null;
}

export interface Tables {
  account: Account;
  acknowledgement: Acknowledgement;
  actions_token: ActionsToken;
  alert: Alert;
  alert_issue: AlertIssue;
  allotment: Allotment;
  api_token: ApiToken;
  approval: Approval;
  attempt: Attempt;
  audit: Audit;
  audit_chain: AuditChain;
  audit_fold: AuditFold;
  blob: Blob;
  bundle: Bundle;
  bundle_history: BundleHistory;
  concurrency: Concurrency;
  condition: Condition;
  delivery: Delivery;
  deployment: Deployment;
  environment: Environment;
  event: Event;
  forge_cursor: ForgeCursor;
  halt: Halt;
  halt_epoch: HaltEpoch;
  inbox: Inbox;
  memory: Memory;
  memory_call: MemoryCall;
  memory_entry: MemoryEntry;
  memory_message: MemoryMessage;
  memory_session: MemorySession;
  migration: Migration;
  outbox: Outbox;
  override: Override;
  pass: Pass;
  probe: Probe;
  probe_turn: ProbeTurn;
  proposal: Proposal;
  pull_command: PullCommand;
  pull_commit: PullCommit;
  pull_note: PullNote;
  pull_plan: PullPlan;
  pull_request: PullRequest;
  quarantine: Quarantine;
  rate: Rate;
  resource: Resource;
  resource_bucket: ResourceBucket;
  resource_history: ResourceHistory;
  revision: Revision;
  revision_health: RevisionHealth;
  rollout: Rollout;
  run: Run;
  run_event: RunEvent;
  run_event_feed: RunEventFeed;
  schedule: Schedule;
  server_look: ServerLook;
  slot: Slot;
  spec: Spec;
  step: Step;
  stored_secret: StoredSecret;
  sync: Sync;
  tick: Tick;
  wait: Wait;
  worker: Worker;
}
