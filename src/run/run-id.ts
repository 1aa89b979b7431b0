import { randomUUID } from 'node:crypto';

/** UUID version 7: ids sort by the time they were made, which is the order of listings. */
export function newRunId(now: number = Date.now()): string {
  const time = now.toString(16).padStart(12, '0');
  const random = randomUUID();
  return `${time.slice(0, 8)}-${time.slice(8, 12)}-7${random.slice(15, 18)}-${random.slice(19)}`;
}
