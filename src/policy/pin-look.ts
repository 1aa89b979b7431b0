import { digest } from '../manifest/digest.ts';
import type { PinnedTool } from '../manifest/lock.ts';
import { compareText } from '../manifest/problem.ts';
import type { ServerPin } from './server-pin.ts';

/** How one tool of a server stands against what people looked at. `unusable`: no lock file could hold it. */
export interface LookedTool {
  readonly name: string;
  readonly state: 'same' | 'changed' | 'added' | 'removed' | 'unusable';
  /** Of what the server offers now, where that is another than the pin's. */
  readonly digest?: string;
}

/** What a server offered when a worker asked it, against its pin. */
export interface PinLook {
  readonly standing: 'asPinned' | 'moved' | 'unpinned' | 'identity';
  /** By name. */
  readonly tools: readonly LookedTool[];
  /** Of what is not as it was pinned; undefined: nothing is, or nothing was ever pinned. */
  readonly fingerprint: string | undefined;
}

export type Offered = ReadonlyMap<string, { readonly digest: string; readonly definition: PinnedTool['definition'] }>;

export interface OfferedTools {
  readonly tools: Offered;
  readonly unusable: ReadonlyMap<string, string>;
}

/** Names and digests alone: what stands in them is the server's word, and stays with the worker. */
export function pinLook(pin: ServerPin, { tools, unusable }: OfferedTools): PinLook {
  const names = [...new Set([...pin.tools.keys(), ...tools.keys()])].sort(compareText);
  const looked = names.flatMap((name) => lookedTool(name, { pin, tools, unusable }) ?? []);
  const moved = looked.filter(({ state }) => state !== 'same');
  if (pin.stale !== undefined)
    return { standing: 'identity', tools: looked, fingerprint: digest(['identity', pin.stale]) };
  if (pin.tools.size === 0) return { standing: 'unpinned', tools: looked, fingerprint: undefined };
  if (moved.length === 0) return { standing: 'asPinned', tools: looked, fingerprint: undefined };
  const print = moved.map(({ name, state, digest: now = '' }) => [name, state, now]);
  return { standing: 'moved', tools: looked, fingerprint: digest(print) };
}

function lookedTool(name: string, { pin, tools, unusable }: OfferedTools & { readonly pin: ServerPin }): LookedTool {
  const [was, is] = [pin.tools.get(name)?.digest, tools.get(name)?.digest];
  if (is === undefined) return { name, state: unusable.has(name) ? 'unusable' : 'removed' };
  if (was === undefined) return { name, state: 'added', digest: is };
  return was === is ? { name, state: 'same' } : { name, state: 'changed', digest: is };
}

/** Definitions of what a pull request would write: those that the lock file does not have. */
export function definitionsToPin({ tools: looked }: PinLook, tools: Offered): Record<string, PinnedTool['definition']> {
  const entries = looked.flatMap(({ name, state }) => {
    const found = state === 'changed' || state === 'added' ? tools.get(name) : undefined;
    return found === undefined ? [] : [[name, found.definition] as const];
  });
  return Object.fromEntries(entries);
}

/** What is told of a look. */
interface Told {
  readonly standing: PinLook['standing'];
  readonly tools: readonly Pick<LookedTool, 'name' | 'state'>[];
}

const shownMax = 5;

/** `2 tools changed: get_issue, list_issues; 1 tool added: wipe`. Names of tools are letters, digits and `_./-`. */
export function pinLookText({ standing, tools }: Told): string {
  if (standing === 'unpinned') return 'nothing is pinned';
  const parts = (['changed', 'removed', 'added', 'unusable'] as const).flatMap((state) => {
    const names = tools.filter((tool) => tool.state === state).map(({ name }) => name);
    if (names.length === 0) return [];
    const more = names.length > shownMax ? ` and ${names.length - shownMax} more` : '';
    const noun = names.length === 1 ? 'tool' : 'tools';
    return [`${names.length} ${noun} ${state}: ${names.slice(0, shownMax).join(', ')}${more}`];
  });
  const identity = standing === 'identity' ? ['the server is declared otherwise than when it was pinned'] : [];
  return [...identity, ...parts].join('; ');
}
