import { sha256 } from '../../src/manifest/digest.ts';
import type { Json } from '../../src/manifest/json.ts';
import { linkHash } from '../../src/policy/audit-link.ts';
import type { Budget } from '../../src/policy/authority.ts';
import { endedStates, type MemoryRun, type MemoryStep } from './memory-rows.ts';
import type { MemoryStore } from './memory-store.ts';
import type { SimulatedProcess } from './simulated-loop.ts';
import type { SimulatedWorld } from './simulated-world.ts';

/** Holds what happens against what must never happen. */
export class Watch {
  readonly violations: string[] = [];
  budgets: readonly Budget[] = [];
  /** A tool that live denies since a revision. */
  denied: { readonly tool: string; readonly revision: number } | undefined;
  readonly #store: MemoryStore;

  constructor(store: MemoryStore) {
    this.#store = store;
  }

  complain(what: string): void {
    this.violations.push(what);
  }

  /** A process begins a call: the decision and the intent are durable by now, and no finished call begins again. */
  begun({
    process,
    tool,
    key,
  }: {
    readonly process: SimulatedProcess;
    readonly tool: string;
    readonly key: string;
  }): void {
    const found = this.#callOf(key);
    if (found === undefined) return this.complain(`${process.name} calls ${tool} without an intent`);
    const { run, path } = found;
    const rows = run.steps.filter((row) => callPath(row.path) === path);
    if (!rows.some((row) => row.phase === 'intent' && row.decision?.kind === 'allow' && row.target === tool))
      this.complain(`${path} is called without a decision that allows it`);
    const isFinished = rows.some((row) => row.phase === 'result' && row.outcome === 'done');
    if (isFinished && this.#owns(process, run)) this.complain(`${path} of run ${run.id} is finished, and called again`);
  }

  judge(runs: readonly MemoryRun[], world: SimulatedWorld): void {
    for (const run of runs) {
      this.#judgeEnd(run);
      this.#judgeFences(run);
      this.#judgeBudgets(run);
      this.#judgeRecord(run);
      for (const row of run.steps) this.#judgeRow(run, row, world);
    }
    for (const { key, args, tool } of world.effects) {
      if (world.effects.some((other) => other.key === key && (other.args !== args || other.tool !== tool)))
        this.complain(`one key came with other arguments to ${tool}`);
    }
    for (const contradiction of this.#store.contradictions) this.complain(contradiction);
  }

  #judgeEnd(run: MemoryRun): void {
    if (run.ends > 1) this.complain(`run ${run.id} ended ${run.ends} times`);
    if (endedStates.has(run.state) && run.owner !== undefined) this.complain(`run ${run.id} ended and is owned`);
  }

  #judgeFences(run: MemoryRun): void {
    const fences = run.claims.map(({ fence }) => fence);
    if (fences.some((fence, index) => index > 0 && fence <= (fences[index - 1] ?? 0)))
      this.complain(`fences of run ${run.id} do not rise: ${fences.join(', ')}`);
    const claimed = new Set(fences);
    let last = 0;
    for (const { fence, path, kind } of run.steps) {
      // People answer while nobody has the run, too.
      if (!claimed.has(fence) && kind !== 'human')
        this.complain(`${path} of run ${run.id} was written under fence ${fence}, which nobody claimed`);
      if (fence < last)
        this.complain(`${path} of run ${run.id} was written under an older fence than the row before it`);
      last = fence;
    }
  }

  /** One chain, whoever wrote it, and in it every verdict and outcome that the journal has of a call. */
  #judgeRecord(run: MemoryRun): void {
    let before = '';
    const told = new Set<string>();
    for (const [index, { seq, text, hash }] of run.audit.entries()) {
      const isNext = seq === index + 1 && hash === linkHash(before, text);
      if (!isNext) this.complain(`row ${seq} of the record of run ${run.id} does not follow`);
      before = hash;
      const { events } = JSON.parse(text) as { events: readonly { event: string; call?: string }[] };
      for (const { event, call } of events) if (call !== undefined) told.add(`${event} ${call}`);
    }
    for (const { phase, path, kind, outcome, decision } of run.steps) {
      if (kind !== 'tool' && kind !== 'model') continue;
      if (decision !== undefined && !told.has(`${decision.kind} ${path}`))
        this.complain(`the record of run ${run.id} does not tell of the verdict on ${path}`);
      const isPersons = run.waits.get(path)?.kind === 'unknown';
      if (phase === 'result' && decision === undefined && !isPersons && !told.has(`${outcome} ${path}`))
        this.complain(`the record of run ${run.id} does not tell what became of ${path}`);
    }
  }

  /** At each intent: what is spent, what others hold and what this one holds together are within every budget. */
  #judgeBudgets(run: MemoryRun): void {
    if (this.budgets.length === 0) return;
    const held = new Map<string, number>();
    let calls = 0;
    for (const row of run.steps) {
      // What is kept of a conversation is no call.
      if (row.phase === 'intent' && row.kind !== 'memory') calls += 1;
      const tokens = row.phase === 'intent' ? (row.tokensReserved ?? 0) : chargedOf(row);
      if (tokens !== undefined) held.set(row.path, tokens);
      const spent = { calls, tokens: [...held.values()].reduce((sum, one) => sum + one, 0) };
      for (const { unit, limit } of this.budgets) {
        if (unit !== 'usd' && spent[unit] > limit)
          this.complain(`${row.path} of run ${run.id} brings ${unit} to ${spent[unit]} of ${limit}`);
      }
    }
  }

  #judgeRow(run: MemoryRun, row: MemoryStep, world: SimulatedWorld): void {
    if (row.kind !== 'tool') return;
    const key = keyOf(run, row.path);
    const effects = world.effects.filter((effect) => effect.key === key);
    if (row.target === 'default/pay' && effects.length > 1) this.complain(`${row.path} paid ${effects.length} times`);
    const isDone = row.phase === 'result' && row.outcome === 'done';
    if (isDone && effects.filter(({ applied }) => applied).length !== 1 && row.target !== 'default/look')
      this.complain(`${row.path} is done and had ${effects.length} effects`);
    const { denied } = this;
    if (denied === undefined || row.phase !== 'intent' || row.target !== denied.tool) return;
    if ((row.revision ?? 0) >= denied.revision) this.complain(`${row.path} was let through after live denied it`);
  }

  #owns(process: SimulatedProcess, run: MemoryRun): boolean {
    return this.#store.workers.get(run.owner ?? '')?.identity.host === process.name;
  }

  #callOf(key: string): { readonly run: MemoryRun; readonly path: string } | undefined {
    for (const run of this.#store.runs.values()) {
      for (const { path, phase, kind } of run.steps) {
        if (phase === 'intent' && kind === 'tool' && keyOf(run, path) === key) return { run, path: callPath(path) };
      }
    }
    return undefined;
  }
}

/** Undefined: what was reserved stays charged. */
function chargedOf({ outcome, error, tokensIn = 0, tokensOut = 0 }: MemoryStep): number | undefined {
  return outcome === 'unknown' && error?.code !== 'call.not_made' ? undefined : tokensIn + tokensOut;
}

/** The call that a wait of kind `unknown` is about. */
export function callOf(
  run: MemoryRun,
  path: string,
): { readonly key: string; readonly tool: string; readonly args: Json } {
  const intent = run.steps.find((row) => row.path === path && row.phase === 'intent');
  if (intent === undefined) throw new Error(`${path} has no intent`);
  // Written by the door from what the gate had parsed.
  const args = JSON.parse(intent.args ?? 'null') as Json;
  return { key: keyOf(run, path), tool: intent.target, args };
}

/** The call, whichever attempt it is: at the call, or, where no agent's conversation begins anew, at the node. */
function callPath(path: string): string {
  const base = path.replace(/~\d+$/, '');
  return /\.\d+$/.test(base) ? base : base.replaceAll(/!\d+/g, '');
}

function keyOf(run: MemoryRun, path: string): string {
  return sha256(`${run.id}|${callPath(path)}`);
}

/** What a run came to: its end, its output, and the calls that it finished, a line each. */
export function gistOf(run: MemoryRun): readonly string[] {
  // When one branch fails, how far the others came by then is anybody's guess.
  if (run.state !== 'Succeeded') return [`${run.state} ${run.error?.code}`];
  // What a join saw that does not wait for all is a matter of time, and who of several people was the first to answer.
  const done = run.steps.filter((row) => row.phase === 'result' && row.outcome === 'done' && row.kind !== 'join');
  const calls = done.map((row) => `${callPath(row.path)} ${row.kind === 'human' ? '' : row.target} ${row.body}`).sort();
  return [`${run.state} ${JSON.stringify(run.output)}`, ...calls];
}
