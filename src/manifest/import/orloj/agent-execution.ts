import type { Json, JsonObject } from '../../json.ts';
import { isJsonObject } from '../../json.ts';
import type { Conversion } from '../conversion.ts';
import type { ForeignNode } from '../foreign.ts';
import { governanceOf } from './governance.ts';
import { nameKey, orlojName } from './orloj-name.ts';

interface Execution {
  readonly execution: JsonObject;
  readonly output: JsonObject | undefined;
}

/** How an agent uses tools and answers. */
export function executionOf(node: ForeignNode, conversion: Conversion): Execution {
  const required = contractOf(node, conversion);
  const duplicates = node.get('duplicate_tool_call_policy').text() ?? 'short_circuit';
  const behaviour = node.get('tool_use_behavior').text() ?? 'run_llm_again';
  const execution: Record<string, Json> = {
    duplicateCalls: duplicates === 'deny' ? 'deny' : 'reuse',
    ...(behaviour === 'stop_on_first_tool' ? { toolUse: 'stopOnFirst' } : {}),
    ...(required.length === 0 ? {} : { requiredTools: required }),
  };
  return { execution, output: outputOf(node.get('output_schema')) };
}

function outputOf(node: ForeignNode): JsonObject | undefined {
  const schema = node.json();
  return isJsonObject(schema) ? { schema } : undefined;
}

/** The tools that must have been called; what of a contract pawl cannot hold an agent to refuses it. */
function contractOf(node: ForeignNode, conversion: Conversion): readonly string[] {
  const sequence = node.get('tool_sequence');
  const markers = node.get('required_output_markers');
  const isContract = node.get('profile').text() === 'contract';
  const isObserved = node.get('on_contract_violation').text() === 'observe';
  if (isObserved || !isContract) {
    const reason = isObserved
      ? 'Orloj only observes the contract: nothing is held to it.'
      : 'Without `profile: contract` nothing is held to it.';
    if (sequence.exists) sequence.ignore(reason);
    if (markers.exists && isObserved) markers.ignore(reason);
  }
  if (!isObserved) refuseMarkers(markers);
  if (!isContract || isObserved) return [];
  const names = [...new Map(sequence.texts().map((name) => [nameKey(name), name])).values()];
  if (sequence.items().length > 1) {
    sequence.refuse({
      message: 'pawl can demand that tools are called, and not in which order.',
      help: 'Write the tools as nodes of the graph, or set `on_contract_violation: observe`.',
    });
  }
  const { estate } = conversion;
  return names.map((name) => {
    const tool = governanceOf(estate).tool(name, node.document.namespace);
    return tool === undefined ? estate.plainName(orlojName(name).name) : estate.identityOf(tool).name;
  });
}

function refuseMarkers(markers: ForeignNode): void {
  markers.texts();
  if (markers.items().length === 0) return;
  markers.refuse({
    message: 'pawl demands the shape of an answer, and not that certain words are in it.',
    help: 'Give the agent an `output_schema`, or route on the words with `output_contains` in the graph.',
  });
}
