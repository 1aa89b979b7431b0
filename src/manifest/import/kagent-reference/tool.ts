import { isJsonObject, type JsonObject } from '../../json.ts';
import { shownText } from '../../shown.ts';
import type { Conversion } from '../conversion.ts';
import type { ForeignKind } from '../dialect.ts';
import type { ForeignDocument, ForeignNode } from '../foreign.ts';
import { given } from '../given.ts';
import { durationIn } from './memory-block.ts';
import { schemaOf } from './parameters.ts';
import { apiBlock } from './tool-api.ts';
import { toolFields } from './tool-fields.ts';

/** A tool of the reference, of one of four types. */
export const tool: ForeignKind = {
  kind: 'Tool',
  apiVersions: ['kagent.dev/v1alpha1'],
  fields: toolFields,
  fate: { fate: 'mapped', becomes: 'Tool', convert },
};

/** The fields of each type; those of another type are unclear. */
const fieldsOf: Readonly<Record<string, readonly string[]>> = {
  api: ['endpoint', 'method', 'auth', 'timeout'],
  code: ['language', 'code', 'timeout'],
  human: ['assignees', 'timeout'],
  retrieval: ['memory', 'topK', 'timeout'],
};

function convert(document: ForeignDocument, conversion: Conversion): void {
  const { spec } = document;
  const type = spec.get('type').text() ?? '';
  const field = (name: string): ForeignNode => placeOf(spec, name);
  for (const name of new Set(Object.values(fieldsOf).flat())) {
    const node = field(name);
    if (!node.exists || fieldsOf[type]?.includes(name) === true) continue;
    node.refuse({ code: 'import.schema', message: `\`${node.field}\` has no meaning in a tool of type \`${type}\`.` });
  }
  const inputSchema = schemaOf(spec.get('parameters'));
  const [displayName, output] = [spec.get('displayName').text(), spec.get('output').json()];
  if (output !== undefined && !isJsonObject(output))
    spec.get('output').refuse({ code: 'import.schema', message: '`spec.output` must be a JSON Schema.' });
  const timeout = durationIn(field('timeout'));
  const block = blockOf(type, { conversion, field, inputSchema, spec });
  if (block === undefined || document.isRefused) return;
  conversion.become(
    document,
    given({
      description: spec.get('description').text(),
      inputSchema,
      outputSchema: isJsonObject(output) ? output : undefined,
      operation: type === 'retrieval' ? 'read' : 'write',
      timeout,
      ...block,
    }),
    [
      ...(displayName === undefined ? [] : [`Shown there as ${shownText(displayName)}.`]),
      ...(type === 'retrieval' ? [] : ['What it does to the world is not said over there: it counts as a write.']),
    ],
  );
}

interface TypeParts {
  readonly conversion: Conversion;
  readonly field: (name: string) => ForeignNode;
  readonly inputSchema: JsonObject;
  readonly spec: ForeignNode;
}

function blockOf(type: string, parts: TypeParts): JsonObject | undefined {
  switch (type) {
    case 'api':
      return apiBlock(parts);
    case 'code':
      return codeBlock(parts);
    case 'human':
      return humanBlock(parts);
    default:
      return retrievalBlock(parts);
  }
}

function codeBlock({ field, spec }: TypeParts): JsonObject | undefined {
  const language = field('language');
  const source = field('code').text();
  const written = language.text()?.toLowerCase();
  if (written !== undefined && !['javascript', 'js'].includes(written))
    language.refuse({
      message: `pawl runs code tools in JavaScript, and not in ${shownText(written)}.`,
      help: 'Write it in JavaScript, or serve it behind a URL as a tool of type `api`.',
    });
  if (source !== undefined && source !== '') return { type: 'code', code: { language: 'javascript', source } };
  spec.refuse({ code: 'import.schema', message: 'What the tool runs is not said.', help: 'Write it in `code`.' });
  return undefined;
}

function humanBlock({ field, spec }: TypeParts): JsonObject {
  const assignees = field('assignees');
  const [groups, users] = [assignees.get('groups').texts(), assignees.get('users').texts()];
  if (groups.length + users.length === 0)
    spec.get('type').flag('import.approvers', 'Whose task it is is not said: here it is the group `operators`.');
  return {
    type: 'human',
    human: {
      assignees: given({
        groups: groups.length > 0 ? [...groups] : users.length > 0 ? undefined : ['operators'],
        users: users.length > 0 ? [...users] : undefined,
      }),
    },
  };
}

function retrievalBlock({ conversion, field, inputSchema, spec }: TypeParts): JsonObject | undefined {
  const memory = field('memory');
  const name = memory.text();
  const topK = field('topK').number();
  if (name === undefined || name === '') {
    spec.get('type').refuse({
      message: 'Which memory is searched is not said.',
      help: 'Name a Memory in `memory`; a vector store elsewhere is reached by a tool of type `api`.',
    });
    return undefined;
  }
  const memoryRef = conversion.refer(memory, { kinds: ['Memory'], name, as: 'Memory' });
  const { properties } = inputSchema;
  if (!isJsonObject(properties) || properties['query'] === undefined)
    spec.get('parameters').refuse({
      message: 'pawl searches for what the argument `query` holds, and the tool has no such parameter.',
      help: 'Name the parameter `query`.',
    });
  return { type: 'retrieval', retrieval: given({ memoryRef, topK }) };
}

/** A field beside `type` or under `config`; in both it is unclear which holds. */
function placeOf(spec: ForeignNode, name: string): ForeignNode {
  const [outer, inner] = [spec.get(name), spec.at('config', name)];
  if (!inner.exists) return outer;
  if (outer.exists && !spec.document.isRefused) {
    outer.refuse({ code: 'import.schema', message: `\`${outer.field}\` stands beside \`${inner.field}\`: keep one.` });
  }
  return inner;
}
