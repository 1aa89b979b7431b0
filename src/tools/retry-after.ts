/** Who asks for more than this is asking for a person. */
const retryAfterMaxMs = 3_600_000;

/** When the other side wants to be asked again: seconds, or a date by the clock of this machine; at most an hour. */
export function retryAfter(headers: Headers): number | undefined {
  const header = headers.get('retry-after');
  if (header === null) return undefined;
  const ms = /^\d+$/.test(header) ? Number(header) * 1000 : Date.parse(header) - Date.now();
  return Number.isFinite(ms) ? Math.min(Math.max(0, ms), retryAfterMaxMs) : undefined;
}
