import { openSync, readdirSync, readFileSync } from 'node:fs';

let known: readonly number[] | undefined;

/**
 * Descriptors above the standard ones that whoever started this process left open for it: they would pass on to every
 * program that it starts. Its own are all closed on exec.
 */
export function inheritedDescriptors(): readonly number[] {
  return (known ??= readdirSync('/proc/self/fd').map(Number).filter(isPassedOn));
}

const closeOnExec = 0o2_000_000;

function isPassedOn(descriptor: number): boolean {
  if (descriptor < 3) return false;
  try {
    const flags = /^flags:\s*(\d+)$/m.exec(readFileSync(`/proc/self/fdinfo/${descriptor}`, 'utf8'))?.[1];
    return flags !== undefined && (Number.parseInt(flags, 8) & closeOnExec) === 0;
  } catch {
    // The one that read the folder.
    return false;
  }
}

let nothing: number | undefined;

/** What stands in the place of an inherited descriptor. */
export function nullDescriptor(): number {
  return (nothing ??= openSync('/dev/null', 'r+'));
}
