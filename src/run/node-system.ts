import type { BundleGraph } from '../manifest/bundle.ts';
import { isJsonObject, type Json, type JsonObject, own } from '../manifest/json.ts';
import { kept } from '../policy/kept.ts';
import { schemaCompiler } from '../policy/schema.ts';
import { StepFailure } from './halt.ts';
import type { Around, NodeRun } from './node-start.ts';
import type { Scope } from './scope.ts';
import { withinTime } from './time-limit.ts';

/** The graph of another system runs within the run, as one step: its output is the step's. */
export async function runSystem(
  { place, input }: NodeRun,
  { system, around }: { readonly system: string; readonly around: Around | undefined },
  scope: Scope,
): Promise<Json> {
  const graph = own(scope.content.systems, system);
  if (graph === undefined || around === undefined) {
    const message = `The bundle does not hold the system ${system}, which node ${place} names.`;
    throw new StepFailure({ code: 'run.bundle_unreadable', message, node: place });
  }
  const mistake = mistakeIn(input, graph);
  if (mistake !== undefined)
    throw new StepFailure({ code: 'system.input_invalid', message: `${mistake} (${place})`, node: place });
  const frame = { graph, system, prefix: `${place}>`, input };
  const limit = { place, timeoutMs: graph.limits.timeoutMs, what: `The system ${system}` };
  return withinTime(limit, scope, (within) => around.runGraph(frame, within));
}

/** Never the value: it may be what a message must not show. */
function mistakeIn(input: Json, { input: { schema } }: BundleGraph): string | undefined {
  if (!isJsonObject(input)) return 'The input of a system is a JSON object.';
  if (schema === undefined) return undefined;
  const verdict = checkOf(schema)(input);
  if (verdict.kind === 'valid') return undefined;
  const where = verdict.kind === 'invalid' && verdict.pointer !== '' ? `The input at ${verdict.pointer}` : 'The input';
  return `${where} ${verdict.message}.`;
}

const checkOf = kept((schema: JsonObject) => schemaCompiler().compile(schema));
