import { isJsonObject } from '../json.ts';
import { listAt, objectAt } from '../manifest-reference.ts';
import { qualify } from '../reference.ts';
import type { ScriptedOverlay } from './scripted-overlay.ts';

/** Agents of other frameworks run in pawl's own loop, and answer from a script as all do. */
export function replaceAgents(overlay: ScriptedOverlay): void {
  const models = new Map(overlay.ofKind('ModelEndpoint').map(({ namespace, name }) => [namespace, name]));
  for (const agent of overlay.ofKind('Agent')) {
    if (!isJsonObject(agent.spec['runtime'])) continue;
    // Any model of the namespace will do, for all of them answer from scripts.
    const modelRef = models.get(agent.namespace) ?? addModel(overlay, agent.namespace);
    models.set(agent.namespace, modelRef);
    overlay.patch(
      agent,
      {
        runtime: null,
        modelRef,
        prompt: 'You stand for an agent that runs elsewhere.',
      },
      'The agent runs elsewhere; here a script answers for it.',
    );
  }
}

function addModel(overlay: ScriptedOverlay, namespace: string): string {
  const name = 'scripted';
  overlay.add(
    {
      kind: 'ModelEndpoint',
      namespace,
      name,
      spec: { provider: 'scripted', model: 'scripted', scriptFile: `${name}.script.yaml` },
    },
    'Answers for agents that run elsewhere.',
  );
  return name;
}

/** A script calls no tools, so that none can be required. */
export function requireNoTools(overlay: ScriptedOverlay): void {
  for (const agent of overlay.ofKind('Agent')) {
    if (listAt(objectAt(agent.spec, 'execution'), 'requiredTools').length === 0) continue;
    overlay.patch(
      agent,
      { execution: { requiredTools: null } },
      'The script calls no tools, so none is required here.',
    );
  }
}

/** A system to run each agent by, where none has it: the other system calls agents without any. */
export function addSystems(overlay: ScriptedOverlay): void {
  const standing = new Set<string>();
  const names = new Set<string>();
  for (const { namespace, name, spec } of overlay.ofKind('AgentSystem')) {
    names.add(`${namespace}/${name}`);
    for (const node of Object.values(objectAt(spec, 'graph'))) {
      const agentRef = isJsonObject(node) ? node['agentRef'] : undefined;
      if (typeof agentRef === 'string') standing.add(qualify(agentRef, namespace));
    }
  }
  for (const { namespace, name } of overlay.ofKind('Agent')) {
    if (standing.has(`${namespace}/${name}`) || names.has(`${namespace}/${name}`)) continue;
    const spec = { graph: { answer: { agentRef: name, input: '${ input }' } } };
    overlay.add(
      { kind: 'AgentSystem', namespace, name, spec },
      'To try the agent by itself: no system was imported that it belongs to.',
    );
  }
}
