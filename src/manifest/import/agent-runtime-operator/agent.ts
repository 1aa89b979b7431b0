import type { JsonObject } from '../../json.ts';
import { writePrompt } from '../../prompt-template.ts';
import type { Conversion } from '../conversion.ts';
import type { ForeignKind } from '../dialect.ts';
import type { ForeignDocument } from '../foreign.ts';
import { given } from '../given.ts';
import { importedRoles } from '../imported-role.ts';
import { agentsOf } from './agent-agents.ts';
import { AgentEnvironment, type Variable } from './agent-environment.ts';
import { agentFields } from './agent-fields.ts';
import { modelOf } from './agent-model.ts';
import { checkAgentRules } from './agent-rules.ts';
import { outsideRuntime, runsInPawl } from './agent-runtime.ts';
import { toolsOf } from './agent-tools.ts';
import { operatorVersions } from './cluster-fields.ts';
import { flagCredentials } from '../credential.ts';

/** An agent: instruction, model and tools for a template of the operator, or an image of its own. */
export const agent: ForeignKind = {
  kind: 'Agent',
  apiVersions: operatorVersions,
  fields: agentFields,
  rules: checkAgentRules,
  fate: {
    fate: 'mapped',
    becomes: 'Agent',
    convert(document, conversion) {
      if (runsInPawl(document, conversion.estate)) convertBuiltin(document, conversion);
      else convertOutside(document, conversion);
    },
  },
};

function convertBuiltin(document: ForeignDocument, conversion: Conversion): void {
  const { spec } = document;
  const environment = new AgentEnvironment(document, conversion.estate);
  refuseReplaced(environment);
  const description = overridden(environment.override('AGENT_DESCRIPTION')) ?? spec.get('description').text();
  const modelRef = modelOf({ document, conversion, environment });
  const { tools, permissions } = toolsOf(spec.get('tools'), conversion);
  const agents = agentsOf(spec.get('subAgents'), conversion);
  const prompt = promptOf({ document, environment, description });
  environment.ignoreRest();
  for (const protocol of spec.get('protocols').items())
    protocol.ignore('pawl serves agents at a path of their gateway: the port and path of a pod are no longer used.');
  if (modelRef === undefined || document.isRefused) return;
  spec.flag('import.default_limit', 'The operator sets agents no limits: those that hold in pawl are written out.');
  conversion.become(
    document,
    given({
      description,
      modelRef,
      prompt,
      tools: tools.length === 0 ? undefined : [...tools],
      agents: agents.length === 0 ? undefined : [...agents],
      roles: permissions.length === 0 ? undefined : [...importedRoles(conversion, spec.get('tools'), permissions)],
      limits: { maxSteps: 10, maxToolCalls: 50, timeout: '5m' },
      expose: exposeOf(document),
    }),
  );
}

function convertOutside(document: ForeignDocument, conversion: Conversion): void {
  const { spec } = document;
  flagCredentials(spec.get('env'));
  const runtime = outsideRuntime(document);
  spec.flag('import.default_limit', 'The operator sets agents no limits: the one that holds in pawl is written out.');
  conversion.become(
    document,
    given({
      description: spec.get('description').text(),
      runtime,
      limits: { timeout: '5m' },
      expose: exposeOf(document),
    }),
  );
}

function exposeOf({ spec }: ForeignDocument): JsonObject | undefined {
  return spec.get('exposed').boolean() === true ? { a2a: true } : undefined;
}

/** Variables by which a manifest replaces what the operator says of the agent elsewhere. */
const replacing: Readonly<Record<string, string>> = {
  SUB_AGENTS: 'the sub-agents',
  AGENT_TOOLS: 'the tools',
  LITELLM_PROXY_API_BASE: 'the gateway of its model',
  USE_LITELLM_PROXY: 'the gateway of its model',
};

function refuseReplaced(environment: AgentEnvironment): void {
  for (const [name, what] of Object.entries(replacing))
    environment.override(name)?.node.refuse({
      message: `\`${name}\` replaces ${what} that the operator gives the agent.`,
      help: 'Write it in the fields of the Agent, and take the variable out.',
    });
}

function overridden(variable: Variable | undefined): string | undefined {
  if (variable === undefined || variable.kind === 'text') return variable?.text;
  variable.node.refuse({
    message: 'It replaces what the agent is told, and its value is not in the files.',
    help: 'Write the value in `spec.env`, or add the ConfigMap to what is imported.',
  });
  return undefined;
}

interface Telling {
  readonly document: ForeignDocument;
  readonly environment: AgentEnvironment;
  readonly description: string | undefined;
}

/** The instruction as it stands; without one, what the templates tell an agent of itself. */
function promptOf({ document, environment, description }: Telling): string {
  const node = document.spec.get('instruction');
  const own = node.text();
  const text = overridden(environment.override('AGENT_INSTRUCTION')) ?? own ?? '';
  if (text.trim() !== '') {
    if (/\{[A-Za-z_][A-Za-z0-9_:]*\??\}/.test(text) && !text.includes('{{'))
      node.flag(
        'import.assumed',
        'Words in braces stay as they are: the template of Google ADK fills them in from its session state.',
      );
    return writePrompt([{ kind: 'text', text }]);
  }
  document.spec.flag('import.assumed', 'The agent has no instruction: its prompt says its name and what it is for.');
  const purpose = description === undefined ? '' : ` ${description}`;
  return writePrompt([{ kind: 'text', text: `You are the agent ${document.name}.${purpose}` }]);
}
