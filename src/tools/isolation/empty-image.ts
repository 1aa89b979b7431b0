import { existsSync } from 'node:fs';
import { askEngine, type Engine } from './engine.ts';

/** An image with nothing in it: what runs there are programs of the machine. */
export const emptyImage = 'localhost/pawl-self-test:1';

/** Two blocks of zeros end an archive. */
const emptyArchive = new Uint8Array(10_240);

/** Makes it where it is not there yet. */
export async function ownImage(engine: Engine): Promise<{ readonly code: number | null; readonly errors: string }> {
  const known = await askEngine(engine, ['image', 'inspect', '--format', '{{.Id}}', emptyImage]);
  return known.code === 0 ? known : await askEngine(engine, ['import', '-', emptyImage], emptyArchive);
}

/** What programs of the machine are made of. */
export function systemFolders(): readonly string[] {
  return ['/usr', '/bin', '/lib', '/lib64'].filter((folder) => existsSync(folder));
}
