import { makingOf } from '../manifest/origin.ts';
import { type Problem, refusesPlan } from '../manifest/problem.ts';
import type { Address, Resource, Snapshot } from '../manifest/resource.ts';
import type { Change } from '../plan/change.ts';
import { fieldDiff } from '../plan/fields.ts';
import { sensitiveFields } from '../plan/sensitive.ts';
import { EditedCopy } from '../source/edited-copy.ts';
import type { Repository } from '../source/repository.ts';
import { snapshot } from '../source/snapshot.ts';
import type { Accepted } from './accept.ts';

export interface Judged {
  readonly after: Snapshot;
  /** Addresses that come out otherwise than before. */
  readonly changed: readonly Address[];
  /** The first mistake that was not there before. */
  readonly fault: Problem | undefined;
}

/** What a commit of these files would hold, resolved as one would be. */
export async function judgeFiles(
  repository: Repository,
  { taken, files }: { readonly taken: Snapshot; readonly files: Accepted['files'] },
): Promise<Judged> {
  const { commit, environment } = taken;
  const edited = new Map(Array.from(files, ([path, { after }]) => [path, after]));
  const after = await snapshot(new EditedCopy(repository, edited), { commit, environment });
  const known = new Set(taken.problems.map(({ code, file, message }) => `${code} ${file} ${message}`));
  const fault = after.problems.find(
    (problem) => refusesPlan(problem) && !known.has(`${problem.code} ${problem.file} ${problem.message}`),
  );
  const addresses = new Set([...taken.resources.keys(), ...after.resources.keys()]);
  const changed = [...addresses].filter(
    (address) => taken.resources.get(address)?.digest !== after.resources.get(address)?.digest,
  );
  return { after, changed, fault };
}

/** The files that a resource is made of: its manifest, the patches of it, and what they read in. */
export function filesOf(resource: Resource | undefined): readonly string[] {
  const manifest = resource === undefined ? undefined : makingOf(resource)?.manifest;
  if (manifest === undefined) return [];
  const { document, content } = manifest;
  const layers = document.layers ?? [document];
  return [...layers.map(({ source }) => source.file), ...content.files.flatMap(({ path }) => path ?? [])];
}

/** From one content of a resource to another, as a plan would have it; undefined: there is no difference. */
export function changeBetween(before: Resource | undefined, after: Resource | undefined): Change | undefined {
  const either = after ?? before;
  if (either === undefined || before?.digest === after?.digest) return undefined;
  const { kind, namespace, name, address, place } = either;
  const values = { before: before?.manifest, after: after?.manifest };
  const { fields, unchanged } = fieldDiff(kind, values, sensitiveFields(kind));
  return {
    address,
    kind,
    namespace,
    name,
    place,
    ...values,
    fields,
    unchanged,
    action: before === undefined ? 'create' : after === undefined ? 'delete' : 'update',
    class: 'pending',
    precondition: 0,
    beforeDigest: before?.digest,
    afterDigest: after?.digest,
    sensitive: [],
    reason: undefined,
  };
}
