import { isJsonList, isJsonObject, type Json, type JsonObject, own } from '../manifest/json.ts';

/** A webhook's few facts that say where to look. Each is the sender's word, so each is asked of GitHub again. */
export interface Hint {
  /** The id under which GitHub sent it. */
  readonly delivery: string;
  /** `pull_request`, `push`, `issue_comment`, `merge_group` … */
  readonly event: string;
  readonly action: string | undefined;
  /** Of a pull request or an issue. */
  readonly number: number | undefined;
  /** Of a comment. */
  readonly comment: number | undefined;
  /** `refs/heads/main` */
  readonly ref: string | undefined;
  readonly receivedAt: Date;
}

/** What the payload of an event says of where to look; nothing else of it is kept. */
export function hintOf(event: string, payload: JsonObject): JsonObject {
  const issue = own(payload, 'issue');
  const pull = own(payload, 'pull_request');
  const comment = own(payload, 'comment');
  const group = own(payload, 'merge_group');
  const number =
    numberIn(pull, 'number') ??
    numberIn(issue, 'number') ??
    numberIn(payload, 'number') ??
    numberIn(pullOfCheck(own(payload, 'check_run') ?? own(payload, 'check_suite')), 'number');
  const ref = event === 'merge_group' ? textIn(group, 'base_ref') : textIn(payload, 'ref');
  return {
    ...some('action', textIn(payload, 'action')),
    ...some('number', number),
    ...some('comment', numberIn(comment, 'id')),
    ...some('ref', ref),
  };
}

/** The first pull request of a check; of a fork's head GitHub names none. */
function pullOfCheck(check: Json | undefined): Json | undefined {
  const pulls = check !== undefined && isJsonObject(check) ? own(check, 'pull_requests') : undefined;
  return pulls !== undefined && isJsonList(pulls) ? pulls[0] : undefined;
}

/** Reads a hint back from its row. */
export function hintFrom(row: {
  readonly delivery: string;
  readonly event: string;
  readonly hint: Json;
  readonly receivedAt: Date;
}): Hint {
  const { delivery, event, hint, receivedAt } = row;
  return {
    delivery,
    event,
    receivedAt,
    action: textIn(hint, 'action'),
    number: numberIn(hint, 'number'),
    comment: numberIn(hint, 'comment'),
    ref: textIn(hint, 'ref'),
  };
}

function some(name: string, value: string | number | undefined): JsonObject {
  return value === undefined ? {} : { [name]: value };
}

const textMax = 255;

function textIn(json: Json | undefined, name: string): string | undefined {
  const found = json !== undefined && isJsonObject(json) ? own(json, name) : undefined;
  return typeof found === 'string' && found.length <= textMax && !found.includes('\0') ? found : undefined;
}

function numberIn(json: Json | undefined, name: string): number | undefined {
  const found = json !== undefined && isJsonObject(json) ? own(json, name) : undefined;
  return typeof found === 'number' && Number.isSafeInteger(found) && found > 0 ? found : undefined;
}
