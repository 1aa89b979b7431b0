import { createHash } from 'node:crypto';
import type { Files, PlacedFinding, Sound } from './estate.ts';
import { fileFinding } from './file-finding.ts';
import type { JsonObject } from './json.ts';
import { objectAt } from './manifest-reference.ts';
import type { Problem } from './problem.ts';
import { secretKind, secretOffset } from './secret-literal.ts';
import { shownText } from './shown.ts';
import { decodeText, problemAt } from './text.ts';
import { checkWasm } from './wasm-check.ts';

/** A Tool's manifest with the file that it names in it, or what is wrong with that. */
export interface Module {
  readonly manifest: JsonObject | undefined;
  readonly findings: readonly PlacedFinding[];
  readonly problems: readonly Problem[];
}

/**
 * Reads a tool's code in: a source in the place of `code.file`; a WebAssembly module as `wasm.content`, and its digest in
 * the place of the path in `wasm.module`, which is what people compare.
 */
export function moduleOf(manifest: Sound, files: Files): Module {
  const body = manifest.content.manifest;
  const [need] = manifest.content.files;
  if (need === undefined) return { manifest: body, findings: [], problems: [] };
  const bytes = need.path === undefined ? undefined : files.get(need.path);
  const fault = fileFinding(need, bytes);
  if (fault !== undefined || bytes === undefined)
    return {
      manifest: undefined,
      findings: fault === undefined ? [] : [{ path: need.at, finding: fault }],
      problems: [],
    };
  return need.at[1] === 'code' ? source(manifest, { path: need.path ?? '', bytes }) : binary(body, bytes);
}

function source({ content, address }: Sound, file: { readonly path: string; readonly bytes: Uint8Array }): Module {
  const { source: read, problems } = decodeText(file.bytes, shownText(file.path));
  if (problems.length > 0) return { manifest: undefined, findings: [], problems };
  const found = sourceProblem(read.text);
  if (found !== undefined) {
    const { at, ...finding } = found;
    return { manifest: undefined, findings: [], problems: [problemAt(read, at, { ...finding, address })] };
  }
  const body = content.manifest;
  const { file: _file, ...code } = objectAt(objectAt(body, 'spec'), 'code');
  return { manifest: withBlock(body, 'code', { ...code, source: read.text }), findings: [], problems: [] };
}

function sourceProblem(text: string) {
  const secret = secretKind(text);
  if (secret !== undefined) {
    const message = `The source holds what looks like ${secret}.`;
    return { at: secretOffset(text), code: 'manifest.secret_literal', message, help: 'Revoke it, and remove it.' };
  }
  if (text.trim() !== '') return undefined;
  const help = 'Write a module whose default export is the function.';
  return { at: 0, code: 'manifest.required', message: 'The source is empty.', help };
}

function binary(body: JsonObject, bytes: Uint8Array): Module {
  const spec = objectAt(body, 'spec');
  const wasm = objectAt(spec, 'wasm');
  const { export: name, memory: own } = wasm;
  const given = objectAt(spec, 'isolation')['memory'];
  if (typeof name !== 'string' || typeof own !== 'number') throw new TypeError('a module without its defaults');
  const memory = typeof given === 'number' ? Math.min(own, given) : own;
  const checked = checkWasm(bytes, { export: name, memory });
  if (checked.kind === 'refused') {
    const path = ['spec', 'wasm', checked.field];
    return { manifest: undefined, findings: [{ path, finding: checked.finding }], problems: [] };
  }
  const content = Buffer.from(bytes).toString('base64');
  return {
    manifest: withBlock(body, 'wasm', { ...wasm, module: moduleDigest(bytes), content }),
    findings: [],
    problems: [],
  };
}

/** How a module is named where people compare it. */
export function moduleDigest(bytes: Uint8Array): string {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
}

function withBlock(body: JsonObject, name: string, block: JsonObject): JsonObject {
  return { ...body, spec: { ...objectAt(body, 'spec'), [name]: block } };
}
