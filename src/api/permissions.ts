import { isJsonObject, type Json } from '../manifest/json.ts';
import type { Rules } from '../manifest/rules.ts';
import { standingOf } from '../plan/approvers.ts';
import type { Person } from '../policy/person.ts';
import { type Asked, hidden, type Need, type Scope } from './authorise.ts';

/**
 * What each route needs: a permission, and whose. One table, so that it can be read as a whole; a route without a row
 * does not start. What is of a run, a system or a resource takes the permission in its namespace, what is of an
 * environment takes it in all of them, and a list shows what is in the namespaces that the permission holds in.
 */
export const permissions: Readonly<Record<string, Need>> = {
  'GET /v1/whoami': { to: 'read', scope: self },
  'GET /v1/tokens': { to: 'administer', scope: everywhere },
  'POST /v1/tokens': { to: 'administer', scope: everywhere },
  'POST /v1/tokens/{id}/revoke': { to: 'administer', scope: everywhere },

  'POST /v1/audit/verify': { to: 'read', scope: everywhere },
  'GET /v1/audit': { to: 'administer', scope: everywhere },
  'GET /v1/environments/{environment}/audit': { to: 'read', scope: everywhere },
  'POST /v1/environments/{environment}/audit/anchor': { to: 'operate', scope: everywhere },

  'GET /v1/environments': { to: 'read', scope: anywhere },
  'GET /v1/status': { to: 'read', scope: everywhere },
  'GET /v1/workers': { to: 'read', scope: anywhere },
  'GET /v1/environments/{environment}/sync': { to: 'read', scope: everywhere },
  'POST /v1/environments/{environment}/sync': { to: 'author', scope: everywhere },
  'POST /v1/environments/{environment}/sync/suspend': { to: 'operate', scope: everywhere },
  'POST /v1/environments/{environment}/sync/resume': { to: 'operate', scope: everywhere },
  'POST /v1/environments/{environment}/sync/claim': { to: 'administer', scope: everywhere },
  'GET /v1/environments/{environment}/history': { to: 'read', scope: everywhere },
  'GET /v1/environments/{environment}/revisions/{revision}': { to: 'read', scope: everywhere },
  'GET /v1/environments/{environment}/diff': { to: 'read', scope: everywhere },
  'GET /v1/environments/{environment}/top': { to: 'read', scope: everywhere },
  'GET /v1/environments/{environment}/blame': { to: 'read', scope: ofAddress('query', 'address') },
  'GET /v1/environments/{environment}/resources': { to: 'read', scope: anywhere, filter: ownAddresses },
  'GET /v1/environments/{environment}/drift': { to: 'read', scope: anywhere, filter: ownAddresses },
  'GET /v1/environments/{environment}/quarantine': { to: 'read', scope: anywhere, filter: ownAddresses },
  'GET /v1/environments/{environment}/overrides': { to: 'read', scope: anywhere, filter: ownAddresses },
  'GET /v1/environments/{environment}/schedules': { to: 'read', scope: anywhere, filter: own('schedule') },
  'GET /v1/environments/{environment}/webhooks': { to: 'read', scope: anywhere, filter: own('webhook') },
  'GET /v1/environments/{environment}/rollouts': { to: 'read', scope: anywhere, filter: own('system') },
  'GET /v1/environments/{environment}/pools': { to: 'read', scope: anywhere, filter: own('pool') },
  // The query of these is told the namespaces, so that a page is as long as it may be.
  'GET /v1/environments/{environment}/runs': { to: 'read', scope: anywhere },
  'GET /v1/environments/{environment}/runs/changes': { to: 'read', scope: anywhere },
  'GET /v1/environments/{environment}/events': { to: 'read', scope: anywhere },
  'GET /v1/environments/{environment}/questions': { to: 'read', scope: anywhere },
  'GET /v1/environments/{environment}/budgets': { to: 'read', scope: everywhere },
  'POST /v1/environments/{environment}/use': { to: 'read', scope: everywhere },
  'POST /v1/environments/{environment}/access': { to: 'read', scope: anywhere, filter: ownAccess },

  'GET /v1/environments/{environment}/approvals': { to: 'read', scope: anywhere },
  'GET /v1/approvals/{id}': { to: 'read', scope: ofApproval },
  'POST /v1/approvals/{id}/decisions': { to: 'approve', scope: ofApproval, isNamed: isApprover },

  'GET /v1/environments/{environment}/halts': { to: 'read', scope: anywhere, filter: ownHalts },
  'POST /v1/environments/{environment}/halts': { to: 'operate', scope: ofHalt },
  'POST /v1/environments/{environment}/halts/resume': { to: 'operate', scope: ofHaltInForce },

  'GET /v1/runs/{id}': { to: 'read', scope: ofRun },
  'GET /v1/runs/{id}/trace': { to: 'read', scope: ofRun },
  'GET /v1/runs/{id}/standing': { to: 'read', scope: ofRun },
  'GET /v1/runs/{id}/why': { to: 'read', scope: ofRun },
  'GET /v1/runs/{id}/replay': { to: 'read', scope: ofRun },
  'GET /v1/runs/{id}/questions': { to: 'read', scope: ofRun },

  'POST /v1/environments/{environment}/plan': { to: 'author', scope: everywhere },
  'GET /v1/environments/{environment}/revisions/{revision}/rollback': { to: 'author', scope: everywhere },
  'POST /v1/runs': { to: 'author', scope: ofName('system') },
  'POST /v1/tasks/start': { to: 'author', scope: ofName('name') },

  'POST /v1/runs/{id}/cancel': { to: 'operate', scope: ofRun },
  'POST /v1/runs/{id}/resolve': { to: 'operate', scope: ofRun },
  'POST /v1/runs/{id}/retry': { to: 'operate', scope: ofRun },
  'POST /v1/environments/{environment}/redrive': { to: 'operate', scope: ofName('system') },
  'POST /v1/environments/{environment}/rollouts': { to: 'operate', scope: ofName('system') },
  'GET /v1/environments/{environment}/secrets': { to: 'operate', scope: anywhere, filter: own('secret') },
  'POST /v1/environments/{environment}/secrets': { to: 'operate', scope: ofName('secret') },
  'POST /v1/environments/{environment}/secrets/remove': { to: 'operate', scope: ofName('secret') },
  'POST /v1/environments/{environment}/secrets/rotate': { to: 'administer', scope: everywhere },
  'GET /v1/environments/{environment}/alerts': { to: 'read', scope: everywhere },
  'POST /v1/environments/{environment}/alerts/test': { to: 'operate', scope: everywhere },
  'GET /v1/environments/{environment}/probes': { to: 'read', scope: everywhere },
  'GET /v1/environments/{environment}/pins': { to: 'read', scope: everywhere },
  'GET /v1/environments/{environment}/proposals': { to: 'read', scope: everywhere },
  'POST /v1/environments/{environment}/proposals': { to: 'operate', scope: ofProposal },
  'POST /v1/environments/{environment}/proposals/preview': { to: 'read', scope: ofProposal },
  'GET /v1/environments/{environment}/drift/heal': { to: 'read', scope: everywhere },
  'POST /v1/environments/{environment}/drift/heal': { to: 'operate', scope: ofAddresses },
  'POST /v1/environments/{environment}/drift/heal/resume': { to: 'operate', scope: everywhere },

  'POST /v1/runs/{id}/answers': { to: 'approve', scope: ofRun },
  'POST /v1/environments/{environment}/acknowledgements': { to: 'approve', scope: everywhere },

  'POST /v1/environments/{environment}/apply': { to: 'administer', scope: everywhere },
  'POST /v1/environments/{environment}/revisions/{revision}/rollback': { to: 'administer', scope: everywhere },
  'POST /v1/environments/{environment}/quarantine/release': { to: 'administer', scope: everywhere },
  'POST /v1/environments/{environment}/overrides': { to: 'administer', scope: ofAddress('body', 'address') },
  'POST /v1/environments/{environment}/overrides/end': { to: 'administer', scope: ofOverride },
};

function self(): Scope {
  return { kind: 'self' };
}

/** Of the environment as a whole, or of the installation where the path names none. */
function everywhere(asked: Asked): Scope {
  return { kind: 'everywhere', ...environmentOf(asked) };
}

/** What is promoted is read in one environment and written for another: it takes the role in all of them. */
function ofProposal(asked: Asked): Scope {
  return asked.body['kind'] === 'promote' ? { kind: 'everywhere' } : everywhere(asked);
}

function anywhere(asked: Asked): Scope {
  return { kind: 'anywhere', ...environmentOf(asked) };
}

async function ofRun({ parameters, operations }: Asked): Promise<Scope> {
  const { environment, system } = await operations.run(String(parameters['id']));
  return { kind: 'in', environment, namespaces: [namespaceOf(system)] };
}

/** Of what a member of the body names; where it is absent, of all such things. */
function ofName(field: string): (asked: Asked) => Scope {
  return (asked) => {
    const name = asked.body[field];
    if (name === undefined) return everywhere(asked);
    return { kind: 'in', environment: '', ...environmentOf(asked), namespaces: [namespaceOf(name)] };
  };
}

function ofAddress(part: 'query' | 'body', field: string): (asked: Asked) => Scope {
  return (asked) => inNamespaces(asked, [asked[part][field]]);
}

/** None named: all of them. */
function ofAddresses(asked: Asked): Scope {
  const { addresses } = asked.body;
  return Array.isArray(addresses) && addresses.length > 0 ? inNamespaces(asked, addresses) : everywhere(asked);
}

async function ofOverride(asked: Asked): Promise<Scope> {
  const { environment = '' } = environmentOf(asked);
  const standing = await asked.operations.overrides(environment);
  return inNamespaces(asked, [standing.find(({ id }) => id === asked.body['id'])?.address]);
}

async function ofApproval({ parameters, operations }: Asked): Promise<Scope> {
  const { environment, namespace } = await operations.approval(String(parameters['id']));
  return { kind: 'in', environment, namespaces: [namespace] };
}

/** Whoever a rule that asks names decides on it with no other role than to read; the decision counts for that rule. */
async function isApprover(person: Person, { parameters, operations }: Asked, rules: Rules): Promise<boolean> {
  const { asks } = await operations.approval(String(parameters['id']));
  return asks.some(({ approvers }) => {
    if (approvers === undefined || approvers.groups.length + approvers.users.length === 0) return false;
    return standingOf(person, approvers, rules).may;
  });
}

function ofHalt(asked: Asked): Scope {
  return haltedBy(asked, String(asked.body['scope']));
}

/** By the id of one that is in force, or by its scope. */
async function ofHaltInForce(asked: Asked): Promise<Scope> {
  const which = String(asked.body['which']);
  const { environment = '' } = environmentOf(asked);
  const named = (await asked.operations.halts({ environment })).find(({ id }) => id === which);
  return haltedBy(asked, named?.scope ?? which);
}

/** What stops calls of one namespace is for whoever operates it; what stops others' is for who operates everywhere. */
function haltedBy(asked: Asked, text: string): Scope {
  if (text === 'global') return { kind: 'everywhere' };
  const [kind = '', name = '', ...more] = text.split('/');
  if (kind === 'environment') return { kind: 'everywhere', environment: name };
  const namespace = haltedNamespace(text);
  if (namespace === undefined || more.length > 1) return everywhere(asked);
  return { kind: 'in', environment: '', ...environmentOf(asked), namespaces: [namespace] };
}

/** The one namespace that a halt is about; of a bare name it is `default`. */
function haltedNamespace(text: string): string | undefined {
  const [kind = '', first = '', second] = text.split('/');
  if (kind === 'namespace') return first;
  if (!['system', 'agent', 'tool', 'model'].includes(kind)) return undefined;
  return second === undefined ? 'default' : first;
}

/** What stops their calls too is everybody's to know. */
function ownHalts(answer: unknown, sees: (namespace: string) => boolean): unknown {
  return recordsOf(answer).filter(({ scope }) => {
    const namespace = haltedNamespace(String(scope));
    return namespace === undefined || sees(namespace);
  });
}

function inNamespaces(asked: Asked, addresses: readonly unknown[]): Scope {
  return { kind: 'in', environment: '', ...environmentOf(asked), namespaces: addresses.map(namespaceOfAddress) };
}

function environmentOf({ parameters, body }: Asked): { readonly environment?: string } {
  const environment = parameters['environment'] ?? body['environment'];
  return typeof environment === 'string' ? { environment } : {};
}

/** A bare name may be anybody's: whoever sees some namespaces says which. */
function namespaceOf(name: unknown): string {
  const [, namespace] = typeof name === 'string' ? (/^([^/]+)\/[^/]+$/.exec(name) ?? []) : [];
  if (namespace === undefined) throw hidden();
  return namespace;
}

function namespaceOfAddress(address: unknown): string {
  const [, namespace] = typeof address === 'string' ? (/^[^/]+\/([^/]+)\/[^/]+$/.exec(address) ?? []) : [];
  if (namespace === undefined) throw hidden();
  return namespace;
}

type Filter = NonNullable<Need['filter']>;

/** Of a list, the records whose member is a `namespace/name` that they see; a name of no namespace is everybody's. */
function own(field: string): Filter {
  return (answer, sees) =>
    recordsOf(answer).filter((record) => {
      const name = String(record[field]);
      return !name.includes('/') || sees(name.split('/')[0] ?? '');
    });
}

function ownAddresses(answer: unknown, sees: (namespace: string) => boolean): unknown {
  return recordsOf(answer).filter(({ address }) => sees(namespaceOfAddress(address)));
}

/** Where nothing is left, the tool may not be there at all. */
function ownAccess(answer: unknown, sees: (namespace: string) => boolean): unknown {
  const { rows, ...rest } = answer as {
    readonly rows: readonly { readonly entitlement: { readonly system: string } }[];
  };
  const left = rows.filter(({ entitlement }) => sees(entitlement.system.split('/')[0] ?? ''));
  if (left.length === 0) throw hidden();
  return { ...rest, rows: left };
}

function recordsOf(answer: unknown): readonly Readonly<Record<string, unknown>>[] {
  const records = Array.isArray(answer) ? answer : [];
  return records.filter((record) => isJsonObject(record as Json)) as readonly Readonly<Record<string, unknown>>[];
}
