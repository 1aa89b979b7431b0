import { chmod, mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

let made: Promise<string> | undefined;

/**
 * An empty folder on which programs mount their scratch folders. One for the whole process: each program mounts in a
 * view of its own, so that nobody sees another's, and nothing is left when it ends.
 */
export function mountPoint(): Promise<string> {
  made ??= make().catch((cause: unknown) => {
    made = undefined;
    throw cause;
  });
  return made;
}

async function make(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'pawl-scratch-'));
  // Programs pass through it as another user.
  await chmod(folder, 0o711);
  return folder;
}
