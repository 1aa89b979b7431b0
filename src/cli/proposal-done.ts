import type { ProposedRecord } from '../api/operations-proposal.ts';
import { neutral } from '../manifest/neutral.ts';
import { type CliContext, json } from './context.ts';
import { plural } from './plural.ts';

/** Says which pull request is wanted, or would be, and what becomes of it. */
export function showProposed(context: CliContext, found: ProposedRecord, format: string): void {
  const { terminal } = context;
  if (format === 'json') {
    json(terminal, found);
    return;
  }
  const { title, body, branch, base, files, state, environment } = found;
  terminal.out(terminal.colors.bold(neutral(title)));
  terminal.out(`${neutral(branch)} into ${neutral(base)}, ${plural(files.length, 'file')}:`);
  for (const { path, before, after } of files) {
    terminal.out(`  ${before === undefined ? '+' : after === undefined ? '-' : '~'} ${neutral(path)}`);
  }
  terminal.out('');
  if (state === 'preview') for (const line of body.split('\n')) terminal.out(neutral(line));
  else {
    terminal.out(
      `pawl opens it on GitHub, or brings the open one up to date. See it with: pawl proposals --env ${neutral(environment)}`,
    );
  }
}
