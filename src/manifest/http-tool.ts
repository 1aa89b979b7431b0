import { isDeclaredHost } from './egress-host.ts';
import type { JsonObject } from './json.ts';
import { listAt, objectAt } from './manifest-reference.ts';
import { type PlacedFinding, placeholderFindings } from './placeholder.ts';

/** What is wrong with the request of an http tool: whom it asks is the author's choice, what it sends has a name. */
export function httpToolFindings(spec: JsonObject): PlacedFinding[] {
  const { url } = objectAt(spec, 'http');
  const { tokenUrl } = objectAt(spec, 'auth');
  const hosts = listAt(objectAt(spec, 'egress'), 'hosts').filter((host): host is string => typeof host === 'string');
  const findings: PlacedFinding[] = [];
  if (typeof url === 'string' && /^https?:\/\/[^/?#]*[{}]/.test(url)) {
    const message = 'The host of the URL holds a placeholder: an argument would choose whom the tool asks.';
    findings.push({ code: 'tool.host', message, path: ['http', 'url'], help: 'Write the host out.' });
  } else if (typeof url === 'string') findings.push(...undeclared(url, hosts, ['http', 'url']));
  if (typeof tokenUrl === 'string') findings.push(...undeclared(tokenUrl, hosts, ['auth', 'tokenUrl']));
  return [...findings, ...placeholderFindings(spec, 'http', ['url', 'headers', 'query', 'body'])];
}

function undeclared(url: string, hosts: readonly string[], path: readonly string[]): PlacedFinding[] {
  if (hosts.length === 0 || isDeclaredHost(url, hosts)) return [];
  const message = '`egress.hosts` does not list the host of this URL: every call would be denied.';
  const help = 'Add the host, with its port where it is not 443, and `http://` in front where it speaks no TLS.';
  return [{ code: 'tool.host_undeclared', message, path, help }];
}
