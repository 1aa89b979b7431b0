import { canonicalise, copyOf, readNumbers, type Draft } from './canonical.ts';
import { annotationProblems } from './annotation.ts';
import type { Document } from './document.ts';
import { digest } from './digest.ts';
import { isJsonObject, type Json, type JsonObject } from './json.ts';
import { fileNeedsOf, type FileNeed } from './file-need.ts';
import { writerOf } from './layer.ts';
import { objectAt, referencesOf, type ManifestReference } from './manifest-reference.ts';
import { didYouMean } from './nearest.ts';
import { isPatch, patchProblems } from './patch.ts';
import { problemIn } from './position.ts';
import { compareProblems, type Problem } from './problem.ts';
import { qualify } from './reference.ts';
import { addressOf, kinds, type Address, type Identity, type Kind } from './resource.ts';
import { secretProblems } from './secret-problem.ts';
import { checkMeaning } from './meaning.ts';
import { checkShape, type SchemaName } from './shape.ts';
import { shownText } from './shown.ts';
import { unsupportedProblems } from './unsupported.ts';
import type { Finding } from './text.ts';

/** What can be said of one document without looking at any other: it can be kept for as long as the blob is. */
export interface Validated {
  readonly document: Document;
  readonly problems: readonly Problem[];
  /** Where the document could be identified, whatever else is wrong with it. */
  readonly identity?: Identity;
  readonly address?: Address;
  /** Whatever it names in the right grammar, whatever else is wrong with it. */
  readonly references: readonly ManifestReference[];
  /** Present when nothing is wrong. */
  readonly content?: Content;
  /** The name that the resource had before. */
  readonly renamedFrom?: Address;
  /** It only says what it changes in the manifest of its identity in an earlier path. */
  readonly patch?: true;
}

export interface Content {
  /** Defaults filled in, `status` left out, one way to write everything; prompt and script files not yet read. */
  readonly manifest: JsonObject;
  /** Of the manifest, where no file is read into it. */
  readonly digest: string | undefined;
  readonly files: readonly FileNeed[];
}

/** Everything that is wrong with a document by itself. */
export function validate(document: Document): Validated {
  const problems: Problem[] = secretProblems(document);
  const { value } = document;
  if (!isJsonObject(value)) {
    problems.push(
      problemIn(document, [], {
        code: 'manifest.shape',
        message: 'A manifest must be a map.',
        help: 'Start with `apiVersion: pawl/v1`.',
      }),
    );
    return { document, problems, references: [] };
  }
  const kind = kindOf(value, document, problems);
  if (kind === undefined) return { document, problems, references: [] };
  const draft = copyOf(value) as Draft;
  // What a cluster or another tool wrote about the resource is no part of it.
  delete draft['status'];
  readNumbers(kind, draft);
  if (isPatch(value)) return validatedPatch(kind, draft, { document, problems });
  const shape = checkShape(schemaOf[kind], draft, document);
  problems.push(...shape, ...annotationProblems(draft, document));
  problems.push(...beside(shape, checkMeaning(kind, draft, document)));
  problems.push(...beside(problems, unsupportedProblems(kind, document)));
  const identity = identityOf(kind, draft);
  if (identity === undefined) return { document, problems: problems.sort(compareProblems), references: [] };
  const address = addressOf(identity);
  const named = problems.map((problem) => ({ ...problem, address })).sort(compareProblems);
  const references = referencesOf(identity, draft);
  const found = { document, problems: named, references, identity, address, ...renamedFrom(identity, draft) };
  if (named.some((problem) => problem.severity === 'error')) return found;
  return { ...found, content: contentOf(identity, draft, document) };
}

function renamedFrom({ kind, namespace }: Identity, draft: Draft): Pick<Validated, 'renamedFrom'> {
  const written = objectAt(draft, 'metadata')['renamedFrom'];
  return typeof written === 'string' ? { renamedFrom: `${kind}/${qualify(written, namespace)}` } : {};
}

function validatedPatch(
  kind: Kind,
  draft: Draft,
  { document, problems }: Pick<Validated, 'document'> & { problems: Problem[] },
): Validated {
  problems.push(...patchProblems(schemaOf[kind], draft, document));
  const identity = identityOf(kind, { ...draft, metadata: { namespace: 'default', ...objectAt(draft, 'metadata') } });
  const address = identity === undefined ? undefined : addressOf(identity);
  const named = problems.map((problem) => (address === undefined ? problem : { ...problem, address }));
  const patch = { document, problems: named.sort(compareProblems), references: [], patch: true } as const;
  return identity === undefined || address === undefined ? patch : { ...patch, identity, address };
}

/** A value of the wrong shape is said to be so once; what else it might mean helps nobody. */
function beside(shape: readonly Problem[], meaning: readonly Problem[]): Problem[] {
  if (meaning.length === 0) return [];
  const places = new Set(shape.map(({ line, column }) => `${line}:${column}`));
  return meaning.filter(({ line, column }) => !places.has(`${line}:${column}`));
}

function contentOf(identity: Identity, draft: Draft, document: Document): Content {
  canonicalise(identity.kind, draft);
  const files = fileNeedsOf(identity.kind, draft, (path) => writerOf(document, path).source.file);
  return { manifest: draft, digest: files.length === 0 ? digest(draft) : undefined, files };
}

/** The schema of each kind. */
export const schemaOf: Readonly<Record<Kind, SchemaName>> = {
  Defaults: 'defaults',
  Secret: 'secret',
  Guard: 'guard',
  Gateway: 'gateway',
  ModelEndpoint: 'model-endpoint',
  Memory: 'memory',
  PromptLibrary: 'prompt-library',
  McpServer: 'mcp-server',
  Tool: 'tool',
  AgentRole: 'agent-role',
  ToolPermission: 'tool-permission',
  AgentPolicy: 'agent-policy',
  Agent: 'agent',
  AgentSystem: 'agent-system',
  Workforce: 'workforce',
  Task: 'task',
  TaskSchedule: 'task-schedule',
  TaskWebhook: 'task-webhook',
  WorkerPool: 'worker-pool',
  AlertReceiver: 'alert-receiver',
  AlertRule: 'alert-rule',
  Eval: 'eval',
};

export function apiVersionProblem(value: JsonObject, document: Document): Problem | undefined {
  const written = value['apiVersion'];
  if (written === 'pawl/v1') return undefined;
  if (written === undefined) {
    const finding: Finding = {
      part: 'key',
      code: 'manifest.api_version',
      message: '`apiVersion` is missing.',
      help: 'Add `apiVersion: pawl/v1`.',
    };
    return problemIn(document, [], finding);
  }
  const shown = typeof written === 'string' ? ` \`${shownText(written)}\`` : '';
  const foreign = typeof written === 'string' && /orloj|kagent|agentic-layer/.test(written);
  const message = `The apiVersion${shown} is not known.`;
  const help = foreign
    ? 'It is of another system: `pawl import` writes it as manifests of pawl.'
    : 'Write `apiVersion: pawl/v1`.';
  return problemIn(document, ['apiVersion'], { code: 'manifest.api_version', message, help });
}

function kindOf(value: JsonObject, document: Document, problems: Problem[]): Kind | undefined {
  const version = apiVersionProblem(value, document);
  if (version !== undefined) problems.push(version);
  const written = value['kind'];
  const kind = kinds.find((known) => known === written);
  if (kind !== undefined) return version === undefined ? kind : undefined;
  if (typeof written !== 'string') {
    const message = written === undefined ? '`kind` is missing.' : '`kind` must be a text.';
    problems.push(
      problemIn(document, ['kind'], {
        part: 'key',
        code: 'manifest.kind',
        message,
        help: `One of: ${kinds.join(', ')}.`,
      }),
    );
    return undefined;
  }
  const help = didYouMean(written, kinds) ?? `One of: ${kinds.join(', ')}.`;
  const message = `\`${shownText(written)}\` is no kind.`;
  problems.push(problemIn(document, ['kind'], { code: 'manifest.kind', message, help }));
  return undefined;
}

const label = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/;

/** Only names of the right grammar identify: everything else was reported, and must not get into an address. */
function identityOf(kind: Kind, draft: Draft): Identity | undefined {
  const metadata: Json | undefined = draft['metadata'];
  if (!isJsonObject(metadata)) return undefined;
  const { name, namespace } = metadata;
  if (typeof name !== 'string' || typeof namespace !== 'string') return undefined;
  if (name.length > 63 || namespace.length > 63 || !label.test(name) || !label.test(namespace)) return undefined;
  return { kind, namespace, name };
}
