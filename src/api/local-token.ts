import type { ControlPlane } from '../controller/planning.ts';
import { exitCodes, TerminalError } from '../errors.ts';
import { parseRules } from '../manifest/rules-of.ts';
import { shownText } from '../manifest/shown.ts';
import { isMember } from '../plan/approvers.ts';
import { roleBindingsOf } from '../plan/role-bindings.ts';
import type { Person } from '../policy/person.ts';
import { createToken, listTokens, revokeToken, type TokenRow } from '../store/api-token.ts';
import { listEnvironments } from '../store/environment.ts';
import type { CreateTokenRequest, TokenOperations, TokenRecord, WhoamiRecord } from './operations-token.ts';
import { mintToken } from './token.ts';

const tokensMax = 500;

export function tokenOperations({ database }: ControlPlane, person: Person): TokenOperations {
  const { name: by } = person;
  return {
    whoami: async () => whoami(person, await listEnvironments(database.db)),
    tokens: async () => (await listTokens(database.db, tokensMax)).map(tokenRecord),
    createToken: async (request) => {
      assertUsable(request);
      const { token, id, digest } = mintToken();
      const { name, role, namespaces, groups, lifeMs } = request;
      const roles = [namespaces === undefined ? { role } : { role, namespaces }];
      const row = await createToken(database, { id, name, digest, roles, groups, by, lifeMs });
      return { ...tokenRecord(row), token };
    },
    revokeToken: async (id) => {
      const row = await revokeToken(database, { id, by });
      if (row !== undefined) return tokenRecord(row);
      throw new TerminalError(`No token in use has the id "${shownText(id)}".`, {
        code: 'token.unknown',
        help: 'Look at `pawl token list`.',
      });
    },
  };
}

function whoami(person: Person, environments: Awaited<ReturnType<typeof listEnvironments>>): WhoamiRecord {
  const { name, proof, groups, roles } = person;
  return {
    name,
    proof,
    groups,
    roles,
    environments: environments.map(({ name: environment, rules: text }) => {
      const rules = parseRules(text);
      const defined = Object.keys(rules?.groups ?? {});
      return {
        environment,
        roles: roleBindingsOf(person, rules),
        groups: rules === undefined ? [] : defined.filter((group) => isMember(person, group, rules)),
      };
    }),
  };
}

/** Names of two kinds are another's to give: those of local users and of identity providers. */
function assertUsable({ name, namespaces }: CreateTokenRequest): void {
  const isPlain = /^[\p{L}\p{N}][\p{L}\p{N}._@+-]{0,99}$/u.test(name) && name === name.normalize('NFKC');
  if (!isPlain) {
    throw refused(
      `"${shownText(name)}" cannot be the name of a token's owner.`,
      'Use letters, digits and . _ @ + -, 100 at most.',
    );
  }
  if (namespaces?.length === 0) throw refused('The role would hold in no namespace.', 'Name one, or leave them out.');
}

function refused(message: string, help: string): TerminalError {
  return new TerminalError(message, { code: 'token.invalid', help, exit: exitCodes.usage });
}

function tokenRecord(row: TokenRow): TokenRecord {
  return {
    id: row.id,
    name: row.name,
    roles: row.roles,
    groups: row.groups,
    createdBy: row.created_by,
    createdAt: row.created_at.toISOString(),
    expiresAt: row.expires_at.toISOString(),
    usedAt: row.used_at?.toISOString(),
    revokedAt: row.revoked_at?.toISOString(),
  };
}
