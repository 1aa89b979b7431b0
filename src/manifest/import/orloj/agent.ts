import type { Json } from '../../json.ts';
import { writePrompt } from '../../prompt-template.ts';
import { shownText } from '../../shown.ts';
import type { Conversion } from '../conversion.ts';
import type { ForeignKind } from '../dialect.ts';
import type { ForeignDocument, ForeignNode } from '../foreign.ts';
import { given } from '../given.ts';
import { durationText, goDurationMs } from '../go-duration.ts';
import { executionOf } from './agent-execution.ts';
import { agentFields } from './agent-fields.ts';
import { grantRoles } from './grant-roles.ts';
import { orlojVersions } from './orloj-metadata.ts';
import { orlojName } from './orloj-name.ts';
import { agentUses, toolUses } from './tool-use.ts';

/** A model with a prompt, tools and limits. */
export const agent: ForeignKind = {
  kind: 'Agent',
  apiVersions: orlojVersions,
  fields: agentFields,
  rules,
  fate: { fate: 'mapped', becomes: 'Agent', convert },
};

function rules({ spec }: ForeignDocument): void {
  const execution = spec.get('execution');
  if (execution.get('profile').value === 'contract' && execution.get('tool_sequence').items().length === 0)
    execution.get('profile').refuse({ code: 'import.schema', message: 'A contract needs a `tool_sequence`.' });
  const allow = spec.at('memory', 'allow');
  if (allow.items().length > 0 && !spec.at('memory', 'ref').exists)
    allow.refuse({ code: 'import.schema', message: '`allow` needs the `ref` of a Memory.' });
  const schema = execution.get('output_schema');
  if (schema.exists && !schema.get('type').exists)
    schema.refuse({ code: 'import.schema', message: 'The schema needs a `type` at its root.' });
}

function convert(document: ForeignDocument, conversion: Conversion): void {
  const { spec } = document;
  const model = modelOf(spec, conversion);
  const prompt = promptOf(document, conversion);
  const tools = toolUses(spec.get('tools'), conversion);
  const agents = agentUses(spec.get('tools'), conversion);
  const roles = grantRoles(document, conversion);
  const memory = memoryOf(spec.get('memory'), conversion);
  const { execution, output } = executionOf(spec.get('execution'), conversion);
  conversion.become(
    document,
    given({
      ...model,
      prompt,
      tools: tools.length === 0 ? undefined : tools,
      agents: agents.length === 0 ? undefined : agents,
      roles: roles.length === 0 ? undefined : roles,
      memory,
      limits: limitsOf(spec.get('limits')),
      output,
      execution,
    }),
  );
}

function modelOf(spec: ForeignNode, conversion: Conversion): Readonly<Record<string, Json>> {
  const nodes = [spec.get('model_ref'), ...spec.get('fallback_model_refs').items()];
  const refs = nodes.map((node) =>
    conversion.refer(node, { kinds: ['ModelEndpoint'], ...orlojName(node.text() ?? ''), as: 'ModelEndpoint' }),
  );
  const [modelRef = ''] = refs;
  return refs.length === 1 ? { modelRef } : { modelRefs: [...new Set(refs)] };
}

/** What an agent without a prompt is told; pawl has none without. */
const noPrompt = 'Do what the input asks for.';

function promptOf({ spec }: ForeignDocument, conversion: Conversion): string {
  const node = spec.get('prompt');
  const text = node.text() ?? '';
  if (text.trim() === '') {
    spec.flag('import.assumed', `The agent has no prompt, and pawl needs one: it is told \`${noPrompt}\``);
    return noPrompt;
  }
  for (const tool of spec.get('tools').items()) {
    const written = typeof tool.value === 'string' ? orlojName(tool.value).name : '';
    const plain = conversion.estate.plainName(written);
    if (written === plain || !text.includes(written)) continue;
    const message = `The prompt speaks of \`${shownText(written)}\`, and the model knows that tool as \`${plain}\` now.`;
    node.flag('import.renamed', message);
  }
  // Orloj fills nothing into prompts: braces in them are characters.
  return writePrompt([{ kind: 'text', text }]);
}

function memoryOf(node: ForeignNode, conversion: Conversion): Readonly<Record<string, Json>> | undefined {
  const ref = node.get('ref');
  const written = ref.text()?.trim() ?? '';
  if (written === '') return undefined;
  const memoryRef = conversion.refer(ref, { kinds: ['Memory'], ...orlojName(written), as: 'Memory' });
  const allow = [...new Set(node.get('allow').texts())];
  if (allow.length === 0) {
    const message =
      'No tool of the memory is offered, as in Orloj since `allow` is there; before, all were. Add what the agent needs to `allow`.';
    ref.flag('import.assumed', message);
  }
  return { memoryRef, allow };
}

const stepsDefault = 10;
const stepsMax = 1_000;

function limitsOf(node: ForeignNode): Readonly<Record<string, Json>> {
  const steps = node.get('max_steps');
  const written = steps.number() ?? 0;
  const maxSteps = written > 0 ? Math.min(written, stepsMax) : stepsDefault;
  const held = written > 0 ? '' : `There are ${stepsDefault} steps where the file says nothing. `;
  const message = `${held}An agent that reaches its last step succeeds in Orloj with what it has; here it fails with \`limit.steps\`.`;
  placeOf(steps).flag(written > 0 ? 'import.ends_in_failure' : 'import.default_limit', message);
  return { maxSteps, timeout: timeoutOf(node.get('timeout')) };
}

const timeoutDefault = '5m';

function timeoutOf(node: ForeignNode): string {
  const written = node.text()?.trim() ?? '';
  if (written === '' || goDurationMs(written) === 0) {
    const message = `Orloj has no timeout where the file has none; here a step of the agent may take ${timeoutDefault}.`;
    placeOf(node).flag('import.default_limit', message);
    return timeoutDefault;
  }
  const ms = goDurationMs(written);
  const text = ms === undefined ? undefined : durationText(ms);
  if (text !== undefined) return text;
  if (ms === undefined) node.refuse({ code: 'import.schema', message: 'This is no duration as Go writes it.' });
  else node.refuse({ message: 'A step may take at most seven days.', help: 'Shorten the timeout.' });
  return timeoutDefault;
}

/** What is not written has no place of its own: it is said at the nearest thing that is. */
function placeOf(node: ForeignNode): ForeignNode {
  return node.exists ? node : node.document.root.at('metadata', 'name');
}
