import { exitCodes, TerminalError } from '../errors.ts';
import { neutral } from '../manifest/neutral.ts';
import type { Change } from '../plan/change.ts';
import { code } from '../plan/render/inert.ts';
import { counted } from '../plan/render/words.ts';
import { accept, type AcceptOutcome } from './accept.ts';
import { driftOf } from './drift.ts';
import { readEnvironment } from './environments.ts';
import type { ControlPlane } from './planning.ts';
import type { Made } from './proposal-made.ts';
import type { ProposalRequest } from './proposal-request.ts';
import { bodyOf, closingParagraph, listOf, planOfFiles, planParagraph, said } from './proposal-text.ts';

/** A pull request that makes live's values Git's: what drifted, who did it and when, and what of it cannot be written. */
export async function acceptanceProposed(
  plane: ControlPlane,
  request: ProposalRequest & { readonly kind: 'accept-drift' },
): Promise<Made> {
  const { environment, addresses, overManifest } = request;
  const settings = await readEnvironment(plane.repository, environment);
  const commit = await plane.repository.resolve(settings.branch);
  const all = (await driftOf(plane, environment)).drift;
  const drift = addresses.length === 0 ? all : all.filter(({ address }) => addresses.includes(address));
  if (drift.length === 0) return { kind: 'pointless', because: 'What drifted is no longer there.' };
  const { files, outcomes } = await accept(plane.repository, { settings, drift, overManifest, commit });
  const refused = outcomes.filter(({ kind }) => kind === 'refused');
  if (files.size === 0 && refused.length > 0) throw refusedAll(environment, refused);
  const accepted = outcomes.filter(({ kind }) => kind === 'accepted');
  const known = new Map(drift.map((change) => [change.address, change]));
  const body = bodyOf([
    `Something changed ${counted(accepted.length, 'resource')} of ${code(environment)} in live, past Git. Merging this makes it what Git says; closing it leaves Git as it is, and ${code('pawl drift heal')} puts live back.`,
    listOf(
      'What drifted:',
      accepted.map(({ address }) => driftLine(address, known.get(address))),
    ),
    listOf(
      'Not in it:',
      refused.map(({ address, because = '' }) => `${code(address)}: ${said(because)}`),
    ),
    planParagraph(await planOfFiles(plane, { settings, commit }, files)),
    closingParagraph,
  ]);
  const title = `Accept drift of ${neutral(environment)}: ${counted(accepted.length, 'resource')}`;
  return { kind: 'wanted', settings, commit, files, title, body };
}

function driftLine(address: string, change: Change | undefined): string {
  const { touched, fields = [] } = change ?? {};
  const who = touched === undefined ? 'by nobody knows whom' : `by ${code(touched.by)} at ${touched.at}`;
  const shown = fields.slice(0, 8).map(({ path }) => code(path));
  const more = fields.length > shown.length ? ` and ${fields.length - shown.length} more` : '';
  return `${code(address)}, ${who}${shown.length === 0 ? '' : `: ${shown.join(', ')}${more}`}`;
}

function refusedAll(environment: string, refused: readonly AcceptOutcome[]): TerminalError {
  const [first] = refused;
  const reason = first === undefined ? '' : `: ${first.address}: ${first.because ?? ''}`;
  return new TerminalError(`Nothing of the drift of ${environment} can be accepted${neutral(reason)}.`, {
    code: 'proposal.refused',
    help: 'Write it into the manifests by hand, or put live back with `pawl drift heal`.',
    exit: exitCodes.findings,
  });
}
