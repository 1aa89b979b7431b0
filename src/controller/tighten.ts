import { digest } from '../manifest/digest.ts';
import type { Change } from '../plan/change.ts';
import { fieldDiff } from '../plan/fields.ts';
import { sensitiveFields } from '../plan/sensitive.ts';
import { type RecordedUse, tighten, type Tightening } from '../plan/tighten.ts';
import type { Repository } from '../source/repository.ts';
import { accept, type Accepted } from './accept.ts';
import { snapshotOfFiles } from './description.ts';

/** What use justifies, and the files of the working copy as they would say it. */
export interface TightenedFiles extends Tightening {
  readonly files: Accepted['files'];
  /** Proposals that no edit of a manifest comes out as. */
  readonly refused: Accepted['outcomes'];
}

/** Nothing is written here: each edit is resolved as a commit of it would be, and keeps comments and order. */
export async function tightenFiles(
  files: Repository,
  { environment, use }: { readonly environment: string; readonly use: RecordedUse },
): Promise<TightenedFiles> {
  const taken = await snapshotOfFiles(files, environment);
  const tightening = tighten(taken.resources, use);
  const drift = tightening.proposals.flatMap(({ address, after }): readonly Change[] => {
    const resource = taken.resources.get(address);
    if (resource === undefined) return [];
    const { kind, namespace, name, place, manifest: before } = resource;
    const { fields, unchanged } = fieldDiff(kind, { before, after }, sensitiveFields(kind));
    const both = { before, after, beforeDigest: resource.digest, afterDigest: digest(after) };
    const rest = { class: 'pending', precondition: 0, sensitive: [], reason: undefined } as const;
    return [{ address, kind, namespace, name, place, action: 'update', ...both, ...rest, fields, unchanged }];
  });
  const { files: edited, outcomes } = await accept(files, { settings: taken.environment, drift, overManifest: false });
  return { ...tightening, files: edited, refused: outcomes.filter(({ kind }) => kind === 'refused') };
}
