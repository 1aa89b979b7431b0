import { statfsSync } from 'node:fs';
import { tmpdir } from 'node:os';

const memory = '/dev/shm';
const bytesMin = 4 * 1024 ** 3;
let chosen: string | undefined;

/**
 * Where a test puts many small files that live for seconds. A disk's file system looks past each inode that was freed in
 * the last minutes before it gives a new one, which took a twelfth of all processor time, so this is memory where there
 * is enough of it.
 */
export function scratchFolder(): string {
  chosen ??= hasMemory() ? memory : tmpdir();
  return chosen;
}

function hasMemory(): boolean {
  if (process.platform !== 'linux') return false;
  try {
    const { bavail, bsize } = statfsSync(memory);
    return bavail * bsize >= bytesMin;
  } catch {
    // There is none in this container.
    return false;
  }
}
