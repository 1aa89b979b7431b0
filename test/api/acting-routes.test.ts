import { describe, expect, test } from 'vitest';
import { authorised } from '../../src/api/authorise.ts';
import type { Operations } from '../../src/api/operations.ts';
import { permissions } from '../../src/api/permissions.ts';
import { isPawlError } from '../../src/errors.ts';
import type { Person, PersonRole } from '../../src/policy/person.ts';

const roles: readonly PersonRole[] = ['reader', 'author', 'operator', 'approver', 'admin'];
const authors = ['author', 'operator', 'admin'];
const operators = ['operator', 'admin'];
const approvers = ['approver', 'admin'];
const admins = ['admin'];

interface Row {
  /** Roles that may ask it where they hold everywhere. */
  readonly by: readonly string[];
  /** A body that is about the namespace `team-a`; absent: it takes the role in all namespaces. */
  readonly in?: Readonly<Record<string, unknown>>;
}

const of = (rest: string): string => `POST /v1/environments/{environment}/${rest}`;

/** Each route that changes something, with the roles that somebody wrote down here and not in the table of the product. */
const acting: Readonly<Record<string, Row>> = {
  'POST /v1/tokens': { by: admins },
  'POST /v1/tokens/{id}/revoke': { by: admins },
  [of('audit/anchor')]: { by: operators },
  [of('sync')]: { by: authors },
  [of('sync/suspend')]: { by: operators },
  [of('sync/resume')]: { by: operators },
  [of('sync/claim')]: { by: admins },
  'POST /v1/approvals/{id}/decisions': { by: approvers, in: {} },
  [of('halts')]: { by: operators, in: { scope: 'tool/team-a/send' } },
  [of('halts/resume')]: { by: operators, in: { which: 'halt-1' } },
  [of('plan')]: { by: authors },
  'POST /v1/runs': { by: authors, in: { environment: 'one', system: 'team-a/work' } },
  'POST /v1/tasks/start': { by: authors, in: { environment: 'one', name: 'team-a/tidy' } },
  'POST /v1/runs/{id}/cancel': { by: operators, in: {} },
  'POST /v1/runs/{id}/resolve': { by: operators, in: {} },
  'POST /v1/runs/{id}/retry': { by: operators, in: {} },
  [of('redrive')]: { by: operators, in: { system: 'team-a/work' } },
  [of('rollouts')]: { by: operators, in: { system: 'team-a/work' } },
  [of('secrets')]: { by: operators, in: { secret: 'team-a/crm' } },
  [of('secrets/remove')]: { by: operators, in: { secret: 'team-a/crm' } },
  [of('secrets/rotate')]: { by: admins },
  [of('alerts/test')]: { by: operators },
  [of('proposals')]: { by: operators },
  [of('drift/heal')]: { by: operators, in: { addresses: ['Agent/team-a/clerk'] } },
  [of('drift/heal/resume')]: { by: operators },
  'POST /v1/runs/{id}/answers': { by: approvers, in: {} },
  [of('acknowledgements')]: { by: approvers },
  [of('apply')]: { by: admins },
  [of('revisions/{revision}/rollback')]: { by: admins },
  [of('quarantine/release')]: { by: admins },
  [of('overrides')]: { by: admins, in: { address: 'Agent/team-a/clerk' } },
  [of('overrides/end')]: { by: admins, in: { id: 'override-1' } },
};

/** What rows look up to know whose namespace something is of. */
const operations = {
  run: () => Promise.resolve({ environment: 'one', system: 'team-a/work' }),
  approval: () => Promise.resolve({ environment: 'one', namespace: 'team-a', asks: [] }),
  halts: () => Promise.resolve([{ id: 'halt-1', scope: 'agent/team-a/clerk' }]),
  overrides: () => Promise.resolve([{ id: 'override-1', address: 'Agent/team-a/clerk' }]),
} as unknown as Operations;

/** `yes`, or the code of the refusal. */
async function asks(route: string, role: PersonRole, namespaces?: readonly string[]): Promise<string> {
  const need = permissions[route];
  if (need === undefined) throw new TypeError(`${route} has no row`);
  const person = { name: 'bob', proof: 'token', groups: [], roles: [{ role, namespaces }] } as unknown as Person;
  const parameters = route.includes('{environment}') ? { environment: 'one', revision: 1 } : { id: 'x' };
  const asked = { parameters, query: {}, body: acting[route]?.in ?? {}, operations };
  const rules = { of: () => Promise.resolve(undefined), all: () => Promise.resolve([undefined as never]) };
  try {
    return String(await authorised({ person, need, asked, rules }, () => Promise.resolve('yes')));
  } catch (cause) {
    return isPawlError(cause) ? cause.code : String(cause);
  }
}

const of403 = 'api.forbidden';
const of404 = 'resource.not_found';

test('each route that changes something is here', () => {
  const reads = Object.entries(permissions).flatMap(([route, { to }]) => (to === 'read' ? [route] : []));
  const sent = Object.keys(permissions).filter((route) => route.startsWith('POST ') && !reads.includes(route));
  expect(Object.keys(acting).sort()).toEqual(sent.sort());
});

describe.each(Object.entries(acting))('%s', (route, { by, in: about }) => {
  test('is for the roles that it is meant for, and no other', async () => {
    const answers = await Promise.all(roles.map(async (role) => [role, await asks(route, role)]));
    expect(answers).toEqual(roles.map((role) => [role, by.includes(role) ? 'yes' : of403]));
  });

  test('takes the role where it is about', async () => {
    const [role] = by as readonly [PersonRole, ...PersonRole[]];
    const isOfOne = about !== undefined;
    expect(await asks(route, role, ['team-a'])).toBe(isOfOne ? 'yes' : of403);
    // What is another namespace's is not there; what is of all of them is not theirs.
    expect(await asks(route, role, ['team-b'])).toBe(isOfOne ? of404 : of403);
    expect(await asks(route, role, [])).toBe(isOfOne ? of404 : of403);
  });
});
