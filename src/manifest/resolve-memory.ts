import type { Estate, Report } from './estate.ts';
import type { Json } from './json.ts';
import { listAt, objectAt } from './manifest-reference.ts';

/** What is wrong with memories, and with what agents say of them. */
export function memoryFindings(estate: Estate, report: Report): void {
  allowFindings(estate, report);
  moveFindings(estate, report);
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
