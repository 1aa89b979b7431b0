import { readFile, stat } from 'node:fs/promises';
import { exitCodes, TerminalError } from '../errors.ts';
import { isJsonObject, type Json, type JsonObject, own } from '../manifest/json.ts';

/** What started the workflow, as far as a plan needs to know. */
export interface ActionEvent {
  readonly name: string;
  /** The branch that a merge would change, or that was pushed to. */
  readonly branch?: string;
  /** What stood there before. */
  readonly base?: string;
  /** Of a pull request: its last commit, which the commit that is checked out by default merges. */
  readonly head?: string;
  readonly isFork: boolean;
}

const bytesMax = 32 * 1024 * 1024;

/** Reads the event that the runner left in a file. What is missing in it is absent; nothing in it is trusted. */
export async function readEvent(name: string, file: string | undefined): Promise<ActionEvent> {
  const event = file === undefined ? {} : await parsed(file);
  switch (name) {
    case 'pull_request':
    case 'pull_request_target': {
      const pull = objectIn(event, 'pull_request');
      const [base, head] = [objectIn(pull, 'base'), objectIn(pull, 'head')];
      const from = own(objectIn(head, 'repo'), 'id');
      return {
        name,
        ...optional('branch', textIn(base, 'ref')),
        ...optional('base', commitIn(base, 'sha')),
        ...optional('head', commitIn(head, 'sha')),
        // A fork that was deleted has no repository.
        isFork: from === undefined || from !== own(objectIn(base, 'repo'), 'id'),
      };
    }
    case 'merge_group': {
      const group = objectIn(event, 'merge_group');
      const branch = branchOf(textIn(group, 'base_ref'));
      return { name, ...optional('branch', branch), ...optional('base', commitIn(group, 'base_sha')), isFork: false };
    }
    case 'push': {
      const branch = branchOf(textIn(event, 'ref'));
      return { name, ...optional('branch', branch), ...optional('base', commitIn(event, 'before')), isFork: false };
    }
    default:
      return { name, isFork: false };
  }
}

async function parsed(file: string): Promise<JsonObject> {
  try {
    if ((await stat(file)).size > bytesMax) throw new TypeError('it is too large');
    const event = JSON.parse(await readFile(file, 'utf8')) as Json;
    if (!isJsonObject(event)) throw new TypeError('it is no object');
    return event;
  } catch (error) {
    throw new TerminalError('The event of the workflow cannot be read from the file that GITHUB_EVENT_PATH names.', {
      code: 'action.event_unreadable',
      help: 'Run the step on a runner of GitHub Actions, or unset GITHUB_EVENT_PATH.',
      exit: exitCodes.usage,
      cause: error,
    });
  }
}

function objectIn(event: JsonObject, key: string): JsonObject {
  const value = own(event, key);
  return value !== undefined && isJsonObject(value) ? value : {};
}

function textIn(event: JsonObject, key: string): string | undefined {
  const value = own(event, key);
  return typeof value === 'string' ? value : undefined;
}

/** A branch that is new has no commit before: zeros. */
function commitIn(event: JsonObject, key: string): string | undefined {
  const value = textIn(event, key);
  return value !== undefined && /^[0-9a-f]{40}$/.test(value) && !/^0+$/.test(value) ? value : undefined;
}

function branchOf(ref: string | undefined): string | undefined {
  return ref?.startsWith('refs/heads/') === true ? ref.slice('refs/heads/'.length) : undefined;
}

function optional<Key extends string>(key: Key, value: string | undefined): { readonly [name in Key]?: string } {
  return value === undefined ? {} : ({ [key]: value } as { readonly [name in Key]?: string });
}
