import type { BundleTool } from '../manifest/bundle.ts';
import type { Resource } from '../manifest/resource.ts';
import { humanOf } from './compile-graph.ts';
import { notRunnable } from './runnable.ts';
import type { SpecOf } from './typed.ts';

/** A tool behind which there are people. */
export function humanToolOf(tool: Resource, { human }: SpecOf<'Tool'>): BundleTool['impl'] {
  if (human === undefined) throw notRunnable(tool, 'asks people and names none');
  return { type: 'human', ...humanOf(human) };
}
