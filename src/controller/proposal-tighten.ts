import { neutral } from '../manifest/neutral.ts';
import { code } from '../plan/render/inert.ts';
import { counted } from '../plan/render/words.ts';
import { readRecordedUse } from '../store/recorded-use.ts';
import { readEnvironment } from './environments.ts';
import type { ControlPlane } from './planning.ts';
import type { Made } from './proposal-made.ts';
import type { ProposalRequest } from './proposal-request.ts';
import { bodyOf, closingParagraph, listOf, planOfFiles, planParagraph, said } from './proposal-text.ts';
import { tightenFiles } from './tighten.ts';

/** A pull request that takes away what recorded use does not justify, with the use that says so. */
export async function tighteningProposed(
  plane: ControlPlane,
  { environment, days }: ProposalRequest & { readonly kind: 'tighten' },
): Promise<Made> {
  const settings = await readEnvironment(plane.repository, environment);
  const commit = await plane.repository.resolve(settings.branch);
  const use = await readRecordedUse(plane.database.db, { environment, days });
  const found = await tightenFiles(plane.repository, { environment, use, at: { settings, commit } });
  const { files, proposals, refused } = found;
  if (files.size === 0) return { kind: 'pointless', because: 'Recorded use justifies all that is granted.' };
  const written = proposals.filter(({ address }) => !refused.some((other) => other.address === address));
  const lines = written.flatMap(({ address, evidence }) =>
    evidence.map(
      ({ field, before, after, because }) =>
        `${code(address)} ${code(field)}: ${code(clipped(before))} becomes ${code(clipped(after))}. ${said(because)}`,
    ),
  );
  const body = bodyOf([
    `${counted(use.runs, 'run')} of ${code(environment)} in ${counted(use.days, 'day')} used less than is granted. Merging this takes the rest away: narrowing acts on the next call, also of runs under way.`,
    listOf('What goes, and why:', lines),
    listOf(
      'Not in it:',
      refused.map(({ address, because = '' }) => `${code(address)}: ${said(because)}`),
    ),
    planParagraph(await planOfFiles(plane, { settings, commit }, files)),
    closingParagraph,
  ]);
  const title = `Tighten ${neutral(environment)}: ${counted(written.length, 'resource')}`;
  return { kind: 'wanted', settings, commit, files, title, body };
}

function clipped(text: string): string {
  return text.length > 200 ? `${text.slice(0, 200)}…` : text;
}
