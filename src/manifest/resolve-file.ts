import { digest } from './digest.ts';
import type { FileNeed } from './file-need.ts';
import type { Json, JsonObject } from './json.ts';
import { textFileBytesMax } from './limits.ts';
import { objectAt } from './manifest-reference.ts';
import type { Problem } from './problem.ts';
import { promptFinding } from './prompt.ts';
import type { Files, Sound } from './estate.ts';
import type { Resource } from './resource.ts';
import { parseScript } from './script.ts';
import { secretKind, secretOffset } from './secret-literal.ts';
import { shownText } from './shown.ts';
import { decodeText, problemAt, type Finding, type Path } from './text.ts';

/** What reading a manifest's file came to. */
export interface FileContent {
  readonly resource: Resource | undefined;
  /** In the manifest. */
  readonly findings: readonly { readonly path: Path; readonly finding: Finding }[];
  /** In the file. */
  readonly problems: readonly Problem[];
}

// A resource is made again only when its file is other bytes: most of ten thousand stay the same from tick to tick.
const made = new WeakMap<Sound, { readonly bytes: Uint8Array | undefined; readonly content: FileContent }>();

/** The resource of a manifest, with its prompt or script file read in. */
export function readFile(manifest: Sound, files: Files): FileContent {
  const { file } = manifest.content;
  const bytes = file?.path === undefined ? undefined : files.get(file.path);
  const known = made.get(manifest);
  if (known !== undefined && known.bytes === bytes) return known.content;
  const content = file === undefined ? done(manifest, manifest.content.manifest) : joined(manifest, file, bytes);
  made.set(manifest, { bytes, content });
  return content;
}

function joined(manifest: Sound, file: FileNeed, bytes: Uint8Array | undefined): FileContent {
  const shown = shownText(file.written);
  const at = ['spec', file.field];
  if (file.path === undefined) {
    const message = `The path \`${shown}\` leads out of the repository.`;
    return finding(at, {
      code: 'reference.file_escape',
      message,
      help: 'Keep the file in the repository; `/` in front starts at its root.',
    });
  }
  if (bytes === undefined) {
    const message = `There is no file at \`${shownText(file.path)}\`.`;
    return finding(at, {
      code: 'reference.file_missing',
      message,
      help: 'Paths are relative to the manifest; `/` in front starts at the repository.',
    });
  }
  if (bytes.byteLength > textFileBytesMax) {
    const message = `The file \`${shown}\` has ${bytes.byteLength} bytes; at most ${textFileBytesMax} are read.`;
    return finding(at, { code: 'limits.text_file_bytes', message, help: 'Shorten it.' });
  }
  const source = { path: file.path, bytes };
  return file.field === 'promptFile' ? withPrompt(manifest, source) : withScript(manifest, source);
}

function withPrompt(manifest: Sound, file: { path: string; bytes: Uint8Array }): FileContent {
  const { source, problems } = decodeText(file.bytes, shownText(file.path));
  if (problems.length > 0) return { resource: undefined, findings: [], problems };
  // What Git checks out on Windows is the same prompt.
  const prompt = source.text.replaceAll('\r\n', '\n');
  const found = promptFinding(source.text);
  if (found !== undefined)
    problems.push(problemAt(source, [found.offset, found.offset + 2], { ...found, address: manifest.address }));
  const secret = secretKind(prompt);
  if (secret !== undefined) {
    const message = `The prompt holds what looks like ${secret}.`;
    problems.push(
      problemAt(source, secretOffset(source.text), {
        code: 'manifest.secret_literal',
        message,
        help: 'Revoke it, and remove it from the prompt.',
        address: manifest.address,
      }),
    );
  }
  if (prompt.trim() === '') {
    problems.push(
      problemAt(source, 0, {
        code: 'manifest.required',
        message: 'The prompt is empty.',
        help: 'Say what the agent is to do.',
        address: manifest.address,
      }),
    );
  }
  if (problems.some((problem) => problem.severity === 'error')) return { resource: undefined, findings: [], problems };
  return { ...done(manifest, withField(manifest, 'prompt', prompt)), problems };
}

function withScript(manifest: Sound, file: { path: string; bytes: Uint8Array }): FileContent {
  const { script, problems } = parseScript(file);
  if (script === undefined) return { resource: undefined, findings: [], problems };
  return done(manifest, withField(manifest, 'script', script));
}

function withField(manifest: Sound, field: 'prompt' | 'script', value: Json): JsonObject {
  const { promptFile: _prompt, scriptFile: _script, ...rest } = objectAt(manifest.content.manifest, 'spec');
  return { ...manifest.content.manifest, spec: { ...rest, [field]: value } };
}

function done(manifest: Sound, body: JsonObject): FileContent {
  const { kind, namespace, name } = manifest.identity;
  const resource: Resource = {
    kind,
    namespace,
    name,
    address: manifest.address,
    manifest: body,
    digest: (body === manifest.content.manifest ? manifest.content.digest : undefined) ?? digest(body),
    place: manifest.document.place,
  };
  return { resource, findings: [], problems: [] };
}

function finding(path: Path, found: Finding): FileContent {
  return { resource: undefined, findings: [{ path, finding: found }], problems: [] };
}
