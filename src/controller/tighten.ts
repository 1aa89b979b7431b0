import { digest } from '../manifest/digest.ts';
import type { Change } from '../plan/change.ts';
import type { EnvironmentSettings } from '../manifest/resource.ts';
import { fieldDiff } from '../plan/fields.ts';
import { sensitiveFields } from '../plan/sensitive.ts';
import type { RecordedUse } from '../plan/recorded-use.ts';
import { tighten, type Tightening } from '../plan/tighten.ts';
import type { Repository } from '../source/repository.ts';
import { accept, type Accepted } from './accept.ts';
import { snapshotOfFiles } from './description.ts';
import { snapshot } from '../source/snapshot.ts';

/** What use justifies, and the files of the working copy as they would say it. */
export interface TightenedFiles extends Tightening {
  readonly files: Accepted['files'];
  /** Proposals that no edit of a manifest comes out as. */
  readonly refused: Accepted['outcomes'];
}

interface Tightened {
  readonly environment: string;
  readonly use: RecordedUse;
  /** The commit whose files are meant; absent: those of the working copy. */
  readonly at?: { readonly settings: EnvironmentSettings; readonly commit: string };
}

/** Nothing is written here: each edit is resolved as a commit of it would be, and keeps comments and order. */
export async function tightenFiles(files: Repository, { environment, use, at }: Tightened): Promise<TightenedFiles> {
  const taken =
    at === undefined
      ? await snapshotOfFiles(files, environment)
      : await snapshot(files, { commit: at.commit, environment: at.settings });
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
  const { files: edited, outcomes } = await accept(files, {
    settings: taken.environment,
    drift,
    overManifest: false,
    ...(at === undefined ? {} : { commit: at.commit }),
  });
  return { ...tightening, files: edited, refused: outcomes.filter(({ kind }) => kind === 'refused') };
}
