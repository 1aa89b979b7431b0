import { exitCodes, isPawlError, TerminalError } from '../errors.ts';
import type { EnvironmentSettings } from '../manifest/resource.ts';
import type { Signatures } from '../manifest/rules.ts';
import type { Live } from '../plan/change.ts';
import { firstParentLine } from '../source/first-parent-line.ts';
import type { Repository } from '../source/repository.ts';
import { type SignatureFault, signatureFaults, type SignatureVerdict } from '../source/signature.ts';
import { withOwnRules } from './environments.ts';
import type { BranchProtection, Forge } from './forge.ts';
import { type KeyFiles, keyFilesAt } from './signing-keys.ts';

/** A commit that may not go live for want of a signature that counts. */
export interface SignatureHold {
  readonly code: 'git.signature';
  readonly reason: SignatureFault | 'signers-missing' | 'forge-unprotected' | 'line-too-long';
  readonly message: string;
}

export interface SignatureQuestion {
  readonly settings: EnvironmentSettings;
  readonly live: Pick<Live, 'revision' | 'commit' | 'rules'>;
  /** The commit that is to go live. */
  readonly commit: string;
}

interface Place {
  readonly repository: Repository;
  readonly forge?: Forge | undefined;
}

/** Commits that a branch may gain between two applies: each costs a few processes. */
const lineMax = 1000;

/**
 * Says why the commit may not go live, if what is live requires signatures: every commit of the first-parent line
 * after the one that is live has to be signed by somebody whom the commit before it allows. Where live requires none
 * yet, the commit that does is judged alone, by the signers that it names itself.
 */
export async function signatureHold(place: Place, question: SignatureQuestion): Promise<SignatureHold | undefined> {
  const { settings, live, commit } = question;
  if (live.commit === commit) return undefined;
  const kept = live.revision === 0 ? undefined : live.rules?.environment?.signatures;
  const own = (await withOwnRules(place.repository, settings, commit)).rules?.environment?.signatures;
  if (kept?.mode === 'require' && live.commit !== undefined) {
    const lockedOut = own?.mode === 'require' ? await lockOut(place.repository, question, own) : undefined;
    if (lockedOut !== undefined) return lockedOut;
    return holdOfLine(place, question, { signatures: kept, base: await there(place.repository, live.commit) });
  }
  if (own?.mode !== 'require') return undefined;
  const files = await keyFilesAt(place.repository, commit, own);
  return judge(place, question, { signatures: own, parts: [{ commits: [commit], files, by: commit }], newest: files });
}

/** Throws where the commit may not go live for want of a signature. */
export async function assertSigned(place: Place, question: SignatureQuestion): Promise<void> {
  const found = await signatureHold(place, question);
  if (found !== undefined) throw new TerminalError(found.message, { code: found.code, exit: exitCodes.conflict });
}

/** Live without the files that judge what comes next could never be followed by anything. */
async function lockOut(
  repository: Repository,
  question: SignatureQuestion,
  own: Signatures,
): Promise<SignatureHold | undefined> {
  const { absent } = await keyFilesAt(repository, question.commit, own);
  if (absent.length === 0) return undefined;
  const why = `it requires signatures and has no file ${absent.join(' and no file ')}, so nothing could follow it`;
  return hold(question, {
    reason: 'signers-missing',
    why,
    help: 'Put the file back, or correct its path in pawl.yaml.',
  });
}

interface Base {
  readonly signatures: Signatures;
  readonly base: string;
}

async function holdOfLine(
  place: Place,
  question: SignatureQuestion,
  { signatures, base }: Base,
): Promise<SignatureHold | undefined> {
  const { repository } = place;
  const { commit } = question;
  const line = await firstParentLine(repository, { after: base, to: commit, max: lineMax });
  if (line === undefined) {
    const why = `it is more than ${lineMax} commits after ${base.slice(0, 7)}, which is live`;
    return hold(question, { reason: 'line-too-long', why, help: 'Apply a commit in between first.' });
  }
  const parts = await partsOf(repository, line, { signatures, base });
  return judge(place, question, { signatures, parts, newest: await keyFilesAt(repository, commit, signatures) });
}

/** Commits that the same files judge. */
interface Part {
  readonly commits: string[];
  readonly files: KeyFiles;
  /** The commit that holds the files. */
  readonly by: string;
}

/**
 * What is live judges the first commit, and each that passed judges the next, so that keys are rotated by commits. A
 * line that does not begin at live's commit might begin where somebody was still allowed who no longer is: there
 * live's files judge all of it.
 */
async function partsOf(
  repository: Repository,
  line: readonly string[],
  { signatures, base }: Base,
): Promise<readonly Part[]> {
  const [first] = line;
  const isStraight = first !== undefined && (await repository.parents(first))[0] === base;
  const parts: Part[] = [];
  for (const [index, commit] of line.entries()) {
    const last = parts.at(-1);
    const by = isStraight ? (line[index - 1] ?? base) : base;
    const files = last !== undefined && !isStraight ? last.files : await keyFilesAt(repository, by, signatures);
    if (last?.files.digest === files.digest) last.commits.push(commit);
    else parts.push({ commits: [commit], files, by });
  }
  return parts;
}

interface Judging {
  readonly signatures: Signatures;
  readonly parts: readonly Part[];
  /** The files of the commit that is to go live: what it revokes is revoked for all before it. */
  readonly newest: KeyFiles;
}

async function judge(
  place: Place,
  question: SignatureQuestion,
  { signatures, parts, newest }: Judging,
): Promise<SignatureHold | undefined> {
  for (const { commits, files, by } of parts) {
    const [absent] = files.absent;
    if (absent !== undefined) {
      const why = `${by.slice(0, 7)} has no file ${absent} by which to judge the commit after it`;
      const help = `Put the file back, or apply ${by.slice(0, 7)} by itself first where it moved the file.`;
      return hold(question, { reason: 'signers-missing', why, help });
    }
    const verdicts = await place.repository.verify(commits, files.keys);
    const found = fault(commits, verdicts) ?? (await revokedSince(place.repository, { commits, files }, newest));
    if (found !== undefined) return refusedCommit(question, found, { signatures, by });
    const forged = commits[verdicts.findIndex((verdict) => verdict.kind === 'good' && verdict.isForge)];
    const unprotected = forged === undefined ? undefined : await unprotectedBecause(place.forge, question);
    if (forged !== undefined && unprotected !== undefined) {
      const why = `commit ${forged.slice(0, 7)} is signed with the forge's own key, and ${unprotected}`;
      const help = 'Protect the branch at the forge, or sign the commit yourself.';
      return hold(question, { reason: 'forge-unprotected', why, help });
    }
  }
  return undefined;
}

interface Fault {
  readonly commit: string;
  readonly verdict: SignatureVerdict & { readonly kind: 'refused' };
}

function fault(commits: readonly string[], verdicts: readonly SignatureVerdict[]): Fault | undefined {
  for (const [index, commit] of commits.entries()) {
    // The list ends at the first that does not count; a commit without a verdict has none that counts either.
    const verdict = verdicts[index] ?? { kind: 'refused', fault: 'unsupported' };
    if (verdict.kind === 'refused') return { commit, verdict };
  }
  return undefined;
}

/** Whoever finds a key stolen revokes it in a commit on top of what the thief pushed. */
async function revokedSince(
  repository: Repository,
  { commits, files }: Pick<Part, 'commits' | 'files'>,
  newest: KeyFiles,
): Promise<Fault | undefined> {
  if (newest.digest === files.digest) return undefined;
  const { revokedSigners, keyring, forgeKeys } = newest.keys;
  const keys = { ...files.keys, revokedSigners, keyring, forgeKeys };
  for (const commit of commits) {
    const found = fault([commit], await repository.verify([commit], keys));
    if (found?.verdict.fault === 'revoked') return found;
  }
  return undefined;
}

function refusedCommit(
  question: SignatureQuestion,
  { commit, verdict }: Fault,
  { signatures, by }: { readonly signatures: Signatures; readonly by: string },
): SignatureHold {
  const files = [signatures.allowedSigners, signatures.keyring].filter((name) => name !== undefined).join(' and ');
  const detail = verdict.detail === undefined ? '' : `: ${verdict.detail}`;
  if (verdict.fault === 'verifier-missing') {
    const why = `signatures are required and ${signatureFaults[verdict.fault]} where pawl runs without ${verdict.detail ?? 'git'}`;
    return hold(question, { reason: verdict.fault, why, help: 'Install it, and start pawl again.' });
  }
  const why = `commit ${commit.slice(0, 7)} ${signatureFaults[verdict.fault]}${detail}`;
  const help = `Sign it with a key of ${files} as ${by.slice(0, 7)} has them, and push it again.`;
  return hold(question, { reason: verdict.fault, why, help });
}

function hold(
  { settings, commit }: SignatureQuestion,
  { reason, why, help }: Pick<SignatureHold, 'reason'> & { readonly why: string; readonly help: string },
): SignatureHold {
  const message = `${settings.branch} @ ${commit.slice(0, 7)} is held (${reason}): ${why}. ${help}`;
  return { code: 'git.signature', reason, message };
}

/** Undefined: what is signed on the forge's pages was agreed to by people there. Asked anew each time. */
async function unprotectedBecause(
  forge: Forge | undefined,
  { settings: { branch } }: SignatureQuestion,
): Promise<string | undefined> {
  if (forge === undefined) return 'no forge is configured that could say how the branch is protected';
  const protection: BranchProtection = await forge.branchProtection(branch);
  if (!protection.requiresSignatures) return `the forge requires no signatures on ${branch}`;
  return protection.reviews > 0 ? undefined : `the forge requires no review of what comes to ${branch}`;
}

/** After a forced push live's commit may be nobody's any more; a forge gives it by its id for a time. */
async function there(repository: Repository, commit: string): Promise<string> {
  try {
    await repository.tree(commit);
  } catch (error) {
    if (!isPawlError(error) || error.code !== 'git.object_missing') throw error;
    await repository.fetchOnly({ commits: [commit] });
  }
  return commit;
}
