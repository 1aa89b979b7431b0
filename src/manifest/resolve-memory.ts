import { type EmbeddingEndpoint, embeddingKind } from './embedding-model.ts';
import type { Estate, Report } from './estate.ts';
import type { Json } from './json.ts';
import { listAt, objectAt } from './manifest-reference.ts';
import { shownText } from './shown.ts';

/** What is wrong with memories, and with what agents say of them. */
export function memoryFindings(estate: Estate, report: Report): void {
  allowFindings(estate, report);
  moveFindings(estate, report);
  embeddingFindings(estate, report);
}

/** Reports memories whose endpoint embeds nothing, or not to that length: each of their calls would fail. */
function embeddingFindings(estate: Estate, report: Report): void {
  for (const memory of estate.byKind.get('Memory') ?? []) {
    const reference = memory.references.find(({ kind, path }) => kind === 'ModelEndpoint' && path[1] === 'longTerm');
    const endpoint = reference && estate.known.get(reference.address)?.content;
    if (reference === undefined || endpoint === undefined) continue;
    const { provider, model, project } = objectAt(endpoint.manifest, 'spec');
    if (typeof provider !== 'string' || typeof model !== 'string') continue;
    const given = { provider, model, project: typeof project === 'string' ? project : undefined };
    const { dimensions } = objectAt(objectAt(memory.content.manifest, 'spec'), 'longTerm');
    const kind = embeddingKind(given);
    if (kind === undefined) {
      report(memory, ['spec', 'longTerm', 'embeddingRef'], {
        code: 'memory.embeddings_unsupported',
        message: `${reference.address} asks for ${askedFor(given)}, of which pawl gets no embeddings.`,
        help: 'Name a ModelEndpoint that embeds, as docs/memory.md lists them, or remove `embeddingRef`, `dimensions` and `minScore`: what is remembered is then found by words.',
      });
    } else if (typeof dimensions === 'number' && kind.lengths?.includes(dimensions) === false) {
      report(memory, ['spec', 'longTerm', 'dimensions'], {
        code: 'memory.dimensions_unsupported',
        message: `${shownText(model)} makes embeddings of ${oneOf(kind.lengths)} numbers, not of ${dimensions}.`,
        help: `Write ${oneOf(kind.lengths)}, or name another model.`,
      });
    }
  }
}

function askedFor({ provider, model, project }: EmbeddingEndpoint): string {
  if (provider === 'bedrock') return `\`${shownText(model)}\` at Bedrock`;
  return project === undefined ? `a model of ${provider}` : `a model of ${provider} by Vertex AI`;
}

function oneOf(lengths: readonly number[]): string {
  return lengths.length === 1 ? String(lengths[0]) : `${lengths.slice(0, -1).join(', ')} or ${lengths.at(-1)}`;
}

/** What a service keeps it keeps under the Memory's name: nothing of pawl could move it there with an apply. */
function moveFindings(estate: Estate, report: Report): void {
  for (const memory of estate.byKind.get('Memory') ?? []) {
    const { manifest } = memory.content;
    if (objectAt(manifest, 'spec')['type'] !== 'http') continue;
    if (objectAt(manifest, 'metadata')['renamedFrom'] === undefined) continue;
    report(memory, ['metadata', 'renamedFrom'], {
      code: 'memory.move_unsupported',
      message: `${memory.address} is kept by a service, which pawl cannot tell of its new name.`,
      help: 'Remove `renamedFrom`, and let the service give what it has under the old name under the new one too.',
    });
  }
}

/** Reports agents that say what they may do with the long term of a memory that has none: they would get no tool. */
function allowFindings(estate: Estate, report: Report): void {
  for (const agent of estate.byKind.get('Agent') ?? []) {
    const allow = listAt(objectAt(objectAt(agent.content.manifest, 'spec'), 'memory'), 'allow');
    if (allow.every((operation) => isUsual(operation))) continue;
    const reference = agent.references.find(({ kind, path }) => kind === 'Memory' && path[1] === 'memory');
    const memory = reference && estate.known.get(reference.address)?.content;
    if (reference === undefined || memory === undefined) continue;
    if (objectAt(memory.manifest, 'spec')['longTerm'] !== undefined) continue;
    report(agent, ['spec', 'memory', 'allow'], {
      code: 'memory.no_long_term',
      message: `${reference.address} keeps sessions only, so that \`allow\` gives the agent nothing.`,
      help: 'Add `longTerm` to the Memory, or leave `allow` out.',
    });
  }
}

/** Who writes nothing has these, so that they say nothing of what the author meant. */
function isUsual(operation: Json): boolean {
  return operation === 'read' || operation === 'search';
}
