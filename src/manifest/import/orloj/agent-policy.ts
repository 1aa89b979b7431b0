import type { Json } from '../../json.ts';
import type { Conversion } from '../conversion.ts';
import type { ForeignKind } from '../dialect.ts';
import { ignored, mapped } from '../field-table.ts';
import type { ForeignDocument, ForeignNode } from '../foreign.ts';
import { given } from '../given.ts';
import { allowedModels } from './policy-models.ts';
import { targetsOf } from './policy-targets.ts';
import { isMemoryTool } from './grants.ts';
import { orlojMetadata, orlojVersions } from './orloj-metadata.ts';
import { isOrloj } from './orloj-name.ts';
import { referToTool } from './tool-reference.ts';

/** What agents may use and spend. */
export const agentPolicy: ForeignKind = {
  kind: 'AgentPolicy',
  apiVersions: orlojVersions,
  fields: {
    ...orlojMetadata,
    'spec.max_tokens_per_run': mapped('integer', '`AgentPolicy.spec.budgets`, tokens of a run'),
    'spec.allowed_models[]': mapped('string', '`AgentPolicy.spec.models.allow`: the endpoints of these models'),
    'spec.blocked_tools[]': mapped('string', '`AgentPolicy.spec.tools.deny`'),
    'spec.apply_mode': mapped(
      { type: 'string', enum: ['scoped', 'global'] },
      '`AgentPolicy.spec.targets`: the namespace where it is global',
    ),
    'spec.target_systems[]': mapped('string', '`AgentPolicy.spec.targets.systems`'),
    'spec.target_tasks[]': mapped('string', '`AgentPolicy.spec.targets.systems`: the systems of the tasks'),
    'spec.target_agents[]': mapped('string', '`AgentPolicy.spec.targets.agents`'),
    'spec.max_child_depth': mapped('integer', '`AgentPolicy.spec.limits.maxDelegationDepth`'),
    'spec.max_child_tasks': ignored('integer', 'No agent of pawl starts tasks.'),
  },
  fate: { fate: 'mapped', becomes: 'AgentPolicy', convert },
};

function convert(document: ForeignDocument, conversion: Conversion): void {
  const { spec } = document;
  const allow = allowedModels(document, conversion);
  const deny = deniedTools(document, conversion);
  const depth = depthOf(spec.get('max_child_depth'));
  conversion.become(
    document,
    given({
      targets: targetsOf(document, conversion),
      budgets: budgetsOf(spec),
      models: allow === undefined ? undefined : { allow: [...allow] },
      tools: deny.length === 0 ? undefined : { deny: [...deny] },
      limits: depth === undefined ? undefined : { maxDelegationDepth: depth },
    }),
  );
}

function budgetsOf(spec: ForeignNode): Json[] | undefined {
  const node = spec.get('max_tokens_per_run');
  const limit = node.number() ?? 0;
  if (limit <= 0) return undefined;
  const each =
    spec.get('target_agents').items().length > 1 ? ' Its agents share it, where in Orloj each has its own.' : '';
  const message = `Orloj counts when an agent has ended; pawl reserves before each call, and refuses what would go beyond.${each}`;
  node.flag('import.stricter', message);
  return [{ scope: 'run', unit: 'tokens', limit }];
}

function deniedTools(document: ForeignDocument, conversion: Conversion): readonly string[] {
  const node = document.spec.get('blocked_tools');
  const denied = node.items().flatMap((item): readonly string[] => {
    const name = item.text()?.trim() ?? '';
    if (name === '') return [];
    return isMemoryTool(name) ? memoriesDenied(document, name, conversion) : [referToTool(item, name, conversion)];
  });
  if (denied.length > 0) {
    const message =
      'An agent that lists a blocked tool fails in Orloj before it starts. Here it runs, and every call of the tool is denied.';
    node.flag('import.assumed', message);
  }
  return [...new Set(denied)];
}

/** `memory.write` is a tool of every memory in Orloj, and an operation of one in pawl. */
function memoriesDenied(document: ForeignDocument, name: string, { estate }: Conversion): readonly string[] {
  const operation = name.slice('memory.'.length);
  const memories = [...estate.documents.keys()].filter(
    (one) => isOrloj(one, 'Memory') && one.namespace === document.namespace && !one.isRefused,
  );
  return memories.map((one) => `memory:${estate.identityOf(one).name}:${operation}`);
}

const depthMax = 10;

function depthOf(node: ForeignNode): number | undefined {
  const depth = node.number() ?? 0;
  return depth <= 0 ? undefined : Math.min(depth, depthMax);
}
