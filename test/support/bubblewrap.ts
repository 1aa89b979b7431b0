import { existsSync } from 'node:fs';
import { installWithApt, isDebianRoot } from './apt.ts';

/** The sandbox of local programs. Where it is missing a test fails and says so; on Debian it is installed. */
export function requireBubblewrap(): void {
  const file = '/usr/bin/bwrap';
  if (!existsSync(file) && isDebianRoot()) installWithApt('bubblewrap');
  if (!existsSync(file)) throw new Error(`${file} is missing: apt-get install bubblewrap`);
}
