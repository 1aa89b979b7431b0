import { copyOf } from './canonical.ts';
import { digest } from './digest.ts';
import type { Document, SourceFile } from './document.ts';
import { isJsonObject, type Json, type JsonObject } from './json.ts';
import { lockFileBytesMax } from './limits.ts';
import { problemIn } from './position.ts';
import { compareProblems, compareText, type Problem } from './problem.ts';
import { parseSingle } from './script.ts';
import { checkShape } from './shape.ts';
import { shownText } from './shown.ts';
import type { Path } from './text.ts';
import type { Lock as LockFile } from './types.gen.ts';

export type PinnedServer = LockFile['servers'][string];
export type PinnedTool = PinnedServer['tools'][string];

/** What `pawl.lock.yaml` says, and where. */
export interface Lock {
  readonly document: Document;
  readonly file: LockFile;
}

/** `pawl.lock.yaml`, checked like a manifest. While something is wrong with it, nothing of it is used. */
export function parseLock(file: SourceFile): { readonly lock?: Lock; readonly problems: readonly Problem[] } {
  const { document, problems } = parseSingle(file, lockFileBytesMax);
  if (document === undefined) return { problems };
  const value = copyOf(document.value);
  const found = checkShape('lock', value, document);
  if (found.length > 0 || !isLockFile(value)) return { problems: found };
  const tampered = digestProblems(value, document).sort(compareProblems);
  return tampered.length > 0 ? { problems: tampered } : { lock: { document, file: value }, problems: [] };
}

/** `checkShape` found nothing: the value has the type that is generated from the same schema. */
function isLockFile(value: Json): value is Json & LockFile {
  return isJsonObject(value) && isJsonObject(value['servers']);
}

/** Of everything that a model is told of a tool, and of its name. */
export function toolDigest(name: string, definition: PinnedTool['definition']): string {
  return `sha256:${digest({ name, ...definition } as JsonObject)}`;
}

export function toolsDigest(tools: PinnedServer['tools']): string {
  const names = Object.keys(tools).sort(compareText);
  return `sha256:${digest(Object.fromEntries(names.map((name) => [name, tools[name]?.digest ?? ''])))}`;
}

function digestProblems({ servers }: LockFile, document: Document): Problem[] {
  const problems: Problem[] = [];
  const report = (path: Path, what: string) =>
    problems.push(
      problemIn(document, path, {
        code: 'lock.digest',
        message: `The digest is not that of ${what}: one of the two was edited.`,
        help: 'Restore the file from Git, or pin the server again.',
      }),
    );
  for (const [address, server] of Object.entries(servers)) {
    const at = ['servers', address];
    for (const [name, tool] of Object.entries(server.tools)) {
      if (tool.digest === toolDigest(name, tool.definition)) continue;
      report([...at, 'tools', name, 'digest'], `the definition of \`${shownText(name)}\``);
    }
    if (server.toolsDigest !== toolsDigest(server.tools)) report([...at, 'toolsDigest'], `the tools of ${address}`);
  }
  return problems;
}
