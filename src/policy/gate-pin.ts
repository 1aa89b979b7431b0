import { own } from '../manifest/json.ts';
import type { SubjectAuthority } from './authority.ts';
import { type Denial, deny, type Revisions } from './effective.ts';
import type { ReasonCode } from './reason.ts';

/** A tool as it is called, and the digest of the definition that the run keeps of it, where it has one. */
export interface PinnedTool {
  readonly id: string;
  readonly digest: string | undefined;
}

/**
 * T4, of a tool of an MCP server: both revisions mean the definition that the run keeps. What a row does not list at all
 * is not a matter of pins: a later check refuses it.
 */
export function pinDenial({ id, digest }: PinnedTool, { pinned, live = pinned }: Revisions): Denial | undefined {
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

/** Reasons of cells whose tools nobody looked at: they are told before anything is said of a call's arguments. */
export const unpinnedReasons: ReadonlySet<ReasonCode> = new Set(['tool.pin_missing', 'mcp.identity_mismatch']);

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
