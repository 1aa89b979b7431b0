import { exitCodes, TerminalError } from '../errors.ts';
import { canonicalText } from '../manifest/digest.ts';
import { isJsonObject, type Json, type JsonObject } from '../manifest/json.ts';
import { listAt, objectAt } from '../manifest/manifest-reference.ts';
import { qualify } from '../manifest/reference.ts';
import { shownText } from '../manifest/shown.ts';
import type { Database } from '../store/database.ts';
import { listResources } from '../store/listing.ts';
import type { SubmitRequest } from './operations.ts';

/**
 * Throws unless the run is what it says: a case of an Eval that is live, with that case's own input. Runs of evals are
 * left out of health, rollouts and recorded spend, so that nobody may call other work one.
 */
export async function assertEvalCase(database: Database, request: SubmitRequest & { readonly system: string }) {
  const { environment, evaluates } = request;
  if (evaluates === undefined) return;
  const [namespace = '', name = ''] = evaluates.eval.split('/');
  const [found] = await listResources(database.db, { environment, kind: 'Eval', namespace, name });
  if (isJsonObject(found?.manifest) && isCaseOf(found.manifest, namespace, request)) return;
  throw new TerminalError(`The run is no case of an Eval "${shownText(evaluates.eval)}" that is live.`, {
    code: 'eval.no_case',
    help: 'Let `pawl eval` submit it, or leave `evaluates` out.',
    exit: exitCodes.usage,
  });
}

/** Whether a live Eval of the namespace has the case, of this system, with this input, and repeats it so often. */
export function isCaseOf(
  manifest: JsonObject,
  namespace: string,
  { system, input, evaluates }: Pick<SubmitRequest, 'system' | 'input' | 'evaluates'>,
): boolean {
  const spec = objectAt(manifest, 'spec');
  const systemRef = spec['systemRef'];
  if (evaluates === undefined || typeof systemRef !== 'string' || qualify(systemRef, namespace) !== system)
    return false;
  const written = listAt(spec, 'cases').find(
    (one): one is JsonObject => isJsonObject(one) && one['name'] === evaluates.case,
  );
  if (written === undefined || evaluates.turn > Number(spec['repeat'] ?? 1)) return false;
  return canonicalText((written['input'] ?? {}) as Json) === canonicalText(input as Json);
}
