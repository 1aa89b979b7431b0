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
