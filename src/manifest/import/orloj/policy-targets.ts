import type { Json, JsonObject } from '../../json.ts';
import type { Conversion } from '../conversion.ts';
import type { ForeignDocument, ForeignNode } from '../foreign.ts';
import { given } from '../given.ts';
import { governanceOf } from './governance.ts';
import { isOrloj, orlojName, sameName } from './orloj-name.ts';

/** Whom a policy reaches: its namespace where it is global, else the systems that it names, those of tasks too. */
export function targetsOf(document: ForeignDocument, conversion: Conversion): JsonObject {
  const { spec } = document;
  const isGlobal = spec.get('apply_mode').text() === 'global';
  const agents = agentsOf(document, conversion);
  const systems = [
    ...namesOf(spec.get('target_systems')).map((node) =>
      refer(node, { kind: 'AgentSystem', name: systemNamed(document, node, conversion) }, conversion),
    ),
    ...namesOf(spec.get('target_tasks')).flatMap((node) => systemOf(document, node, conversion)),
  ];
  if (isGlobal) {
    for (const field of ['target_systems', 'target_tasks'])
      if (spec.get(field).exists) spec.get(field).ignore('The policy is global: it reaches its whole namespace.');
    return given({
      namespaces: [conversion.estate.namespaceOf(document.namespace)],
      agents: agents.length === 0 ? undefined : agents,
    });
  }
  if (systems.length > 0 || agents.length > 0)
    return given({
      systems: systems.length === 0 ? undefined : [...new Set(systems)],
      agents: agents.length === 0 ? undefined : agents,
    });
  document.root
    .at('metadata', 'name')
    .flag('import.assumed', 'The policy is scoped and names no system, task or agent: it reaches nobody, as in Orloj.');
  return { systems: [] };
}

function namesOf(node: ForeignNode): readonly ForeignNode[] {
  node.json();
  return node.items().filter(({ value }) => typeof value === 'string' && value.trim() !== '');
}

function agentsOf(document: ForeignDocument, conversion: Conversion): Json[] {
  const { agents } = governanceOf(conversion.estate);
  const found = namesOf(document.spec.get('target_agents')).map((node) => {
    const target = String(node.text()).trim();
    const agent = agents.find(({ namespace, name }) => namespace === document.namespace && sameName(name, target));
    return refer(node, { kind: 'Agent', name: agent?.name ?? target }, conversion);
  });
  return [...new Set(found)];
}

function refer(
  node: ForeignNode,
  { kind, name }: { readonly kind: 'Agent' | 'AgentSystem'; readonly name: string },
  conversion: Conversion,
): string {
  return conversion.refer(node, { kinds: [kind], ...orlojName(name), as: kind });
}

/** Names are compared without regard to case: the one that a document has. */
function systemNamed(document: ForeignDocument, node: ForeignNode, { estate }: Conversion): string {
  const target = node.text()?.trim() ?? '';
  const found = [...estate.documents.keys()].find(
    (one) => isOrloj(one, 'AgentSystem') && one.namespace === document.namespace && sameName(one.name, target),
  );
  return found?.name ?? target;
}

/** A policy of pawl reaches systems, whatever task they run for. */
function systemOf(document: ForeignDocument, node: ForeignNode, conversion: Conversion): readonly string[] {
  const target = node.text()?.trim() ?? '';
  const task = [...conversion.estate.documents.keys()].find(
    (one) => isOrloj(one, 'Task') && one.namespace === document.namespace && sameName(one.name, target),
  );
  const system = task?.spec.get('system').value;
  if (typeof system !== 'string' || system.trim() === '') {
    const message = 'The task is in none of the files, so the system that it restricts is not known.';
    node.refuse({ code: 'import.depends', message, help: 'Import the file that declares it in the same command.' });
    return [];
  }
  node.flag('import.stricter', 'The policy reaches every run of the system here, whatever task it is for.');
  return [refer(node, { kind: 'AgentSystem', name: system.trim() }, conversion)];
}
