import type { BundleHuman } from '../manifest/bundle-people.ts';
import type { Json, JsonObject } from '../manifest/json.ts';
import type { NodeRun } from './node-start.ts';
import { askPeople } from './people.ts';
import type { Scope } from './scope.ts';

/** A person answers: the node's output is what they filled in, and its input is what they are shown. */
export async function runHuman({ system, place, input }: NodeRun, human: BundleHuman, scope: Scope): Promise<Json> {
  const { assignees, form, ttlMs } = human;
  const detail: JsonObject = {
    system,
    shown: input,
    assignees: { groups: assignees.groups, users: assignees.users },
    form: form ?? { type: 'string' },
  };
  const { body } = await askPeople({ place, kind: 'human', ttlMs, detail }, scope);
  return body === undefined ? null : (JSON.parse(body) as Json);
}
