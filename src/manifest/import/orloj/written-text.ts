import type { ForeignNode } from '../foreign.ts';

/** The text that stands at a node, looked at without counting as carried over; empty where none does. */
export function writtenText({ value }: Pick<ForeignNode, 'value'>): string {
  return typeof value === 'string' ? value.trim() : '';
}
