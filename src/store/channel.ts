/** A channel's name goes into LISTEN as an identifier, where parameters cannot: only plain names are let through. */
export function assertChannel(channel: string): void {
  if (!/^[a-z][a-z_]{0,61}$/.test(channel)) throw new TypeError(`'${channel}' is not a channel name`);
}
