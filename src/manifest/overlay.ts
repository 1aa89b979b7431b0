import type { Document } from './document.ts';
import { type Lost, mayHold, mayHoldAny } from './lost.ts';
import { mergePatch } from './merge-patch.ts';
import { didYouMean } from './nearest.ts';
import { patchAnnotation, patchBody } from './patch.ts';
import { problemIn } from './position.ts';
import { compareProblems, compareText, type Problem } from './problem.ts';
import type { Address } from './resource.ts';
import type { Finding } from './text.ts';
import { type Validated, validate } from './validate.ts';

export interface Overlaid {
  /** Without patches: each is part of what it patches. */
  readonly manifests: readonly Validated[];
  /** Of patches that belong to no manifest. */
  readonly problems: readonly Problem[];
}

/** Where the manifests are from: the paths of the environment, and what of their files cannot be read. */
export interface Origins {
  readonly paths: readonly string[];
  readonly lost?: readonly Lost[];
}

/** Merges patches into the manifests of earlier paths. Whatever is not patched stays the very same object. */
export function overlay(manifests: readonly Validated[], { paths, lost = [] }: Origins): Overlaid {
  if (!manifests.some(({ patch }) => patch)) return { manifests, problems: [] };
  const patches = patchesByAddress(manifests, paths);
  const bases = basesOf(manifests, patches);
  const problems: Problem[] = [];
  const merged = new Map<Validated, Validated>();
  const baseless: Validated[] = [];
  for (const [address, chain] of patches) {
    const base = bases.get(address);
    if (base === undefined) baseless.push(...chain);
    else merged.set(base, joined([base, ...chain], paths));
  }
  const candidates = baseless.length > suggestionsMax ? [] : manifests;
  for (const patch of baseless) problems.push(...withoutBase(patch, candidates, lost));
  const kept: Validated[] = [];
  for (const manifest of manifests) {
    if (manifest.patch === undefined) kept.push(merged.get(manifest) ?? manifest);
    else if (manifest.address === undefined) problems.push(...manifest.problems);
  }
  return { manifests: kept, problems };
}

/** Which of the paths a file belongs to: where one lies in another, the inner one. */
export function layerOf(file: string, paths: readonly string[]): number {
  let layer = -1;
  for (const [index, path] of paths.entries()) {
    const inside = path === '' || file === path || file.startsWith(`${path}/`);
    if (inside && (layer < 0 || path.length > (paths[layer] ?? '').length)) layer = index;
  }
  return layer;
}

/** The first of two by where they are written, so that the order in which files are read never shows. */
export function isBefore(a: Validated, b: Validated): boolean {
  const [left, right] = [a.document.place, b.document.place];
  return (compareText(left.file, right.file) || left.line - right.line || left.column - right.column) < 0;
}

/** In the order in which they are merged. */
function patchesByAddress(manifests: readonly Validated[], paths: readonly string[]): Map<Address, Validated[]> {
  const found = new Map<Address, Validated[]>();
  for (const manifest of manifests) {
    if (manifest.patch === undefined || manifest.address === undefined) continue;
    const chain = found.get(manifest.address);
    if (chain === undefined) found.set(manifest.address, [manifest]);
    else chain.push(manifest);
  }
  for (const chain of found.values()) {
    if (chain.length > 1)
      chain.sort((a, b) => layerOfManifest(a, paths) - layerOfManifest(b, paths) || (isBefore(a, b) ? -1 : 1));
  }
  return found;
}

function layerOfManifest({ document }: Validated, paths: readonly string[]): number {
  return layerOf(document.place.file, paths);
}

function basesOf(
  manifests: readonly Validated[],
  patches: ReadonlyMap<Address, unknown>,
): ReadonlyMap<Address, Validated> {
  const bases = new Map<Address, Validated>();
  for (const manifest of manifests) {
    const { address } = manifest;
    if (manifest.patch !== undefined || address === undefined || !patches.has(address)) continue;
    const other = bases.get(address);
    if (other === undefined || isBefore(manifest, other)) bases.set(address, manifest);
  }
  return bases;
}

/** More names than this are no typing mistakes: a folder is missing, and comparing all with all would take minutes. */
const suggestionsMax = 20;

function withoutBase(patch: Validated, manifests: readonly Validated[], lost: readonly Lost[]): readonly Problem[] {
  const { identity } = patch;
  const mayBeThere = identity !== undefined && lost.some((one) => mayHold(one, identity) || mayHoldAny(one, identity));
  if (mayBeThere) return patch.problems;
  const address = patch.address ?? '';
  const known = manifests.flatMap((other) => (other.patch === undefined ? (other.address ?? []) : []));
  const name = patch.identity?.name ?? '';
  const near =
    didYouMean(address, known) ??
    didYouMean(
      address,
      known.filter((other) => other.endsWith(`/${name}`)),
    );
  const finding = {
    code: 'patch.no_base',
    message: `There is no ${address} to patch.`,
    help: near ?? `Declare it in an earlier path, or remove the annotation \`${patchAnnotation}\` and write it whole.`,
  };
  return [...patch.problems, problemIn(patch.document, ['metadata', 'name'], { ...finding, address })];
}

type Parts = readonly [base: Validated, ...patches: Validated[]];

// Merging validates anew, and most manifests stay as they are from one commit to the next. A patch is of one path of
// the environment, so that what it was last merged with tells all.
const results = new WeakMap<Validated, { readonly parts: Parts; readonly paths: string; readonly result: Validated }>();

function joined(parts: Parts, paths: readonly string[]): Validated {
  const last = parts.at(-1) ?? parts[0];
  const known = results.get(last);
  const order = paths.join('\0');
  const same = known?.paths === order && known.parts.length === parts.length;
  if (same && known.parts.every((part, index) => part === parts[index])) return known.result;
  const result = merge(parts, paths);
  results.set(last, { parts, paths: order, result });
  return result;
}

function merge(parts: Parts, paths: readonly string[]): Validated {
  const [base, ...patches] = parts;
  const wrong = [...patches.flatMap(({ problems }) => problems), ...orderProblems(parts, paths)];
  if (wrong.some(({ severity }) => severity === 'error')) {
    const { content: _content, ...rest } = base;
    return { ...rest, problems: distinct([...base.problems, ...wrong]) };
  }
  const layers = parts.map(({ document }) => document);
  const value = patches.reduce(
    (merged, { document }) => mergePatch(merged, patchBody(document.value)),
    base.document.value,
  );
  const document: Document = { ...base.document, value, layers };
  const whole = validate(document);
  // A credential that a patch replaces is still in Git.
  const leaked = base.problems.filter(({ code }) => code === 'manifest.secret_literal');
  const found = whole.problems.map((problem) => base.problems.find((own) => isSame(own, problem)) ?? problem);
  return { ...whole, problems: distinct([...found, ...leaked, ...wrong]) };
}

/** What is wrong with the base alone is placed there, though a patch touches the same map. */
function isSame(a: Problem, b: Problem): boolean {
  return a.code === b.code && a.message === b.message;
}

function distinct(problems: readonly Problem[]): Problem[] {
  const found = new Map<string, Problem>();
  for (const problem of problems) {
    const { file, line, column, code, message } = problem;
    found.set([file, line, column, code, message].join('\0'), problem);
  }
  return [...found.values()].sort(compareProblems);
}

/** Each patch lies in a later path than what it is merged into. */
function orderProblems([base, ...patches]: Parts, paths: readonly string[]): Problem[] {
  const problems: Problem[] = [];
  let below = base;
  for (const patch of patches) {
    const [layer, under] = [layerOfManifest(patch, paths), layerOfManifest(below, paths)];
    const finding = layer > under ? undefined : misplaced(patch, below, layer < under);
    if (finding !== undefined)
      problems.push(problemIn(patch.document, ['metadata', 'annotations', patchAnnotation], finding));
    below = patch;
  }
  return problems;
}

function misplaced(patch: Validated, below: Validated, earlier: boolean): Finding {
  const { file, line } = below.document.place;
  const address = patch.address ?? '';
  const where = `${file}:${line}`;
  if (below.patch === true) {
    const message = `${address} is patched twice in one path: here and at ${where}.`;
    return { code: 'patch.twice', message, help: 'Join the two patches in one, or move one to a later path.', address };
  }
  return {
    code: 'patch.order',
    message: `The patch is in ${earlier ? 'an earlier path than' : 'the same path as'} ${address}, at ${where}.`,
    help: earlier
      ? 'Put the path of the patch after it, under `paths` in pawl.yaml.'
      : 'Change the manifest itself, or move the patch to a later path of the environment.',
    address,
  };
}
