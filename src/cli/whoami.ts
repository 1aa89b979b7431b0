import { exitCodes } from '../errors.ts';
import type { ExitCode } from '../errors.ts';
import { neutral } from '../manifest/neutral.ts';
import { json, withDoor } from './context.ts';
import type { CliContext } from './context.ts';
import { rolesText } from './token.ts';

const proofs = {
  local: 'whoever opens the database, or holds the token in .pawl, owns it',
  token: 'by a token',
  oidc: 'by the identity provider',
  github: 'by GitHub',
} as const;

export async function whoamiCommand(context: CliContext, options: { readonly output: string }): Promise<ExitCode> {
  const { terminal } = context;
  const who = await withDoor(context, ({ operations }) => operations.whoami());
  if (options.output === 'json') {
    json(terminal, who);
    return exitCodes.success;
  }
  terminal.out(`${neutral(who.name)} (${proofs[who.proof]}): ${rolesText(who.roles)}`);
  for (const { environment, roles, groups } of who.environments) {
    const of = groups.length === 0 ? 'of no group' : `of ${groups.map(neutral).join(', ')}`;
    terminal.out(`  ${environment}: ${rolesText(roles)}; ${of}`);
  }
  return exitCodes.success;
}
