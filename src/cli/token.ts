import type { TokenRecord } from '../api/operations-token.ts';
import { exitCodes, TerminalError } from '../errors.ts';
import type { ExitCode } from '../errors.ts';
import { longDurationMs } from '../manifest/duration.ts';
import { neutral } from '../manifest/neutral.ts';
import type { PersonRole, RoleBinding } from '../policy/person.ts';
import { json, withDoor } from './context.ts';
import type { CliContext } from './context.ts';
import { renderTable } from './table.ts';

export interface TokenCreateOptions {
  readonly name: string;
  readonly role: PersonRole;
  readonly namespace?: readonly string[];
  readonly group?: readonly string[];
  readonly expires: string;
  readonly output: string;
}

const lifeMsMax = 366 * 86_400_000;

/** The token goes to standard output and nowhere else, so that it can be piped to where it is kept. */
export async function tokenCreateCommand(context: CliContext, options: TokenCreateOptions): Promise<ExitCode> {
  const { terminal } = context;
  const { name, role, namespace: namespaces, group: groups = [] } = options;
  const lifeMs = lifeOf(options.expires);
  const { token, ...record } = await withDoor(context, ({ operations }) =>
    operations.createToken({ name, role, groups, lifeMs, ...(namespaces === undefined ? {} : { namespaces }) }),
  );
  if (options.output === 'json') json(terminal, { token, record });
  else {
    terminal.note(
      `Token ${record.id} of ${neutral(record.name)}: ${rolesText(record.roles)}, until ${record.expiresAt}.`,
    );
    terminal.note('It is shown this once. Keep it in a file and name that in PAWL_TOKEN_FILE.');
    terminal.out(token);
  }
  return exitCodes.success;
}

function lifeOf(text: string): number {
  const lifeMs = /^[1-9][0-9]{0,5}[mhd]$/.test(text) ? longDurationMs(text) : 0;
  if (lifeMs >= 60_000 && lifeMs <= lifeMsMax) return lifeMs;
  throw new TerminalError(`"${neutral(text.slice(0, 40))}" is not how long a token is good for.`, {
    code: 'cli.usage',
    help: 'Write minutes, hours or days, such as `12h` or `90d`: a year at most.',
    exit: exitCodes.usage,
  });
}

export async function tokenListCommand(context: CliContext, options: { readonly output: string }): Promise<ExitCode> {
  const { terminal } = context;
  const tokens = await withDoor(context, ({ operations }) => operations.tokens());
  if (options.output === 'json') json(terminal, { tokens: tokens.map(asJson) });
  else if (tokens.length === 0) terminal.note('There are no tokens. Make one with: pawl token create NAME --role ROLE');
  else terminal.out(tableOf(tokens, terminal.tableWidth));
  return exitCodes.success;
}

export async function tokenRevokeCommand(
  context: CliContext,
  options: { readonly id: string; readonly output: string },
): Promise<ExitCode> {
  const { terminal } = context;
  const token = await withDoor(context, ({ operations }) => operations.revokeToken(options.id));
  if (options.output === 'json') json(terminal, { token: asJson(token) });
  else terminal.out(`Token ${token.id} of ${neutral(token.name)} lets nobody in any more.`);
  return exitCodes.success;
}

/** `approver in team-a, team-b`; `admin`. */
export function rolesText(roles: readonly RoleBinding[]): string {
  if (roles.length === 0) return 'no role';
  return roles
    .map(({ role, namespaces }) =>
      namespaces === undefined ? role : `${role} in ${namespaces.map(neutral).join(', ')}`,
    )
    .join('; ');
}

function tableOf(tokens: readonly TokenRecord[], width: number): string {
  const rows = tokens.map((token) => [
    token.id,
    token.name,
    rolesText(token.roles),
    token.groups.join(', ') || '-',
    token.revokedAt === undefined ? token.expiresAt : `revoked ${token.revokedAt}`,
    token.usedAt ?? 'never',
    token.createdBy,
  ]);
  return renderTable(['ID', 'NAME', 'ROLES', 'GROUPS', 'UNTIL', 'USED', 'BY'], rows, width);
}

function asJson({ usedAt, revokedAt, ...token }: TokenRecord): object {
  return { ...token, usedAt: usedAt ?? null, revokedAt: revokedAt ?? null };
}
