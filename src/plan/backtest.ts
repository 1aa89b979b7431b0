import type { Bundle } from '../manifest/bundle.ts';
import { type JsonObject, own } from '../manifest/json.ts';
import { compareText } from '../manifest/problem.ts';
import type { Address } from '../manifest/resource.ts';
import type { ArgumentSchemas } from '../policy/arguments.ts';
import type { Authority, SubjectAuthority } from '../policy/authority.ts';
import type { GateCall, GateContext } from '../policy/context.ts';
import type { Decision } from '../policy/decision.ts';
import { isEmbedding } from '../policy/embedding-path.ts';
import { decide } from '../policy/gate.ts';
import { handOffTarget, isHandOff } from '../policy/hand-off.ts';
import { type AccountedRow, foldRow } from '../policy/fold-journal.ts';
import { Ledger } from '../policy/ledger.ts';
import { tierOrder } from '../policy/tier.ts';
import { touchedIn } from '../policy/touched.ts';
import type { Backtest } from './beside.ts';
import { anyArguments, targetSchemas } from './backtest-schemas.ts';

/** A run that has ended, as the journal tells it. */
export interface RecordedRun {
  readonly id: string;
  /** `namespace/name` of the AgentSystem. */
  readonly system: string;
  /** Agent by node, as `namespace/name`; undefined: the node called a tool itself. */
  readonly agents: ReadonlyMap<string, string | undefined>;
  /** Absent: it is not kept, or too long to read again. */
  readonly input?: JsonObject;
  /** In the order of writing. */
  readonly rows: readonly RecordedRow[];
}

export interface RecordedRow extends AccountedRow {
  /** On the first row of a call. */
  readonly decision:
    | {
        readonly kind: 'allow' | 'deny';
        readonly reason?: string;
        /** What people released it by. */
        readonly approval?: string;
        readonly accounts?: readonly string[];
      }
    | undefined;
  /** When it was written, as RFC 3339; absent: not known. */
  readonly at?: string | undefined;
  /** An intent's arguments; undefined: they are not kept, or are too long to read again. */
  readonly args: string | undefined;
}

export interface BacktestTarget {
  /** What a system would be after the plan, by `namespace/name`; undefined: it would be gone. */
  readonly system: (name: string) => { readonly content: Bundle; readonly authority: Authority } | undefined;
  /** New addresses by old ones. */
  readonly moves: ReadonlyMap<Address, Address>;
}

/** Decides recorded calls again, run by run, so that no more than a few runs are held at a time. */
export interface Backtesting {
  readonly add: (run: RecordedRun) => void;
  readonly result: () => Backtest;
}

/**
 * The worker's own `decide` under the target, against what was decided then. Each call is decided with what the run had
 * really used by then: how an agent would have gone on after another answer nobody knows. No model is called.
 */
export function backtesting(target: BacktestTarget): Backtesting {
  const tally: Tally = {
    runs: 0,
    calls: 0,
    deniedRuns: 0,
    deniedCalls: 0,
    askedRuns: 0,
    askedCalls: 0,
    unaskedCalls: 0,
    allowedCalls: 0,
    undecidedCalls: 0,
  };
  const examples = new Map<string, Backtest['examples'][number]>();
  return {
    add(run) {
      tally.runs += 1;
      const before = { ...tally };
      for (const { row, subject, decision } of decidedAgain(run, target)) {
        tally.calls += 1;
        count(tally, row, decision);
        const said = exampleOf(row, decision);
        if (said !== undefined) {
          const { reason, rule } = said;
          const key = `${reason} ${rule}`;
          const known = examples.get(key) ?? {
            run: run.id,
            path: row.path,
            subject,
            target: row.target,
            reason,
            rule,
            count: 0,
          };
          examples.set(key, { ...known, count: known.count + 1 });
        }
      }
      if (tally.deniedCalls > before.deniedCalls) tally.deniedRuns += 1;
      if (tally.askedCalls > before.askedCalls) tally.askedRuns += 1;
    },
    result: () => ({ ...tally, examples: mostFrequent([...examples.values()]) }),
  };
}

type Tally = { -readonly [Figure in Exclude<keyof Backtest, 'examples'>]-?: number };

const examplesMax = 20;

function mostFrequent(examples: Backtest['examples'][number][]): Backtest['examples'] {
  return examples
    .sort((a, b) => b.count - a.count || compareText(a.reason, b.reason) || compareText(a.rule, b.rule))
    .slice(0, examplesMax);
}

/** Undefined decision: the arguments that decided it then are not kept. */
function count(tally: Tally, { decision: then }: RecordedRow, now: Decision | undefined): void {
  if (now === undefined) tally.undecidedCalls += 1;
  else if (then?.kind === 'allow' && now.kind === 'deny') tally.deniedCalls += 1;
  else if (isNewlyAsked(then, now)) tally.askedCalls += 1;
  else if (then?.kind === 'allow' && then.approval !== undefined && now.kind === 'allow') tally.unaskedCalls += 1;
  else if (then?.kind === 'deny' && now.kind === 'allow') tally.allowedCalls += 1;
}

/** Whoever was asked then, and agreed or not, would be asked again. */
function isNewlyAsked(then: RecordedRow['decision'], now: Decision): boolean {
  if (now.kind !== 'ask' || then === undefined) return false;
  return then.kind === 'allow' ? then.approval === undefined : then.reason?.startsWith('approval.') !== true;
}

/** What a call would newly meet, where it would not pass as it did. */
function exampleOf(
  { decision: then }: RecordedRow,
  now: Decision | undefined,
): { readonly reason: string; readonly rule: string } | undefined {
  if (now?.kind === 'deny' && then?.kind === 'allow') return { reason: now.reason, rule: now.rule };
  if (now?.kind !== 'ask' || !isNewlyAsked(then, now)) return undefined;
  return { reason: 'asks', rule: now.asks.map(({ rule }) => rule).join(', ') };
}

interface DecidedAgain {
  readonly row: RecordedRow;
  /** As the run had it. */
  readonly subject: Address;
  readonly decision: Decision | undefined;
}

function* decidedAgain(run: RecordedRun, target: BacktestTarget): Generator<DecidedAgain> {
  const system = renamed(target.moves, 'AgentSystem', run.system);
  const compiled = target.system(system);
  const ledger = new Ledger();
  const inputTokens = tokensByPath(run.rows);
  for (const row of run.rows) {
    const agent = run.agents.get(row.node);
    const subject = agent === undefined ? `AgentSystem/${run.system}` : `Agent/${agent}`;
    const subjectNow = agent === undefined ? `AgentSystem/${system}` : `Agent/${renamed(target.moves, 'Agent', agent)}`;
    // What a run was given of its session is no call: it counts for what the calls after it have touched.
    if (row.decision !== undefined && row.kind !== 'memory') {
      const asked: Asked = { row, run, subject: subjectNow, target, inputTokens: inputTokens.get(row.path) };
      const decision = compiled === undefined ? gone(`AgentSystem/${run.system}`) : again(asked, compiled, ledger);
      yield { row, subject, decision };
    }
    foldRow(ledger, { ...row, target: targetNow(row, target) }, subjectNow);
  }
}

/** What a call was to, by the name that the target has for it. */
function targetNow({ kind, target: name }: RecordedRow, { moves }: BacktestTarget): string {
  return kind === 'tool' ? renamed(moves, 'Tool', name) : name;
}

interface Asked {
  readonly row: RecordedRow;
  readonly run: RecordedRun;
  readonly subject: Address;
  readonly target: BacktestTarget;
  /** Of the model's answer. */
  readonly inputTokens: number | undefined;
}

function again(
  asked: Asked,
  compiled: NonNullable<ReturnType<BacktestTarget['system']>>,
  ledger: Ledger,
): Decision | undefined {
  const { row, subject } = asked;
  const { content, authority } = compiled;
  const pinned = own(authority.subjects, subject);
  if (pinned === undefined) return gone(subject);
  // Facts of the worker, of the moment or of the text: nothing in a plan would make them another.
  if (row.decision?.reason !== undefined && isUndecidable(row.decision.reason, pinned)) return undefined;
  const context: GateContext = {
    clock: { lost: false, cancelled: false, overdue: false },
    bundle: content,
    schemas: schemasFor(row, content),
    pinned,
    live: undefined,
    // What ran then ran on a worker that had the tier for it.
    tiers: tierOrder,
    usage: {
      ...ledger.usage(row.node, { subject, pinned: authority, live: undefined }),
      ...touchedIn(ledger, { revisions: { pinned, live: undefined }, bundle: content, live: undefined }),
    },
    ...whereOf(asked),
  };
  return decide(callOf(asked, content), context);
}

/** What conditions read of the run and of the hour then; a text of which either is not kept fails as it would have. */
function whereOf({ row, run }: Asked): Pick<GateContext, 'where'> {
  if (row.at === undefined || run.input === undefined) return {};
  return { where: { environment: '', run: run.id, step: '', call: '', input: run.input, now: row.at } };
}

/** What others drew from a shared account by then is not asked again. */
function isUndecidable(reason: string, { budgets }: SubjectAuthority): boolean {
  if (reason === 'budget.exhausted') return budgets.some(({ scope }) => scope !== 'run');
  return undecidable.has(reason) || /^(?:halt|guard|rate)\./.test(reason);
}

const undecidable: ReadonlySet<string> = new Set([
  'run.lease_lost',
  'run.cancelled',
  'run.deadline',
  'gate.conflict',
  'gate.error',
  'gate.schema_error',
  'call.malformed',
  'call.too_large',
  'args.invalid',
  'isolation.unavailable',
]);

function callOf({ row, subject, target, inputTokens }: Asked, content: Bundle): GateCall {
  if (row.kind === 'model') {
    const asked = renamed(target.moves, 'ModelEndpoint', row.target);
    if (isEmbedding(row.path))
      return { kind: 'model', subject, model: asked, inputTokens: inputTokens ?? 0, embeds: true };
    return { kind: 'model', subject, model: modelAskedOf({ subject, asked }, content), inputTokens: inputTokens ?? 0 };
  }
  const tool = isHandOff(row.target)
    ? handOffTarget(renamed(target.moves, 'Agent', row.target.slice('Agent/'.length)))
    : renamed(target.moves, 'Tool', row.target);
  return { kind: 'tool', subject, name: nameOf(tool, subject, content), arguments: row.args ?? '{}' };
}

/** The endpoint that was asked, where the agent still names it; else the first one that it names now. */
function modelAskedOf(
  { subject, asked }: { readonly subject: Address; readonly asked: string },
  content: Bundle,
): string {
  const agent = own(content.agents, subject.slice('Agent/'.length));
  if (agent === undefined) return asked;
  const named = [agent.model, ...(agent.fallback ?? []), agent.compaction?.summarizer];
  return named.includes(asked) ? asked : agent.model;
}

/** Under which name the subject would ask for that tool; a tool that nobody had is asked for as the model wrote it. */
function nameOf(tool: string, subject: Address, content: Bundle): string {
  if (!subject.startsWith('Agent/')) return tool;
  const { tools = {}, agents = {} } = own(content.agents, subject.slice('Agent/'.length)) ?? {};
  const handOff = isHandOff(tool)
    ? Object.keys(agents).find((name) => agents[name]?.agent === tool.slice('Agent/'.length))
    : undefined;
  return handOff ?? Object.entries(tools).find(([, id]) => id === tool)?.[0] ?? tool;
}

/** Arguments that are not kept fitted the schema then; what another schema says of them is not asked. */
function schemasFor(row: RecordedRow, content: Bundle): ArgumentSchemas {
  return row.args === undefined ? anyArguments : targetSchemas(content);
}

function gone(address: Address): Decision {
  const message = `${address} is not in the target.`;
  return { kind: 'deny', reason: 'gate.authority_missing', rule: address, message };
}

function renamed(
  moves: BacktestTarget['moves'],
  kind: 'Agent' | 'AgentSystem' | 'ModelEndpoint' | 'Tool',
  name: string,
): string {
  return moves.get(`${kind}/${name}`)?.slice(kind.length + 1) ?? name;
}

/** What a model's input came to stands on the result; of an answer that never came, all that was held is. */
function tokensByPath(rows: readonly RecordedRow[]): ReadonlyMap<string, number> {
  const tokens = new Map<string, number>();
  for (const row of rows) {
    if (row.kind === 'model' && row.phase === 'result' && row.tokensIn !== undefined)
      tokens.set(row.path, row.tokensIn);
  }
  return tokens;
}
