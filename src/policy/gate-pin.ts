import { own } from '../manifest/json.ts';
import type { SubjectAuthority } from './authority.ts';
import { type Denial, deny, type Revisions } from './effective.ts';

/** A tool as it is called, and the digest of the definition that the run keeps of it, where it has one. */
export interface PinnedTool {
  readonly id: string;
  readonly digest: string | undefined;
}

/**
 * T4, of a tool of an MCP server: somebody looked at the definition, and both revisions mean the same one. What a row
 * does not list at all is not a matter of pins: a later check refuses it.
 */
export function pinDenial({ id, digest }: PinnedTool, { pinned, live = pinned }: Revisions): Denial | undefined {
  const unseen = unpinnedIn(pinned, id) ?? unpinnedIn(live, id);
  if (unseen !== undefined) return unseen;
  const [was, is] = [pinOf(pinned, id), pinOf(live, id)];
  if (digest === undefined || was === undefined) return missing(id, 'pinned revision');
  if (was !== digest) return changed(id, 'pinned revision');
  if (is === undefined) return isListed(live, id) ? missing(id, 'live revision') : undefined;
  return is === digest ? undefined : changed(id, 'live revision');
}

/** Whether both revisions let a model be told of a tool, as far as pins go. Tools of other sorts have none. */
export function isPinned(id: string, { pinned, live = pinned }: Revisions): boolean {
  const digest = pinOf(pinned, id);
  const isOther = digest === undefined && pinOf(live, id) === undefined;
  return isOther || pinDenial({ id, digest }, { pinned, live }) === undefined;
}

function unpinnedIn(row: SubjectAuthority, id: string): Denial | undefined {
  const verdict = own(row.tools, id);
  if (verdict?.kind !== 'deny') return undefined;
  const { reason, rule } = verdict;
  return reason === 'tool.pin_missing' || reason === 'mcp.identity_mismatch'
    ? deny(reason, rule, pinMessage(reason, rule, id))
    : undefined;
}

/** What people are told of a tool that nobody looked at. */
export function pinMessage(reason: 'tool.pin_missing' | 'mcp.identity_mismatch', rule: string, id: string): string {
  return reason === 'tool.pin_missing'
    ? `pawl.lock.yaml holds no definition of ${id}, so that nobody has looked at it.`
    : `${rule} is declared otherwise than when its tools were pinned, so that ${id} may be another tool.`;
}

function pinOf({ pins }: SubjectAuthority, id: string): string | undefined {
  return pins && own(pins, id);
}

function isListed({ tools }: SubjectAuthority, id: string): boolean {
  return own(tools, id) !== undefined;
}

function missing(id: string, rule: string): Denial {
  return deny('tool.pin_missing', rule, `The ${rule} holds no definition of ${id}.`);
}

function changed(id: string, rule: string): Denial {
  return deny('tool.pin_mismatch', rule, `The ${rule} has another definition of ${id} than the one the run keeps.`);
}
