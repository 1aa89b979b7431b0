import { acknowledge } from '../../src/apply/acknowledge.ts';
import { apply } from '../../src/apply/apply.ts';
import { Controller } from '../../src/controller/controller.ts';
import { readEnvironment } from '../../src/controller/environments.ts';
import { createControlPlane, type ControlPlane, planCommit } from '../../src/controller/planning.ts';
import { isPawlError } from '../../src/errors.ts';
import type { ConditionRecord } from '../../src/store/condition.ts';
import { readConditions } from '../../src/store/condition.ts';
import type { Database } from '../../src/store/database.ts';
import { editByHand } from '../../src/store/hand-edit.ts';
import { listRevisions } from '../../src/store/revision.ts';
import { readSyncStates, resumeSync, suspendSync, wantEnvironment } from '../../src/store/sync.ts';
import { sql } from 'kysely';
import { acknowledgeAll } from './apply-acknowledged.ts';
import { type Actor, Interleaving } from './interleaving.ts';
import { type Files, MemoryMirror, MemoryOrigin } from './memory-repository.ts';
import { silent } from './runs.ts';
import { seeded } from './seeded.ts';

interface Running {
  readonly actor: Actor;
  readonly mirror: MemoryMirror;
  /** Ticks in a row that found nothing to do. */
  quiet: number;
}

const stepsMax = 6_000;
const quietTicks = 3;

/** Some controllers, a branch, people and misfortune, in an order that the seed decides. */
export class ControllersWorld {
  readonly environment: string;
  readonly wrong: string[] = [];
  readonly #random: () => number;
  readonly #database: Database;
  readonly #origin = new MemoryOrigin();
  readonly #order: Interleaving;
  readonly #controllers: Running[] = [];
  readonly #pushed: string[] = [];
  readonly #asked: Promise<unknown>[] = [];
  #files: Files;
  #count = 0;
  #steps = 0;
  #isOver = false;
  #open = 0;

  constructor(database: Database, seed: number) {
    this.#random = seeded(seed * 7_919);
    this.#database = database;
    this.environment = `env-${seed}`;
    this.#order = new Interleaving(this.#random);
    this.#files = { 'pawl.yaml': this.#settings(10), 'agents/a.yaml': role('a', 1), 'agents/b.yaml': role('b', 1) };
  }

  get log(): readonly string[] {
    return this.#order.log;
  }

  /** Plays so many steps with deeds between them, then lets everything come to rest, and looks. */
  async play(steps: number): Promise<void> {
    this.#push(this.#files);
    await this.#bootstrap();
    const some = 2 + Math.floor(this.#random() * 2);
    for (let at = 0; at < some; at += 1) this.#join();
    for (; this.#steps < steps; this.#steps += 1) {
      if (this.#random() < 0.06) this.#deed();
      await this.#order.step();
    }
    await this.#rest();
    await this.#look();
  }

  #settings(window: number): string {
    return `apiVersion: pawl/v1\nenvironments:\n  - { name: ${this.environment}, branch: main, paths: [agents], health: { window: ${window}m } }\n`;
  }

  #push(files: Files, options: { readonly onto?: string } = {}): void {
    this.#files = files;
    this.#pushed.push(this.#origin.push(files, options));
    this.#order.log.push(`push ${this.#pushed.length - 1}`);
  }

  async #bootstrap(): Promise<void> {
    const plane = createControlPlane(new MemoryMirror(this.#origin, async () => undefined), this.#database);
    await plane.repository.fetch();
    await acknowledgeAll(plane, this.environment);
    const settings = await readEnvironment(plane.repository, this.environment);
    await apply(this.#database, await planCommit(plane, { settings, commit: this.#origin.head }), 'ada');
  }

  #join(): void {
    const actor = this.#order.actor(`controller-${(this.#count += 1)}`);
    const mirror = new MemoryMirror(this.#origin, (what) => this.#order.turn(actor, what));
    const plane = createControlPlane(mirror, this.#order.databaseOf(actor, this.#database));
    const now = () => this.#steps * 100;
    const controller = new Controller({ plane, actor: 'controller', log: silent, now });
    const running: Running = { actor, mirror, quiet: 0 };
    this.#controllers.push(running);
    void this.#loop(running, controller);
  }

  async #loop(running: Running, controller: Controller): Promise<void> {
    while (!this.#isOver && !running.actor.isDead) {
      const passes = await controller.tick();
      const isQuiet = passes.length > 0 && passes.every(({ outcome }) => outcome.kind === 'unchanged');
      running.quiet = isQuiet ? running.quiet + 1 : 0;
    }
  }

  #deed(): void {
    const deeds = Object.entries(this.#deeds());
    const [name, deed] = deeds[Math.floor(this.#random() * deeds.length)] ?? [];
    this.#order.log.push(`-- ${name ?? ''}`);
    deed?.();
  }

  #deeds(): Readonly<Record<string, () => void>> {
    const { environment } = this;
    const one = this.#controllers[Math.floor(this.#random() * this.#controllers.length)];
    const [a, b, n] = ['agents/a.yaml', 'agents/b.yaml', this.#pushed.length + 1] as const;
    const row = { environment, address: 'AgentRole/default/a' };
    const hand = { spec: { permissions: [`tool:hand${n}:read`] } };
    const change = () => this.#push({ ...this.#files, [a]: role('a', n) });
    return {
      change,
      another: change,
      other: () => this.#push({ ...this.#files, [b]: role('b', n) }),
      invalid: () => this.#push({ ...this.#files, [b]: 'kind: Nonsense\n' }),
      settings: () => this.#push({ ...this.#files, 'pawl.yaml': this.#settings(n) }),
      forced: () => {
        const [onto] = this.#origin.at(this.#origin.head).parents;
        if (onto !== undefined) this.#push({ ...this.#files, [a]: role('a', n) }, { onto });
      },
      acknowledge: () => this.#ask('acknowledges', (plane) => acknowledgeAll(plane, environment)),
      agree: () => this.#ask('agrees', (plane) => acknowledgeAll(plane, environment)),
      applies: () => this.#ask('applies', (plane) => this.#applyByHand(plane)),
      want: () => this.#ask('wants', ({ database }) => this.#want(database)),
      suspend: () => this.#ask('suspends', ({ database }) => this.#suspend(database)),
      edit: () => this.#ask('edits', ({ database }) => editByHand(database.db, row, (body) => ({ ...body, ...hand }))),
      expire: () => this.#ask('pauses', ({ database }) => this.#expire(database)),
      away: () => {
        if (one !== undefined) one.mirror.isAway = !one.mirror.isAway;
      },
      loseCommit: () => {
        if (one !== undefined) one.actor.losesCommit = true;
      },
      kill: () => void this.#kill(one),
    };
  }

  /** Whatever a person asks for may be refused; what came of it is looked at in the rows. */
  #ask(what: string, work: (plane: ControlPlane) => Promise<unknown>): void {
    const actor = this.#order.actor(`somebody ${what}`);
    const mirror = new MemoryMirror(this.#origin, (one) => this.#order.turn(actor, one));
    const plane = createControlPlane(mirror, this.#order.databaseOf(actor, this.#database));
    this.#open += 1;
    const asked = mirror
      .fetch()
      .then(() => work(plane))
      .catch((error: unknown) => {
        if (!isPawlError(error)) this.wrong.push(`${what}: ${String(error)}`);
      })
      .finally(() => (this.#open -= 1));
    this.#asked.push(asked);
  }

  async #applyByHand(plane: ControlPlane): Promise<void> {
    const settings = await readEnvironment(plane.repository, this.environment);
    const plan = await planCommit(plane, { settings, commit: await plane.repository.resolve('main') });
    const ids = [...plan.risks.filter(({ gate }) => gate === 'ack'), ...plan.guards].map(({ id }) => id);
    await acknowledge(plane.database, plan, { by: 'ada', ids });
    await apply(plane.database, plan, { by: 'ada' });
  }

  /** As `pawl sync` does: once its wish is handled, conditions speak of what the branch was then, or of something newer. */
  async #want({ db }: Database): Promise<void> {
    const since = this.#pushed.length - 1;
    const wanted = await wantEnvironment(db, this.environment);
    for (;;) {
      const state = (await readSyncStates(db)).find((one) => one.environment === this.environment);
      if (wanted === undefined || state === undefined) return;
      if (state.handled > state.wanted) this.wrong.push(`handled ${state.handled} of ${state.wanted}`);
      if (state.handled < wanted) continue;
      const [ready] = (await readConditions(db, [this.environment])).get(this.environment) ?? [];
      const seen = this.#pushed.indexOf(ready?.commit ?? '');
      if (seen < since) this.wrong.push(`wanted at push ${since}, handled, and conditions speak of push ${seen}`);
      return;
    }
  }

  /** Nothing that controllers do changes anything between the two. */
  async #suspend(database: Database): Promise<void> {
    const order = { environment: this.environment, by: 'ops', reason: 'incident' };
    await suspendSync(database, order);
    const before = await this.#byControllers(database);
    for (let wait = 0; wait < 40; wait += 1) await readSyncStates(database.db);
    const after = await this.#byControllers(database);
    const isStill = (await readSyncStates(database.db)).find((one) => one.environment === this.environment)?.suspension;
    if (isStill !== undefined && before !== after) this.wrong.push(`${after - before} applied while suspended`);
    await resumeSync(database, order);
  }

  async #byControllers({ db }: Database): Promise<number> {
    const all = await listRevisions(db, this.environment, { limit: 1_000 });
    return all.filter(({ applied_by: by }) => by === 'controller').length;
  }

  /** As if whoever has the pass were stopped for longer than it is lent for. */
  async #expire({ db }: Database): Promise<void> {
    await sql`update sync set pass_until = clock_timestamp() where environment = ${this.environment}`.execute(db);
  }

  async #kill(one: Running | undefined): Promise<void> {
    if (one === undefined) return;
    await this.#end(one);
    this.#join();
  }

  async #end(one: Running): Promise<void> {
    this.#controllers.splice(this.#controllers.indexOf(one), 1);
    await this.#order.kill(one.actor);
  }

  /** No more deeds: the network is back, whoever died is noticed, and everybody finds nothing to do. */
  async #rest(): Promise<void> {
    this.#order.log.push('-- rest');
    for (const { mirror } of this.#controllers) mirror.isAway = false;
    // Some do not come back: what they said last is put right by those that are left.
    for (const running of this.#controllers.slice(1)) {
      if (this.#random() < 0.5) await this.#end(running);
    }
    for (const running of this.#controllers) running.quiet = 0;
    const isRestless = () => this.#open > 0 || this.#controllers.some(({ quiet }) => quiet < quietTicks);
    for (const until = this.#steps + stepsMax; this.#steps < until && isRestless(); this.#steps += 1) {
      if (this.#steps % 200 === 0) this.#ask('pauses', ({ database }) => this.#expire(database));
      await this.#order.step();
    }
    if (isRestless()) this.wrong.push('it does not come to rest');
    this.#isOver = true;
    while (await this.#order.step());
  }

  async #look(): Promise<void> {
    const { db } = this.#database;
    const conditions = (await readConditions(db, [this.environment])).get(this.environment) ?? [];
    const rows = await db
      .selectFrom('resource')
      .select(['address', 'body'])
      .where('environment', '=', this.environment)
      .execute();
    const live = rows.map(({ body }) => JSON.stringify(body)).join('\n');
    const wanted = this.#files;
    const isLive = ['a', 'b'].every((name) => live.includes(permissionOf(wanted[`agents/${name}.yaml`] ?? '')));
    const why = conditions.filter((one) => isTrouble(one) && one.commit === this.#origin.head);
    const applied = conditions.find(({ type }) => type === 'Applied');
    const said = conditions.map(
      (one) => `${one.type} ${one.status} ${one.reason} ${this.#pushed.indexOf(one.commit ?? '')}`,
    );
    if (!isLive && why.length === 0) this.wrong.push(`live is not push ${this.#pushed.length - 1}: ${said.join(', ')}`);
    if (applied?.status === 'True' && !isLive && why.length === 0)
      this.wrong.push('Applied is said of what is not live');
    // A stage that was not reached keeps what it said; one before it says why.
    const [first] = conditions.filter(isTrouble);
    if (first !== undefined && first.commit !== this.#origin.head)
      this.wrong.push(`a stale condition: ${said.join(', ')}`);
    await this.#lookAtHistory();
  }

  /** Each commit goes live once by a controller, and none that is older than what was live. */
  async #lookAtHistory(): Promise<void> {
    const all = await listRevisions(this.#database.db, this.environment, { limit: 1_000 });
    let before = -1;
    for (const { revision, commit_id: commit, applied_by: by } of [...all].reverse()) {
      const pushed = this.#pushed.indexOf(commit ?? '');
      const isForward = by === 'controller' ? pushed > before : pushed >= before;
      if (!isForward) this.wrong.push(`revision ${revision} by ${by} is of push ${pushed}, after push ${before}`);
      before = pushed;
    }
    const { revision } = await this.#database.db
      .selectFrom('environment')
      .select('revision')
      .where('name', '=', this.environment)
      .executeTakeFirstOrThrow();
    if (all.length !== revision) this.wrong.push(`${all.length} revisions, and the environment is at ${revision}`);
  }
}

/** Says that live is not what the branch says, and why. */
function isTrouble({ type, status, reason }: ConditionRecord): boolean {
  if (type === 'Healthy') return false;
  return type === 'Drifted' ? status === 'True' : status !== 'True' && reason !== 'Blocked';
}

function role(name: string, version: number): string {
  return `apiVersion: pawl/v1\nkind: AgentRole\nmetadata: { name: ${name} }\nspec: { permissions: ["tool:v${version}:read"] }\n`;
}

function permissionOf(text: string): string {
  return /"tool:v\d+:read"/.exec(text)?.[0] ?? 'nothing';
}
