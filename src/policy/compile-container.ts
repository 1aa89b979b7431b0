import type { BundleTool } from '../manifest/bundle.ts';
import type { Resource } from '../manifest/resource.ts';
import { networkOf, variablesOf } from './compile-program.ts';
import { durationMs } from './duration-ms.ts';
import { notRunnable } from './runnable.ts';
import type { SpecOf } from './typed.ts';

type Container = Extract<BundleTool['impl'], { readonly type: 'container' }>;

/** What a call of a container tool starts. */
export function containerOf(tool: Resource, { container, isolation, egress }: SpecOf<'Tool'>): Container {
  if (container === undefined) throw notRunnable(tool, 'names no image');
  const { image, command, args, env } = container;
  return {
    type: 'container',
    image,
    ...(command === undefined ? {} : { command }),
    args,
    env: variablesOf(tool, env),
    isolation: {
      min: 'container',
      ...(isolation?.memory === undefined ? {} : { memory: isolation.memory }),
      ...(isolation?.cpuTime === undefined ? {} : { cpuTimeMs: durationMs(isolation.cpuTime) }),
      ...networkOf(isolation, egress),
      filesystem: isolation?.filesystem ?? 'readOnly',
    },
  };
}
