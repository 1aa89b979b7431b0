/** Where people read what was applied to an environment; undefined: pawl is reached from nowhere else. */
export function historyLink(publicUrl: string | undefined, environment: string): string | undefined {
  if (publicUrl === undefined) return undefined;
  return `${publicUrl.replace(/\/+$/, '')}/v1/environments/${encodeURIComponent(environment)}/history`;
}

/** The same as a line of a comment; empty: there is none. */
export function historyLine(publicUrl: string | undefined, environment: string): string {
  const link = historyLink(publicUrl, environment);
  return link === undefined ? '' : `[What is live](${link})`;
}
