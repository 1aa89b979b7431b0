import type { BundleIsolation } from '../../manifest/bundle-world.ts';

/** What a program may use where its tool says nothing. */
export const memoryBytesDefault = 512 * 1024 * 1024;
/** Processes and threads. */
export const pidsMax = 128;
/** Of everything that a program writes to its scratch folder. */
export const scratchBytesMax = 64 * 1024 * 1024;
export const scratchFilesMax = 4096;
/** Of a file without a folder, where no folder can be written to: a secret that is mounted is one. */
const fileBytesMax = 1024 * 1024;
const openFilesMax = 1024;

/**
 * Limits that the kernel holds each process to, as arguments of prlimit. The memory of all of them together is a
 * cgroup's to limit; where there is none, each has the limit for itself.
 */
export function limitArguments(
  { memory = memoryBytesDefault, cpuTimeMs, filesystem }: BundleIsolation,
  hasCgroup: boolean,
): string[] {
  return [
    '--core=0',
    `--nofile=${openFilesMax}`,
    `--fsize=${filesystem === 'scratch' ? scratchBytesMax : fileBytesMax}`,
    // Not the address space: a JavaScript engine reserves gigabytes of it and uses little.
    ...(hasCgroup ? [] : [`--data=${memory}`]),
    ...(cpuTimeMs === undefined ? [] : [cpuArgument(cpuTimeMs)]),
  ];
}

/** Whole seconds; whoever ignores the signal is killed by the next one. */
function cpuArgument(cpuTimeMs: number): string {
  const seconds = Math.max(1, Math.ceil(cpuTimeMs / 1000));
  return `--cpu=${seconds}:${seconds + 1}`;
}
