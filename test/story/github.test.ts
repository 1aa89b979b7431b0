import { afterAll, beforeAll, expect, test } from 'vitest';
import { readConditions } from '../../src/store/condition.ts';
import { readEnvironment } from '../../src/store/environment.ts';
import { role, settings } from '../controller/fixture.ts';
import { seeded } from '../support/seeded.ts';
import { openTeam, team, type Team } from './github-team.ts';

const environments = ['production', 'staging'];
const begin = {
  'pawl.yaml': settings({ production: {}, staging: {} }),
  ...filesOf('production'),
  ...filesOf('staging'),
};

function filesOf(environment: string): Record<string, string> {
  return Object.fromEntries(
    ['one', 'two', 'three'].map((name) => [fileOf(environment, name), role(name, 'tool:start:read')]),
  );
}

function fileOf(environment: string, name: string): string {
  return `${environment}/${name}.yaml`;
}

let world: Team;
beforeAll(async () => {
  world = await openTeam(begin);
}, 240_000);
afterAll(() => world.close());

/** What happens to a repository, a little of everything; each gives a sentence for the message of a failed check. */
class Days {
  readonly #random: () => number;
  #count = 0;

  constructor(seed: number) {
    this.#random = seeded(seed);
  }

  pick<T>(of: readonly T[]): T | undefined {
    return of[Math.floor(this.#random() * of.length)];
  }

  #edit(): Record<string, string | undefined> {
    this.#count += 1;
    const environment = this.pick(environments) ?? 'production';
    const name = this.pick(['one', 'two', 'three', 'four']) ?? 'one';
    const isGone = name === 'four' && this.#random() < 0.3;
    return { [fileOf(environment, name)]: isGone ? undefined : role(name, `tool:t${this.#count}:read`) };
  }

  async next(): Promise<string> {
    const deed = this.pick(deeds) ?? 'push';
    const open = [...world.github.state(team).pulls.values()].filter(({ state }) => state === 'open');
    const pull = this.pick(open);
    const { people, faults } = world.github;
    switch (deed) {
      case 'push':
        await people.push(team, { branch: 'main', files: this.#edit(), as: 'bob' });
        return deed;
      case 'open': {
        if (open.length > 1) return 'nothing';
        const head = `change-${this.#count}`;
        await people.push(team, { branch: head, files: this.#edit(), as: 'ann' });
        await people.openPullRequest(team, { head, as: 'ann' });
        return deed;
      }
      case 'update':
      case 'amend': {
        if (pull === undefined) return 'nothing';
        const from = deed === 'amend' ? await world.github.git(team, 'rev-parse', 'main') : undefined;
        const on = from === undefined ? {} : { from };
        await people.push(team, { branch: pull.head.branch, files: this.#edit(), as: 'ann', ...on });
        return `${deed} #${pull.number}`;
      }
      case 'merge': {
        if (pull === undefined || pull.trial !== true) return 'nothing';
        const method = this.pick(['merge', 'squash', 'rebase'] as const) ?? 'merge';
        const merged = await people.merge(team, pull.number, { method, as: 'bob' }).catch(() => undefined);
        return merged === undefined ? 'nothing' : `${method} #${pull.number}`;
      }
      case 'revert':
        await this.#revert();
        return deed;
      case 'close':
        if (pull === undefined) return 'nothing';
        await people.close(team, pull.number, 'ann');
        return `${deed} #${pull.number}`;
      case 'rewind':
        await people.pushCommit(team, 'main', {
          commit: await world.github.git(team, 'rev-parse', 'main~1'),
          as: 'bob',
        });
        return deed;
      case 'outage':
        faults.apiDown = this.#random() < 0.7;
        faults.gitDown = this.#random() < 0.7;
        await people.push(team, { branch: 'main', files: this.#edit(), as: 'bob' });
        return deed;
      case 'cut':
        world.proxy.cutNextCommit(this.pick(['before', 'after'] as const) ?? 'after');
        await people.push(team, { branch: 'main', files: this.#edit(), as: 'bob' });
        return deed;
    }
  }

  /** The tree of the commit before, on top: what `git revert` of the last one makes. */
  async #revert(): Promise<void> {
    const { github } = world;
    const tree = await github.git(team, 'rev-parse', 'main~1^{tree}');
    const commit = await github.git(team, ...author, 'commit-tree', '-p', 'main', '-m', 'Revert the last one', tree);
    await github.people.pushCommit(team, 'main', { commit, as: 'bob' });
  }

  /** How webhooks fare while it happens. True: all of them arrive, once or more. */
  weather(): boolean {
    const { webhooks } = world.github;
    const kind = this.pick(['fine', 'fine', 'lost', 'doubled'] as const);
    webhooks.lose(kind === 'lost');
    webhooks.duplicate(kind === 'doubled' ? 2 : 1);
    return kind !== 'lost';
  }
}

const author = ['-c', 'user.name=bob', '-c', 'user.email=bob@example.com'];
const deeds = [
  ...(['push', 'push', 'open', 'open', 'open', 'update', 'amend', 'merge', 'merge', 'merge'] as const),
  ...(['revert', 'close', 'rewind', 'outage', 'cut'] as const),
];

const read = new Map<string, Promise<Record<string, string>>>();

/** What the files of an environment say at a commit: names of roles, and the permission that each gives. */
function inGit(environment: string, commit: string): Promise<Record<string, string>> {
  const key = `${environment} ${commit}`;
  const known = read.get(key) ?? readGit(environment, commit);
  read.set(key, known);
  return known;
}

async function readGit(environment: string, commit: string): Promise<Record<string, string>> {
  const text = await world.github.git(team, 'grep', '-h', '-e', 'metadata:', '-e', 'spec:', commit, '--', environment);
  const names = [...text.matchAll(/name: (\w+)/g)].map((match) => match[1] ?? '');
  const permissions = [...text.matchAll(/permissions: \["(.*)"\]/g)].map((match) => match[1] ?? '');
  return Object.fromEntries(names.map((name, at) => [name, permissions[at] ?? '']));
}

async function inRows(environment: string): Promise<Record<string, string>> {
  const { db } = world.plane.database;
  const rows = await db
    .selectFrom('resource')
    .select(['name', 'body'])
    .where('environment', '=', environment)
    .execute();
  return Object.fromEntries(
    rows.map(({ name, body }) => [name, /"permissions":\s*\["([^"]*)"\]/.exec(JSON.stringify(body))?.[1] ?? '']),
  );
}

/** Live is what Git says, or a condition says why not. */
async function checkEnvironment(environment: string, after: string, isSmooth: boolean): Promise<void> {
  const { db } = world.plane.database;
  const head = await world.github.git(team, 'rev-parse', 'main');
  const live = (await readEnvironment(db, environment))?.commit_id ?? '';
  expect(await inRows(environment), `${environment} after ${after}`).toEqual(await inGit(environment, live));
  // Nothing was in the way.
  if (isSmooth) expect(live, `${environment} after ${after}`).toBe(head);
  if (live === head) return;
  const conditions = (await readConditions(db, [environment])).get(environment) ?? [];
  const [why] = conditions.filter(({ type, status }) => type !== 'Drifted' && type !== 'Healthy' && status !== 'True');
  expect(why?.reason, `${environment} after ${after} is not at the head of main, and nothing says why`).toBeDefined();
}

/** What a pull request would change of live, told from Git alone. */
async function changedBy(number: number, environment: string): Promise<string[]> {
  const { db } = world.plane.database;
  const live = (await readEnvironment(db, environment))?.commit_id ?? '';
  const [merged, main] = (await world.github.git(team, 'rev-parse', `refs/pull/${number}/merge`, 'main')).split('\n');
  const [now, then] = [await inGit(environment, live), await inGit(environment, merged ?? '')];
  // What a held branch would take away is no work of a pull request that leaves the environment alone.
  if (JSON.stringify(await inGit(environment, main ?? '')) === JSON.stringify(then)) return [];
  return [...new Set([...Object.keys(now), ...Object.keys(then)])].filter((name) => now[name] !== then[name]).sort();
}

/** Every open pull request has one comment of pawl's for each environment that it changes, and that one is true. */
async function checkComments(after: string): Promise<void> {
  const { pulls, comments } = world.github.state(team);
  for (const pull of pulls.values()) {
    if (pull.state !== 'open') continue;
    const own = [...comments.values()].filter(({ issue, user }) => issue === pull.number && user === 'pawl-app[bot]');
    for (const environment of environments) {
      const which = `#${pull.number} in ${environment} after ${after}`;
      const told = own.filter(({ body }) => body.includes(`### pawl plan for `) && body.includes(`\`${environment}\``));
      expect(told.length, which).toBeLessThanOrEqual(1);
      const text = told[0]?.body ?? 'not touched any more';
      if (pull.trial !== true) {
        expect(text, which).toContain('Cannot be merged');
        continue;
      }
      const changed = await changedBy(pull.number, environment);
      if (changed.length === 0) expect(text, which).toMatch(/not touched|No changes/);
      const shown = new Set([...text.matchAll(/AgentRole "default\/(\w+)"/g)].map((match) => match[1]));
      expect(shown, which).toEqual(new Set(changed));
    }
  }
}

test('a hundred deeds on a repository: live is what Git says, and comments tell the truth', async () => {
  const days = new Days(7);
  await world.github.people.push(team, { branch: 'main', files: { 'README.md': 'Agents\n' }, as: 'bob' });
  expect(await world.round({ sweep: true })).toEqual([]);
  const past: string[] = [];
  for (let day = 0; day < 34; day += 1) {
    const isHeard = days.weather();
    const deeds: string[] = [];
    for (let deed = 0; deed < 3; deed += 1) {
      deeds.push(await days.next());
      await world.tick();
      const so = `day ${day}: ${[...past, ...deeds].slice(-6).join(', ')}`;
      for (const environment of environments) await checkEnvironment(environment, so, false);
    }
    past.push(...deeds);
    const after = `day ${day}: ${past.slice(-6).join(', ')}`;
    const failed = await world.round({ sweep: !isHeard });
    const isSmooth = deeds.every((deed) => !['rewind', 'outage', 'cut'].includes(deed));
    for (const environment of environments) await checkEnvironment(environment, after, isSmooth);
    if (deeds.includes('outage') || failed.length > 0) {
      world.github.faults.apiDown = false;
      world.github.faults.gitDown = false;
      expect(await world.round({ sweep: true }), after).toEqual([]);
      const isHeld = deeds.includes('rewind');
      for (const environment of environments) await checkEnvironment(environment, `${after}, and its end`, !isHeld);
    }
    await checkComments(after);
    if (!deeds.includes('rewind')) continue;
    await world.github.people.push(team, { branch: 'main', files: {}, as: 'bob', from: await tip() });
  }
}, 240_000);

/** The last commit that was live everywhere: a branch that was rewound goes on from there. */
async function tip(): Promise<string> {
  return (await readEnvironment(world.plane.database.db, 'production'))?.commit_id ?? 'main';
}
