import type { JsonObject } from '../../json.ts';
import { type PromptPart, writePrompt } from '../../prompt-template.ts';
import { addressOf } from '../../resource.ts';
import { shownText } from '../../shown.ts';
import type { Conversion } from '../conversion.ts';
import { foreignKey } from '../foreign-estate.ts';
import type { ForeignDocument, ForeignNode } from '../foreign.ts';
import { configValue } from './config-value.ts';
import { fillGoTemplate } from './go-template.ts';

/** Where a kind has its system message. */
export interface PromptPlace {
  readonly text: ForeignNode;
  readonly from: ForeignNode;
  readonly template: ForeignNode;
  readonly toolNames: readonly string[];
}

/** The agent's prompt as pawl writes it; undefined: there is none to write, and it was said why. */
export function promptOf(conversion: Conversion, place: PromptPlace): string | undefined {
  const written = place.from.exists ? fromElsewhere(conversion, place.from) : place.text.text();
  if (written === undefined || written === '') {
    if (place.text.document.isRefused) return undefined;
    const help = 'Write the prompt: kagent itself does not start an agent without one.';
    place.text.refuse({ code: 'import.schema', message: 'The agent has no system message.', help });
    return undefined;
  }
  const sources = place.template.get('dataSources').items();
  if (sources.length === 0) return writePrompt([{ kind: 'text', text: written }]);
  const library = libraryOf(conversion, sources);
  const { document } = place.text;
  const filled = fillGoTemplate(written, {
    include: (path) => library.get(path)?.(),
    fields: {
      AgentName: document.name,
      AgentNamespace: document.namespace,
      Description: document.spec.get('description').text() ?? '',
      ToolNames: place.toolNames,
      SkillNames: [],
    },
  });
  if (!('message' in filled)) return writePrompt(filled);
  const help = 'Write that part as plain text; what depends on a run is an input of the agent in pawl.';
  const node = place.from.exists ? place.from : place.text;
  node.refuse({ message: `The prompt cannot be filled in when it is imported: ${filled.message}`, help });
  return undefined;
}

function fromElsewhere(conversion: Conversion, from: ForeignNode): string | undefined {
  if (from.get('type').text() !== 'Secret') return configValue(conversion, from);
  from.refuse({
    message: 'The system message is in a Secret: in pawl a prompt is reviewed in Git, and no secret.',
    help: 'Move the text into a ConfigMap, or write it as `systemMessage`.',
  });
  return undefined;
}

/** What each `source/key` of an `include` stands for; a source that is missing refuses the document. */
function libraryOf(
  conversion: Conversion,
  sources: readonly ForeignNode[],
): ReadonlyMap<string, () => readonly PromptPart[]> {
  const library = new Map<string, () => readonly PromptPart[]>();
  for (const source of sources) {
    const name = source.get('name').text() ?? '';
    const alias = source.get('alias').text() ?? '';
    source.get('kind').text();
    source.get('apiGroup').text();
    const map = conversion.estate.find(foreignKey('ConfigMap', source.document.namespace, name), source.document);
    if (map === undefined) {
      source.get('name').refuse({
        code: 'import.depends',
        message: `The ConfigMap \`${shownText(name)}\` that the prompt includes is in none of the files.`,
        help: `Add it: \`kubectl get configmap NAME -n NAMESPACE -o yaml\` prints it.`,
      });
      continue;
    }
    for (const [key, node] of map.root.get('data').entries()) {
      const path = `${alias === '' ? name : alias}/${key}`;
      if (library.has(path)) {
        const message = `Two sources of the template have \`${shownText(path)}\`.`;
        source.refuse({ code: 'import.schema', message, help: 'Give one of them another `alias`.' });
      }
      library.set(path, () => fragment(conversion, source, { map, key, text: node.text() ?? '' }));
    }
  }
  return library;
}

interface Included {
  readonly map: ForeignDocument;
  readonly key: string;
  readonly text: string;
}

/**
 * An included text as a fragment of a PromptLibrary named for the ConfigMap, so that it stays one text for all agents;
 * what no library can hold stands in place. A fragment leaves out the line breaks at its end, which follow it instead.
 */
function fragment(conversion: Conversion, source: ForeignNode, { map, key, text }: Included): readonly PromptPart[] {
  const { estate, emitted } = conversion;
  const body = text.replace(/[\r\n]+$/, '');
  const written = writePrompt([{ kind: 'text', text: body }]);
  const namespace = estate.namespaceOf(map.namespace);
  const identity = { kind: 'PromptLibrary', namespace, name: estate.plainName(map.name) } as const;
  const address = addressOf(identity);
  const made = emitted.get(address);
  const prompts = { ...(made?.spec['prompts'] as JsonObject | undefined) };
  const isTaken = Object.hasOwn(prompts, key) && prompts[key] !== written;
  if (isTaken || written === '' || written.length > 65_536 || !libraryKey.test(key)) return [{ kind: 'text', text }];
  emitted.set(address, {
    ...identity,
    labels: {},
    annotations: {},
    spec: { description: `Texts of the ConfigMap ${map.name}.`, prompts: { ...prompts, [key]: written } },
    from: [...new Set([...(made?.from ?? []), source.document])],
    remarks: [],
  });
  const library = conversion.mention(source.get('name'), identity);
  const rest = text.slice(body.length);
  const part: PromptPart = { kind: 'fragment', library, key, start: 0, end: 0 };
  return rest === '' ? [part] : [part, { kind: 'text', text: rest }];
}

const libraryKey = /^(?=.{1,128}$)[A-Za-z0-9]([A-Za-z0-9_.-]*[A-Za-z0-9])?$/;
