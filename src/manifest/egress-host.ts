/** Whether one of the declared hosts of a tool is the host of a URL, by the grammar of `egress.hosts`. */
export function isDeclaredHost(text: string, hosts: readonly string[]): boolean {
  if (!URL.canParse(text)) return false;
  const url = new URL(text);
  return hosts.some((entry) => {
    const [, scheme = 'https', wildcard, host = ''] = /^(?:(https?):\/\/)?(\*\.)?(.+)$/.exec(entry) ?? [];
    if (!URL.canParse(`${scheme}://${host}`)) return false;
    const declared = new URL(`${scheme}://${host}`);
    if (declared.protocol !== url.protocol || declared.port !== url.port) return false;
    return wildcard === undefined ? declared.hostname === url.hostname : url.hostname.endsWith(`.${declared.hostname}`);
  });
}

/** Whether declared hosts cover all that another entry of the same grammar stands for. */
export function isCovered(entry: string, hosts: readonly string[]): boolean {
  return hosts.some((host) => coversHost(host, entry));
}

/** Whether a pattern stands for a host, or for all that another pattern stands for. */
export function coversHost(pattern: string, host: string): boolean {
  const [, scheme = '', suffix] = /^(http:\/\/)?\*(\..+)$/.exec(pattern) ?? [];
  if (suffix === undefined) return pattern === host;
  const isPlain = host.startsWith('http://');
  if (isPlain !== (scheme === 'http://')) return false;
  const name = isPlain ? host.slice('http://'.length) : host;
  return name.replace(/^\*/, '').endsWith(suffix);
}
